/**
 * Whose record is it? A BSN that passed the eleven-test, or a number of the sender that was linked
 * before; never a name. Whatever does not fit is held, visible to nobody but the sender (B10).
 */
import { BSN_SYSTEM, isBsnSystem, passesElevenTest, type Resource } from '../conformance/index.ts';
import type { Tx } from '../platform/database.ts';
import type { Store, StoredResource } from '../store/index.ts';
import { type HeldDecision, liftedBy } from './decision-on-held.ts';
import { PATIENT_ID_SYSTEM } from './fhir-push/persons.ts';
import type { MappedMessage } from './format.ts';

export type Identified =
  | {
      readonly vault: string;
      readonly isNew: boolean;
      /** What sources say of the person, as far as it was looked at. */
      readonly persons?: readonly StoredResource[];
      readonly hold?: undefined;
    }
  | { readonly hold: readonly string[]; readonly vault?: undefined };

const KNOWN_PATIENTS_MAX = 50;

/** What was asked of a person ahead of the rest: where the BSN leads, and what lies there. */
export interface LookedUp {
  readonly vault: string | undefined;
  /** Absent where it lies elsewhere than it was looked for. */
  readonly persons?: readonly StoredResource[];
}

/**
 * Asks where the BSN of a message leads and, where that is known from before, what sources say of
 * the person: both go out together with whatever else is asked at this moment.
 */
export async function lookUp(
  store: Store,
  tx: Tx,
  message: MappedMessage,
): Promise<LookedUp | undefined> {
  const [bsn, ...more] = bsnsOf(message, undefined);
  if (!bsn || more.length > 0 || !passesElevenTest(bsn.value)) return undefined;
  const guess = store.lastFound(bsn);
  const [vault, persons] = await Promise.all([
    store.findVault(tx, bsn),
    guess === undefined ? undefined : knownPersons(store, tx, guess),
  ]);
  return { vault, ...(persons && vault === guess ? { persons } : {}) };
}

/**
 * Must run inside the transaction that holds the patient's lock, so that two firsts make one
 * vault.
 */
export async function identify(
  store: Store,
  tx: Tx,
  custodian: string,
  message: MappedMessage,
  decision?: HeldDecision,
  looked?: LookedUp,
): Promise<Identified> {
  const claim = message.patient;
  const lifted = liftedBy(decision);
  const numbers = bsnsOf(message, decision?.bsn);
  if (numbers.length > 1) return { hold: ['identifier-conflict'] };
  const [bsn] = numbers;
  if (bsn && !passesElevenTest(bsn.value)) return { hold: ['bsn-eleven-test'] };
  const own = claim.identifiers.flatMap(({ system, value }) =>
    system === undefined || value === undefined || isBsnSystem(system)
      ? []
      : [{ system: `${custodian}|${system}`, value }],
  );
  const hold = message.hold.filter((reason) => !lifted.has(reason));
  if (hold.length > 0) return { hold };
  const byBsn = bsn && (looked ? looked.vault : await store.findVault(tx, bsn));
  const linked = new Set<string>();
  for (const identifier of own) {
    const vault = await store.findVault(tx, identifier);
    if (vault !== undefined) linked.add(vault);
  }
  // Two numbers of the sender that lead to two people: somebody has to look.
  if (linked.size > 1) return { hold: ['identifier-conflict'] };
  let [byOwn] = linked;
  const named = claim.identifiers.find((one) => one.system === PATIENT_ID_SYSTEM)?.value;
  if (named !== undefined && byOwn === undefined) {
    byOwn = (await store.place(tx, { type: 'Patient', id: named, custodian }))?.vault;
  }
  if (byBsn !== undefined && byOwn !== undefined && byBsn !== byOwn) {
    return { hold: ['identifier-conflict'] };
  }
  const vault = byBsn ?? (bsn ? undefined : byOwn);
  if (bsn && byBsn === undefined && byOwn !== undefined) return { hold: ['identifier-conflict'] };
  if (vault === undefined) {
    if (!bsn) return { hold: ['no-verified-identifier'] };
    return { vault: await store.openVault(tx, [bsn, ...own]), isNew: true };
  }
  const persons =
    (vault === looked?.vault ? looked.persons : undefined) ??
    (await knownPersons(store, tx, vault));
  const found = mismatches(persons, message);
  const mismatch = found.filter((reason) => !lifted.has(reason));
  if (mismatch.length > 0) return { hold: mismatch };
  if (byOwn === undefined) {
    for (const identifier of own) await store.linkIdentifier(tx, vault, identifier);
  }
  return { vault, isNew: false, persons };
}

