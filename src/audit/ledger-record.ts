/**
 * From an event to the canonical record that a leaf commits to. A closed list of fields is copied,
 * so nothing that a caller adds by accident gets in; persons become pseudonyms of this ledger.
 */
import { createHash } from 'node:crypto';
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

export function recordOf(event: LedgerEvent, at: Date, pseudonyms: Pseudonyms): LedgerRecord {
  const { agent } = event;
  const isPerson = agent.kind === 'person' || agent.kind === 'representative';
  const id = (value: string) => (isPerson ? pseudonyms.person(value) : text(value));
  const record: LedgerRecord = {
    v: 1,
    at: at.toISOString(),
    class: event.class,
    event: text(event.event),
    action: event.action,
    outcome: event.outcome,
    agent: compact({
      kind: agent.kind,
      id: id(agent.id),
      role: optional(agent.role),
      organisation: optional(agent.organisation),
      onBehalfOf: agent.onBehalfOf === undefined ? undefined : id(agent.onBehalfOf),
      address: optional(agent.address),
    }),
    ...(event.route === undefined ? {} : { route: event.route }),
    ...lists(event),
    ...compact({
      patient: event.patient === undefined ? undefined : pseudonyms.person(event.patient),
      reason: optional(event.reason),
      client: optional(event.client),
      purpose: optional(event.purpose),
      inputsHash: optional(event.inputsHash),
      whatDigest: optional(event.whatDigest),
      query: event.query === undefined ? undefined : free(event.query).slice(0, QUERY_MAX),
      requestId: optional(event.requestId),
      correlationId: optional(event.correlationId),
      tokenId: optional(event.tokenId),
      door: optional(event.door),
      epoch: event.epoch,
      released: event.released,
      withheld: event.withheld,
    }),
  };
  return record;
}

const QUERY_MAX = RECORD_LIMITS.queryCharactersMax;

/** The text that is committed to: the same record gives the same bytes. */
export function canonicalRecord(record: LedgerRecord): string {
  return canonicalJson(record as unknown as CanonicalValue);
}

/** SHA-256(salt, canonical record): tells nothing without the salt, and nothing else fits it. */
export function commitment(salt: Buffer, canonical: Buffer | string): Buffer {
  return createHash('sha256').update(salt).update(canonical).digest();
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

function lists(event: LedgerEvent) {
  const { what, counts, detail } = event;
  const tooMany = what !== undefined && what.length > RECORD_LIMITS.referencesMax;
  return compact({
    holders: listOf(event.holders),
    basis: listOf(event.basis),
    obligations: listOf(event.obligations),
    labels: listOf(event.labels),
    what: tooMany ? undefined : what?.map(text),
    whatDigest: tooMany ? digestOf(what) : undefined,
    counts: counts === undefined ? undefined : mapOf(counts, (count) => Math.trunc(count)),
    detail: detail === undefined ? undefined : mapOf(detail, free),
  });
}

function listOf(values: readonly string[] | undefined): readonly string[] | undefined {
  if (values === undefined || values.length === 0) return undefined;
  return values.slice(0, RECORD_LIMITS.listMax).map(text);
}

function mapOf<T, U>(values: Readonly<Record<string, T>>, change: (value: T) => U) {
  const entries = Object.entries(values).slice(0, RECORD_LIMITS.detailsMax);
  return Object.fromEntries(entries.map(([name, value]) => [text(name), change(value)]));
}

function digestOf(what: readonly string[]): string {
  return createHash('sha256')
    .update([...what].sort().join('\n'))
    .digest('hex');
}

function text(value: string): string {
  return value.toWellFormed().slice(0, RECORD_LIMITS.textCharactersMax);
}

const optional = (value: string | undefined) => (value === undefined ? undefined : text(value));

/** Text that a person or a request made up: a BSN in it is masked, whatever it was meant to be. */
function free(value: string): string {
  return text(value).replace(/(?<!\d)\d{9}(?!\d)/g, (digits) =>
    isBsn(digits) ? '*********' : digits,
  );
}

/** The eleven test: weights 9 to 2, and -1 for the last digit. */
function isBsn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < 9; at += 1) sum += Number(digits[at]) * (at === 8 ? -1 : 9 - at);
  return sum % 11 === 0 && sum !== 0;
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> } & {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
};

function compact<T extends object>(values: T): Present<T> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Present<T>;
}
