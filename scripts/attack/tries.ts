/**
 * The ways to break consent that have a name (consent.md 15.1), as far as they are not tried by
 * the random worlds. Each gives what it found; nothing found is what is hoped for.
 */
import type { Random } from '../../src/demo/region/random.ts';
import { claimsOf, type Ids, type Installation, type Member } from './installation.ts';
import type { Answer } from './line.ts';
import { putWorld } from './put-world.ts';
import { hex, type Item, type Json, makeBsn, type Rule, type World } from './world.ts';

export interface Ground {
  readonly to: Installation;
  readonly random: Random;
  /** Moves the clock of the installation; absent where that is not ours to do. */
  readonly later?: (ms: number) => void;
  /** The moment at the installation. */
  readonly now: () => Date;
}

export interface Try {
  /** Number in the list. */
  readonly number: number;
  readonly name: string;
  /** Needs rules that pages do not offer, or the clock. */
  readonly needs?: 'rules' | 'clock';
  /** @returns what was found wrong. */
  run(ground: Ground): Promise<string[]>;
}

export const TREAT = { purpose: 'TREAT', person: 'dokter-1', role: '01.015' };

export const memberOf = (to: Installation, category: string): Member => {
  const found = to.partners.find((one) => one.category === category && one.regions.length > 0);
  if (!found) throw new Error('The installation has no such partner.');
  return found;
};

export function item(key: string, type: string, holder: Member, more: Partial<Item> = {}): Item {
  const category = type.startsWith('Medication') ? 'GGC013' : 'GGC002';
  const code = CODES[type] ?? 'http://snomed.info/sct|38341003';
  const date = `2025-01-${key}`;
  return { key, type, holder: holder.name, category, labels: [], code, date, refers: [], ...more };
}

const CODES: Readonly<Record<string, string>> = {
  Observation: 'http://loinc.org|29463-7',
  MedicationStatement: 'http://www.whocc.no/atc|C07AB02',
  Encounter: '',
  DocumentReference: 'http://loinc.org|34117-2',
};

export const permit = (holder: Member, to: Member, more: Partial<Rule> = {}): Rule => ({
  type: 'permit',
  holder: { level: 'cat', value: holder.category },
  recipient: { level: 'cat', value: to.asksAs },
  data: { level: 'ggc', value: 'GGC002' },
  dateTime: '2025-10-01T12:00:00+02:00',
  status: 'active',
  source: 'dhtv',
  ...more,
});

export interface Stage {
  readonly world: World;
  readonly ids: Ids;
  readonly holder: Member;
  readonly reader: Member;
  read(path: string, claims?: Json, headers?: Record<string, string>): Promise<Answer>;
}

/** A person at one holder whom one GP practice may ask about. */
export async function stage(
  { to, random }: Ground,
  items: (holder: Member) => Item[],
  rules: (holder: Member, reader: Member) => Rule[],
  more: Partial<World> = {},
): Promise<Stage> {
  const reader = memberOf(to, 'HA');
  const holder = to.holders.find(
    ({ category, regions }) =>
      category === 'ZKH' && regions.some((region) => reader.regions.includes(region)),
  );
  if (!holder) throw new Error('The installation has no hospital that sends.');
  const world: World = {
    code: hex(random, 8),
    bsn: makeBsn(random),
    birthDate: '1970-03-01',
    items: items(holder),
    rules: rules(holder, reader),
    ...more,
  };
  const ids = await putWorld(to, world);
  await to.choose(world, ids);
  return {
    world,
    ids,
    holder,
    reader,
    async read(path, claims = claimsOf(TREAT), headers = {}) {
      const filled = path.replace(/\{([\w:-]+)\}/g, (_, name: string) => ids.get(name) ?? 'none');
      const token = await to.token(reader.client, claims);
      return to.line.ask({ path: `/fhir/r4/${filled}`, token, headers });
    },
  };
}

/** The same with conditions by these keys, under a permit, or under none. */
export const conditionsOf = (
  ground: Ground,
  keys: readonly string[],
  choice: 'permit' | 'none' = 'permit',
): Promise<Stage> =>
  stage(
    ground,
    (holder) => keys.map((key) => item(key, 'Condition', holder)),
    (holder, reader) => (choice === 'permit' ? [permit(holder, reader)] : []),
  );

/** Collects what is not as it should be. */
export function expectations() {
  const wrong: string[] = [];
  return {
    wrong,
    equal(what: string, found: unknown, wanted: unknown): void {
      if (found !== wanted) wrong.push(`${what}: ${String(found)} instead of ${String(wanted)}`);
    },
  };
}

export const totalOf = ({ body }: Answer): number | undefined =>
  (JSON.parse(body) as { total?: number }).total;

/** Address of the next page, without the host. */
export const nextPage = ({ body }: Answer): string =>
  (JSON.parse(body) as { link?: { relation: string; url: string }[] }).link
    ?.find(({ relation }) => relation === 'next')
    ?.url.replace(/^https?:\/\/[^/]+\/fhir\/r4\//, '') ?? '';