/**
 * Whose record it is when whoever loads the message answers for that: by the BSN, else by the id of
 * the Patient; somebody new gets a vault. For demo and test.
 */
export async function identifyVerified(
  store: Store,
  tx: Tx,
  custodian: string,
  message: MappedMessage,
): Promise<Identified> {
  const [bsn] = bsnsOf(message, undefined);
  const { fullUrl, identifiers } = message.patient;
  const id =
    message.resources.find((one) => one.fullUrl === fullUrl)?.clientId ??
    identifiers.find((one) => one.system === PATIENT_ID_SYSTEM)?.value;
  const byBsn = bsn && (await store.findVault(tx, bsn));
  const byId =
    id === undefined ? undefined : await store.place(tx, { type: 'Patient', id, custodian });
  const vault = byBsn ?? byId?.vault;
  if (vault !== undefined) return { vault, isNew: false };
  const own = id === undefined ? [] : [{ system: `${custodian}|${PATIENT_ID_SYSTEM}`, value: id }];
  if (!bsn && (fullUrl === undefined || own.length === 0)) {
    return { hold: ['no-verified-identifier'] };
  }
  return { vault: await store.openVault(tx, bsn ? [bsn] : own), isNew: true };
}

/** Why the message waits by what itself says; two numbers of a person are of two people. */
export function heldByItself(message: MappedMessage): readonly string[] {
  const numbers = bsnsOf(message, undefined);
  const conflict = numbers.length > 1 ? ['identifier-conflict'] : [];
  const wrong = numbers.every(({ value }) => passesElevenTest(value)) ? [] : ['bsn-eleven-test'];
  return [...new Set([...message.hold, ...conflict, ...wrong])];
}

/** The BSNs of the message, each once; one person has one. */
function bsnsOf(
  { patient }: MappedMessage,
  decided: string | undefined,
): { system: string; value: string }[] {
  const added = decided === undefined ? [] : [{ system: BSN_SYSTEM, value: decided }];
  const values = [...patient.identifiers, ...added]
    .filter(({ system, value }) => isBsnSystem(system) && value !== undefined)
    .map(({ value }) => (value ?? '').replace(/[\s.]/g, '').padStart(9, '0'));
  return [...new Set(values)].map((value) => ({ system: BSN_SYSTEM, value }));
}

async function knownPersons(
  store: Store,
  tx: Tx,
  vault: string,
): Promise<readonly StoredResource[]> {
  const limit = KNOWN_PATIENTS_MAX;
  return (await store.candidates(tx, { vault, types: ['Patient'], limit })).rows;
}

/** What the message says of the person against what other messages said before. */
function mismatches(persons: readonly StoredResource[], { patient }: MappedMessage): string[] {
  const known = persons.map(
    (row) => JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Resource,
  );
  const births = new Set(known.map((one) => one['birthDate']).filter((one) => one !== undefined));
  const found: string[] = [];
  if (patient.birthDate !== undefined && births.size > 0 && !births.has(patient.birthDate)) {
    found.push('birth-date-mismatch');
  }
  const names = known.flatMap((one) => familyWords(one['name']));
  const claimed = familyWords(patient.name);
  if (names.length > 0 && claimed.length > 0 && !claimed.some((word) => names.includes(word))) {
    found.push('name-mismatch');
  }
  return found;
}

const PREFIXES = new Set([
  'van',
  'de',
  'der',
  'den',
  'het',
  'ten',
  'ter',
  'te',
  'in',
  'op',
  'el',
  'la',
  'le',
  'von',
  'bin',
  'al',
  't',
  's',
]);

/** Surnames as comparable words: own and partner name, without prefixes, case and diacritics. */
function familyWords(name: unknown): string[] {
  const names = Array.isArray(name) ? (name as { family?: unknown; text?: unknown }[]) : [];
  return names
    .flatMap((one) => (typeof one.family === 'string' ? [one.family] : []))
    .flatMap((family) =>
      family
        .normalize('NFD')
        .replace(/\p{M}/gu, '')
        .toLowerCase()
        .split(/[^a-z]+/),
    )
    .filter((word) => word.length > 1 && !PREFIXES.has(word));
}
