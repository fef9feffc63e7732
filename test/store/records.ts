/** Records to write in the tests of this room: invented people, two organisations, one store. */
import { newKeyring, openKeyring } from '../../src/identity/index.ts';
import type { Database } from '../../src/platform/database.ts';
import { createStore, type ResourceWrite, type Store } from '../../src/store/index.ts';

export const HOSPITAL = '3f0f3a52-6f0c-4b55-9a94-0d2f8c0f1a01';
export const PRACTICE = '3f0f3a52-6f0c-4b55-9a94-0d2f8c0f1a02';

export const keyring = openKeyring(newKeyring({ demo: true, name: 'test/audit' }));

/** A clock that a test moves; every look at it is a millisecond later. */
export function steppingClock(start = '2026-05-01T10:00:00.000Z') {
  let at = Date.parse(start);
  return () => new Date(at++);
}

export const testStore = (clock = steppingClock()): Store => createStore({ keyring, clock });

export interface Content {
  readonly type?: string;
  readonly id?: string;
  readonly custodian?: string;
  readonly code?: string;
  readonly text?: string;
  readonly sourceTime?: string;
  readonly labels?: readonly string[];
  readonly months?: readonly string[];
}

/** One resource to write; the search tokens are those of `indexed`. */
export function resourceOf(content: Content = {}): ResourceWrite {
  const {
    type = 'Observation',
    id = 'o1',
    custodian = HOSPITAL,
    code = '2345-7',
    text = 'Glucose',
    labels = ['N'],
    months = ['2026-04'],
    sourceTime,
  } = content;
  const bytes = Buffer.from(
    JSON.stringify({
      resourceType: type,
      id,
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code }], text },
      effectiveDateTime: `${months[0]}-11`,
    }),
  );
  return {
    type,
    id,
    custodian,
    native: 'R4',
    bytes,
    facts: {
      type,
      id,
      custodian,
      category: 'none',
      labels,
      codes: [`http://loinc.org|${code}`],
      authors: ['Practitioner/p1'],
      related: [],
      date: `${months[0]}-11`,
    },
    tokens: tokensOf(code),
    months,
    ...(sourceTime === undefined ? {} : { sourceTime }),
  };
}

export const tokensOf = (code: string): string[] => [
  `code|http://loinc.org|${code}`,
  `code||${code}`,
  'code|http://loinc.org|',
  'status||final',
];

export function tombstoneOf(content: Content = {}): ResourceWrite {
  const write = resourceOf(content);
  return { ...write, bytes: Buffer.alloc(0), tokens: [], months: [], deleted: true };
}

let numbers = 900_000_000;

/** A vault for a person with a number that nobody else has. */
export async function openVaultIn(database: Database, store: Store): Promise<string> {
  const value = String(numbers++);
  return database.transaction((tx) => store.openVault(tx, [{ system: 'urn:test:person', value }]));
}

export function putIn(
  database: Database,
  store: Store,
  vault: string,
  ...writes: readonly ResourceWrite[]
) {
  return database.transaction((tx) => store.putMany(tx, vault, writes));
}

export const textOf = (row: { readonly bytes: Buffer } | undefined): string | undefined =>
  row && (JSON.parse(row.bytes.toString('utf8')) as { code: { text: string } }).code.text;
