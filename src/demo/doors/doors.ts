/** What the five doors of the demo need: the house, and the keys of the clients that they play. */
import type { Rooms } from '../../app.ts';
import type { MllpTarget } from '../client/mllp-client.ts';
import type { DemoClients } from '../demo-registry.ts';
import { type DemoPerson, demoPeople } from '../region/people.ts';
import { createRandom } from '../region/random.ts';

export interface Doors {
  readonly publicUrl: string;
  /** Absent when the line is off. */
  readonly mllp: MllpTarget | undefined;
  readonly rooms: Pick<Rooms, 'ledger' | 'consent'>;
  /** Known once the demo is registered; before that the doors say so. */
  readonly clients: () => DemoClients | undefined;
}

const PERSONAS_SHOWN = 20;

/** Personas that can be played, by key. */
export const PERSONAS: ReadonlyMap<string, DemoPerson & { readonly bsn: string }> = new Map(
  [...demoPeople(createRandom('people'), PERSONAS_SHOWN)].flatMap((person) =>
    person.bsn === undefined ? [] : [[person.key, { ...person, bsn: person.bsn }] as const],
  ),
);

export function personaName({ key, given, prefix, family, birthDate }: DemoPerson): string {
  return `${key} ${[given, prefix, family].filter(Boolean).join(' ')} (${birthDate.slice(0, 4)})`;
}
