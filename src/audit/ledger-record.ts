/**
 * From an event to the canonical record that a leaf commits to. A closed list of fields is copied,
 * so nothing that a caller adds by accident gets in; persons become pseudonyms of this ledger.
 */
import { hash } from 'node:crypto';
import { type CanonicalValue, canonicalJson } from './canonical-json.ts';
import type { LedgerEvent, RetentionClass } from './ledger-entry.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** The record as it is read back. Ids of persons are pseudonyms; all else is as in the event. */
export interface LedgerRecord extends LedgerEvent {
  readonly v: 1;
  /** The moment of the act, ISO 8601 in UTC with milliseconds. */
  readonly at: string;
}

export const RECORD_LIMITS = {
  referencesMax: 100,
  listMax: 50,
  detailsMax: 30,
  queryCharactersMax: 300,
  textCharactersMax: 500,
} as const;

/** Members are put in canonical order: what is written is the record as it stands. */
export function recordOf(event: LedgerEvent, at: Date, pseudonyms: Pseudonyms): LedgerRecord {
  const { what, counts, detail, query, patient, agent } = event;
  const tooMany = what !== undefined && what.length > RECORD_LIMITS.referencesMax;
  const whatDigest = event.whatDigest ?? (tooMany ? digestOf(what) : undefined);
  const record: Partial<Writable<LedgerRecord>> = {
    action: event.action,
    agent: agentOf(agent, pseudonyms),
    at: at.toISOString(),
  };
  if (event.basis?.length) record.basis = listOf(event.basis);
  record.class = event.class;
  if (event.client !== undefined) record.client = text(event.client);
  if (event.correlationId !== undefined) record.correlationId = text(event.correlationId);
  if (counts !== undefined) record.counts = mapOf(counts, (count) => Math.trunc(count));
  if (detail !== undefined) record.detail = mapOf(detail, free);
  if (event.door !== undefined) record.door = text(event.door);
  if (event.epoch !== undefined) record.epoch = event.epoch;
  record.event = text(event.event);
  if (event.holders?.length) record.holders = listOf(event.holders);
  if (event.inputsHash !== undefined) record.inputsHash = text(event.inputsHash);
  if (event.labels?.length) record.labels = listOf(event.labels);
  if (event.obligations?.length) record.obligations = listOf(event.obligations);
  record.outcome = event.outcome;
  if (patient !== undefined) record.patient = pseudonyms.person(patient);
  if (event.purpose !== undefined) record.purpose = text(event.purpose);
  if (query !== undefined) record.query = free(query).slice(0, RECORD_LIMITS.queryCharactersMax);
  if (event.reason !== undefined) record.reason = text(event.reason);
  if (event.released !== undefined) record.released = event.released;
  if (event.requestId !== undefined) record.requestId = text(event.requestId);
  if (event.route !== undefined) record.route = event.route;
  if (event.tokenId !== undefined) record.tokenId = text(event.tokenId);
  record.v = 1;
  if (what !== undefined && !tooMany) record.what = what.map(text);
  if (whatDigest !== undefined) record.whatDigest = text(whatDigest);
  if (event.withheld !== undefined) record.withheld = event.withheld;
  return record as LedgerRecord;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function agentOf(agent: LedgerEvent['agent'], pseudonyms: Pseudonyms): LedgerEvent['agent'] {
  const isPerson = agent.kind === 'person' || agent.kind === 'representative';
  const id = (value: string) => (isPerson ? pseudonyms.person(value) : text(value));
  const { address, onBehalfOf, organisation, role } = agent;
  return {
    ...(address === undefined ? {} : { address: text(address) }),
    id: id(agent.id),
    kind: agent.kind,
    ...(onBehalfOf === undefined ? {} : { onBehalfOf: id(onBehalfOf) }),
    ...(organisation === undefined ? {} : { organisation: text(organisation) }),
    ...(role === undefined ? {} : { role: text(role) }),
  };
}

/**
 * The text that is committed to: canonical JSON (RFC 8785), the same bytes for the same record.
 * @throws TypeError for what would have two spellings.
 */
export function canonicalRecord(record: LedgerRecord): string {
  const { counts, detail } = record;
  // Names of these are free; some would be put in another order than the canonical one.
  if (needsCare(counts) || needsCare(detail)) return canonicalJson(asValue(record));
  for (const number of [record.epoch, record.released, record.withheld]) {
    if (number !== undefined && !Number.isSafeInteger(number))
      return canonicalJson(asValue(record));
  }
  return JSON.stringify(record);
}

const asValue = (record: LedgerRecord) => record as unknown as CanonicalValue;

/**
 * SHA-256(salt, canonical record in UTF-8): tells nothing without the salt, and nothing else fits
 * it.
 */
export function commitment(salt: Buffer, canonical: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([salt, canonical]), 'buffer');
}

/** What is hashed into the tree: no personal data. Members are in canonical order already. */
export function leafData(leaf: {
  readonly class: RetentionClass;
  readonly commit: Buffer;
  readonly recorded: Date;
  readonly seq: number;
}): string {
  const commit = leaf.commit.toString('base64');
  const recorded = leaf.recorded.toISOString();
  const start = `{"class":"${leaf.class}","commit":"${commit}"`;
  return `${start},"recorded":"${recorded}","seq":${leaf.seq},"v":1}`;
}

/** Names that JavaScript puts first, and numbers that are not whole, are for `canonicalJson`. */
function needsCare(values: Readonly<Record<string, string | number>> | undefined): boolean {
  for (const name in values) {
    if (/^\d/.test(name)) return true;
    const value = values[name];
    if (typeof value === 'number' && !Number.isSafeInteger(value)) return true;
  }
  return false;
}

function listOf(values: readonly string[]): readonly string[] {
  return values.slice(0, RECORD_LIMITS.listMax).map(text);
}

function mapOf<T, U>(values: Readonly<Record<string, T>>, change: (value: T) => U) {
  const entries = Object.entries(values).slice(0, RECORD_LIMITS.detailsMax);
  const made = entries.map(([name, value]): [string, U] => [text(name), change(value)]);
  return Object.fromEntries(made.length < 2 ? made : made.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function digestOf(what: readonly string[]): string {
  return hash('sha256', [...what].sort().join('\n'));
}

function text(value: string): string {
  const isFit = value.length <= RECORD_LIMITS.textCharactersMax && value.isWellFormed();
  return isFit ? value : value.toWellFormed().slice(0, RECORD_LIMITS.textCharactersMax);
}

/** Ids and digests of ours, in which nine digits may pass the eleven test by chance; numbers. */
const MADE_OR_NUMBER =
  /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{64}\b|(?<!\d)\d{9}(?!\d)/g;

/** Text that a person or a request made up: a BSN in it is masked, whatever it was meant to be. */
function free(value: string): string {
  return text(value).replace(MADE_OR_NUMBER, (found) => (isBsn(found) ? '*********' : found));
}

/** The eleven test: weights 9 to 2, and -1 for the last digit. */
function isBsn(digits: string): boolean {
  if (digits.length !== 9) return false;
  let sum = 0;
  for (let at = 0; at < 9; at += 1) sum += Number(digits[at]) * (at === 8 ? -1 : 9 - at);
  return sum % 11 === 0 && sum !== 0;
}
