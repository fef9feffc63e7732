/**
 * Sends the demo region in through the real intake, and writes its ground truth beside it. Sets S,
 * M and L differ only in the number of people.
 */
import { writeFileSync } from 'node:fs';
import type { Rooms } from '../app.ts';
import type { Receipt } from '../ingest/index.ts';
import { Problem } from '../platform/problem.ts';
import type { DemoClients } from './demo-registry.ts';
import { organisation } from './region/organisations.ts';
import { type RegionDelivery, regionOf } from './region/region.ts';

export type RegionSize = 'S' | 'M' | 'L';

const REGION_PEOPLE: Readonly<Record<RegionSize, number>> = { S: 40, M: 13_000, L: 100_000 };

/** Deliveries under way at once; those of one person stay in order. */
const LANES = 6;
const PEOPLE_IN_ONE_GO = 40;

export interface LoadOptions {
  readonly size: RegionSize;
  readonly truthFile: string;
  readonly say: (text: string) => void;
}

export interface Loaded {
  readonly deliveries: number;
  readonly accepted: number;
  readonly held: number;
  readonly refused: number;
}

/** @throws Error when something was not handled as the ground truth says. */
export async function loadRegion(
  rooms: Rooms,
  clients: DemoClients,
  { size, truthFile, say }: LoadOptions,
): Promise<Loaded> {
  const region = regionOf({ seed: 'zorgsluis', people: REGION_PEOPLE[size] });
  const counts = { deliveries: 0, accepted: 0, held: 0, refused: 0 };
  const wrong: string[] = [];
  const lanes = Array.from({ length: LANES }, () => [] as RegionDelivery[]);
  const flush = () =>
    Promise.all(
      lanes.map(async (lane) => {
        for (const delivery of lane.splice(0)) {
          const state = await send(rooms, clients, delivery);
          counts.deliveries += 1;
          counts[state] += 1;
          if (state !== delivery.expected) wrong.push(`${delivery.key}: ${state}`);
        }
      }),
    );
  let number = 0;
  for (const person of region.people()) {
    lanes[number % LANES]?.push(...person.deliveries);
    number += 1;
    if (number % PEOPLE_IN_ONE_GO === 0) {
      await flush();
      if (size !== 'S') say(`  ${number} people, ${counts.deliveries} deliveries`);
    }
  }
  await flush();
  if (wrong.length > 0) {
    throw new Error(`The region was not taken in as expected: ${wrong.slice(0, 5).join('; ')}`);
  }
  writeFileSync(truthFile, `${JSON.stringify(region.truth(), null, 1)}\n`);
  const { deliveries, accepted, held, refused } = counts;
  say(
    `Region loaded: ${number} people, ${region.events()} events in ${deliveries} deliveries ` +
      `(${accepted} accepted, ${held} held, ${refused} refused, as planted).`,
  );
  return counts;
}

async function send(
  rooms: Rooms,
  clients: DemoClients,
  delivery: RegionDelivery,
): Promise<Receipt['state']> {
  const client = clients.byId.get(delivery.sender);
  if (!client) throw new Error(`no sender ${delivery.sender} in the demo`);
  try {
    const receipt = await rooms.intake.receive({
      sender: {
        client,
        organisation: organisation(delivery.organisation),
        overlay: rooms.senders.overlayOf(client.overlay ?? client.id, client.id),
      },
      channel: 'load',
      mediaType: delivery.mediaType,
      bytes: Buffer.from(delivery.body, 'utf8'),
      address: '127.0.0.1',
      requestId: `demo-${delivery.key}`,
    });
    return receipt.state;
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.kind === 'busy' || problem.kind === 'fault') throw error;
    return 'refused';
  }
}
