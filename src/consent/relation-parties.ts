/**
 * Which organisation a reference in a resource leads to: by a number beside the reference, by a
 * party that lies in the same record, or by one that the resource contains. Only organisations of
 * the directory count; a name alone never does.
 */
import type { Organisation } from '../identity/index.ts';
import type { Sql } from '../platform/database.ts';
import type { Store, StoredResource } from '../store/index.ts';

interface Where {
  readonly store: Pick<Store, 'candidates'>;
  readonly tx: Sql;
  readonly vault: string;
  readonly epoch: number;
  readonly directory: readonly Organisation[];
}

type Json = Readonly<Record<string, unknown>>;

const URA = /(NamingSystem\/ura|2\.16\.528\.1\.1007\.3\.3)$/;
const AGB = /(NamingSystem\/agb-z|2\.16\.840\.1\.113883\.2\.4\.6\.1)$/;
/** Parties that say for which organisation they stand. */
const STANDS_FOR: Readonly<Record<string, string>> = {
  PractitionerRole: 'organization',
  HealthcareService: 'providedBy',
  Location: 'managingOrganization',
};
const PARTY = /^(Organization|PractitionerRole|HealthcareService|Location)\/[A-Za-z0-9.-]{1,64}$/;
/** Elements of the resources that show a relation in which a party is named. */
const ELEMENTS = [
  ...['serviceProvider', 'managingOrganization', 'participant', 'performer'],
  ...['owner', 'generalPractitioner'],
];

/** @returns an answer for each reference of these rows, all fetched beforehand. */
export async function organisationsNamedIn(
  where: Where,
  rows: readonly StoredResource[],
): Promise<(row: StoredResource, reference: unknown) => string | undefined> {
  const contents = new Map<StoredResource, Json>();
  for (const row of rows) if (!row.deleted) contents.set(row, contentOf(row));
  const parties = new Map<string, Json>();
  let wanted = [...contents].flatMap(([row, content]) =>
    ELEMENTS.flatMap((name) => referencesIn(content[name])).map((ref) => `${row.custodian}|${ref}`),
  );
  // A role leads to its organisation: two steps at most.
  for (let step = 0; step < 2 && wanted.length > 0; step += 1) {
    const found = await partiesOf(where, new Set(wanted.filter((one) => !parties.has(one))));
    for (const [name, party] of found) parties.set(name, party);
    wanted = [...found].flatMap(([name, party]) =>
      referencesIn(standsFor(party)).map((ref) => `${name.split('|')[0]}|${ref}`),
    );
  }
  return (row, reference) =>
    idOf(where.directory, reference, (ref) =>
      ref.startsWith('#')
        ? containedIn(contents.get(row), ref.slice(1))
        : parties.get(`${row.custodian}|${ref}`),
    );
}

function idOf(
  directory: readonly Organisation[],
  reference: unknown,
  partyOf: (reference: string) => Json | undefined,
  depth = 0,
): string | undefined {
  const { identifier, reference: ref } = recordOf(reference);
  const named = byNumber(directory, identifier);
  if (named !== undefined || typeof ref !== 'string' || depth > 1) return named;
  const party = partyOf(ref);
  if (!party) return undefined;
  const own = byNumber(directory, party['identifier']);
  return own ?? idOf(directory, standsFor(party), partyOf, depth + 1);
}

function byNumber(directory: readonly Organisation[], identifiers: unknown): string | undefined {
  for (const one of [identifiers].flat()) {
    const { system, value } = recordOf(one);
    if (typeof system !== 'string' || typeof value !== 'string') continue;
    const found = directory.find(
      ({ ura, agb }) => (URA.test(system) && ura === value) || (AGB.test(system) && agb === value),
    );
    if (found) return found.id;
  }
  return undefined;
}

const standsFor = (party: Json): unknown => party[STANDS_FOR[String(party['resourceType'])] ?? ''];

async function partiesOf(
  { store, tx, vault, epoch }: Where,
  names: ReadonlySet<string>,
): Promise<Map<string, Json>> {
  const ids = [...names].flatMap((name) => {
    const [custodian = '', ref = ''] = name.split('|');
    const [type = '', id = ''] = ref.split('/');
    return PARTY.test(ref) ? [{ custodian, type, id }] : [];
  });
  if (ids.length === 0) return new Map();
  const types = [...new Set(ids.map(({ type }) => type))];
  const { rows } = await store.candidates(tx, { vault, epoch, types, ids });
  return new Map(
    rows.map((row) => [`${row.custodian}|${row.type}/${row.id}`, contentOf(row)] as const),
  );
}

function referencesIn(value: unknown): string[] {
  return [value].flat().flatMap((one) => {
    const { reference, actor } = recordOf(one);
    const found = typeof reference === 'string' ? [reference] : [];
    return actor === undefined ? found : [...found, ...referencesIn(actor)];
  });
}

function containedIn(content: Json | undefined, id: string): Json | undefined {
  return [content?.['contained']]
    .flat()
    .map(recordOf)
    .find((one) => one['id'] === id);
}

const contentOf = (row: StoredResource): Json =>
  JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Json;

function recordOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
