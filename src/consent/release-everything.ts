/**
 * All of one record that may be seen, a part at a time: each part is decided under the consent of
 * that moment, written down, and only then handed over. A withdrawal half-way ends the answer
 * there: what follows is withheld. What is withheld, an unknown person and an empty record give
 * the same empty answer (consent.md 7.2).
 */
import { randomUUID } from 'node:crypto';
import { type FhirVersion, R4 } from '../conformance/index.ts';
import { type AccessRequest, clinicalSpan, type Grant } from '../permission/index.ts';
import { type Mark, oneMark, type StoredResource } from '../store/index.ts';
import { decided, NOBODY, type ReleaseParts } from './decided.ts';
import { disclosure } from './release-event.ts';
import { hasForm, inForm } from './release-form.ts';
import type { ReleasedResource } from './released-resource.ts';
import { hiddenFrom, released } from './released-rows.ts';
import { nameOf, type Opened, type Withheld } from './search-pool.ts';

const EVERYTHING_LIMITS = {
  /** Rows that are opened, decided and written down together. */
  partRowsMax: 320,
  /** The same for the first of them, so that an answer begins soon. */
  firstPartRowsMax: 64,
  /** A page, or a part, ends with the one that goes beyond. */
  pageBytesMax: 16_777_216,
} as const satisfies Record<string, number>;

export interface EverythingQuestion {
  readonly version: FhirVersion;
  /** Id of the Patient; absent where the token itself names the person. */
  readonly id?: string;
  /** R4 types; absent is all. */
  readonly types?: readonly string[];
  readonly since?: Date;
  /** Clinical dates (ISO) within which a resource has to lie, if it has one. */
  readonly start?: string;
  readonly end?: string;
  /** Exactly so many resources in a part, if there are as many; absent: parts as they come. */
  readonly pageSize?: number;
  readonly path: string;
  readonly base: string;
  readonly cursor?: string;
  /** What the ledger calls it. */
  readonly event?: 'search-type' | 'export';
}

export interface EverythingPart {
  readonly resources: readonly ReleasedResource[];
  /** Cursor of what follows, if anything does. */
  readonly next?: string;
}

/** Parts until nothing is left; whoever stops asking gets no more, and nothing more is noted. */
export async function* everything(
  parts: ReleaseParts,
  access: AccessRequest,
  tokenVault: string | undefined,
  asked: EverythingQuestion,
): AsyncGenerator<EverythingPart> {
  const opened = openCursor(parts, access, asked);
  const { question } = opened;
  const vault = await vaultOf(parts, access, tokenVault, question);
  let { after } = opened;
  for (;;) {
    const { grant, found } = await decided(parts, access, vault, question.path, (id, grant) =>
      onePart(parts, access, { vault: id, grant, question, after }),
    );
    await parts.ledger.record([
      disclosure(access, vault, {
        event: question.event ?? 'search-type',
        action: 'E',
        grant,
        shown: found.shown,
        withheld: found.withheld,
        query: question.path.replace(/\/[^/$]+(?=\/\$)/, ''),
        answer: randomUUID(),
      }),
    ]);
    after = found.position;
    const next = after === undefined ? undefined : sealCursor(parts, access, question, after);
    yield {
      resources: found.shown.map((one) => released(one, question.version, found.hidden, access)),
      ...(next === undefined ? {} : { next }),
    };
    if (after === undefined) return;
  }
}

interface Part {
  readonly shown: readonly Opened[];
  readonly withheld: readonly Withheld[];
  readonly hidden: ReadonlySet<string>;
  /** Where the next part begins; undefined at the end. */
  readonly position: string | undefined;
}

interface PartAsked {
  readonly vault: string;
  readonly grant: Grant;
  readonly question: EverythingQuestion;
  readonly after: string | undefined;
}

async function onePart(
  parts: ReleaseParts,
  access: AccessRequest,
  { vault, grant, question, after }: PartAsked,
): Promise<Part | 'moved'> {
  const known = await isKnownBy(parts, access, vault, grant, question);
  if (known === 'moved') return known;
  const { isKnown, asOf } = known;
  const gathered = isKnown ? await gather(parts, { vault, grant, question, after }, asOf) : NONE;
  if (gathered === 'moved') return gathered;
  const { shown, withheld, position, mark } = gathered;
  const hidden = await hiddenFrom(parts, vault, grant, shown, question.version, mark);
  return hidden === 'moved' ? hidden : { shown, withheld, hidden, position };
}

interface Gathered extends Omit<Part, 'hidden'> {
  /** How the record stood at all of it; absent where it changed meanwhile, and of an export. */
  readonly mark?: Mark | undefined;
}

const NONE: Gathered = { shown: [], withheld: [], position: undefined };

/**
 * With a page size one more is looked for than is given: a next page is promised only when it
 * holds something, or its emptiness would tell of what is withheld.
 */
async function gather(
  parts: ReleaseParts,
  asked: PartAsked,
  asOf: Mark | undefined,
): Promise<Gathered | 'moved'> {
  const { vault, grant, question } = asked;
  const found: { one: Opened; position: string }[] = [];
  const withheld = new Map<string, Withheld>();
  const { pageBytesMax } = EVERYTHING_LIMITS;
  let size = question.pageSize ?? Number.POSITIVE_INFINITY;
  let bytes = 0;
  const limit = partSize(asked);
  const isPassing = question.event === 'export';
  const marks: (Mark | undefined)[] = [];
  let position = asked.after;
  let isLast = false;
  do {
    const batch = await parts.store.scan(parts.database, {
      ...narrowed(grant, question),
      vault,
      epoch: grant.epoch,
      asOf,
      limit,
      isPassing,
      mayOpen: (facts) => grant.covers(facts).permit,
      ...(position === undefined ? {} : { after: position }),
    });
    if (batch.epochMoved) return 'moved';
    if (batch.rows.length > 0 || isPassing) marks.push(isPassing ? undefined : batch.mark);
    isLast = batch.isLast;
    for (const { row, position: here } of batch.rows) {
      if (found.length > size) break;
      if (question.pageSize === undefined && bytes > pageBytesMax) {
        isLast = false;
        break;
      }
      const verdict = grant.covers(row.facts);
      const one = { row, verdict };
      if (!verdict.permit) {
        withheld.set(nameOf(one), { reason: verdict.reason, custodian: row.custodian });
      } else if (isAsked(row, question)) {
        found.push({ one, position: here });
        bytes += row.bytes.length;
        if (question.pageSize !== undefined && bytes > pageBytesMax) {
          size = Math.min(size, found.length);
        }
      }
      position = here;
    }
  } while (question.pageSize !== undefined && !isLast && found.length <= size);
  const page = found.slice(0, size).map(({ one }) => one);
  const told = { shown: page, withheld: [...withheld.values()], mark: oneMark(marks) };
  if (question.pageSize === undefined) {
    return { ...told, position: isLast ? undefined : position };
  }
  const isMore = found.length > size;
  return { ...told, position: isMore ? found[size - 1]?.position : undefined };
}

function partSize({ question, after }: PartAsked): number {
  const { firstPartRowsMax, partRowsMax } = EVERYTHING_LIMITS;
  return question.pageSize === undefined && after === undefined ? firstPartRowsMax : partRowsMax;
}

/** The Patient that was named must itself be one that may be seen (consent.md 7.4). */
export async function isKnownBy(
  parts: ReleaseParts,
  access: AccessRequest,
  vault: string,
  grant: Grant,
  { id }: { readonly id?: string },
): Promise<{ readonly isKnown: boolean; readonly asOf?: Mark | undefined } | 'moved'> {
  if (id === undefined) return { isKnown: true };
  const custodian = access.aanbieder;
  const where = { type: 'Patient', id, ...(custodian === undefined ? {} : { custodian }) };
  const { rows, epochMoved, mark } = await parts.store.candidates(parts.database, {
    vault,
    epoch: grant.epoch,
    types: ['Patient'],
    ids: [where],
  });
  if (epochMoved) return 'moved';
  return { isKnown: rows.some((row) => grant.covers(row.facts).permit), asOf: mark };
}

function narrowed(grant: Grant, { types }: EverythingQuestion) {
  const { custodians, types: granted } = grant.narrowing;
  const both = granted && types ? types.filter((type) => granted.includes(type)) : undefined;
  const narrowTypes = both ?? types ?? granted;
  return {
    ...(narrowTypes ? { types: narrowTypes } : {}),
    ...(custodians ? { custodians } : {}),
  };
}

function isAsked(row: StoredResource, question: EverythingQuestion): boolean {
  return isFresh(row, question) && isWithin(row, question) && hasForm(row, question.version);
}

/** Not in SQL: the end of an embargo stands in the sealed part of a row. */
const isFresh = ({ updated }: StoredResource, { since }: EverythingQuestion): boolean =>
  since === undefined || updated >= since;

/**
 * By the day: the times in a record differ in precision and zone. What took longer, or still goes
 * on, lies in each range that it touches, as a search by its date has it. What has no date of its
 * own, as a person or an allergy may, is of every time; when it came in says nothing of care.
 */
function isWithin(row: StoredResource, { start, end }: EverythingQuestion): boolean {
  if (start === undefined && end === undefined) return true;
  const form = inForm(row, R4);
  const span = form && clinicalSpan(form);
  if (span === undefined) return true;
  return isUpTo(start, span.end) && isUpTo(span.start, end);
}

/** Whether one day is not after the other, to the precision that both have. */
function isUpTo(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return true;
  const length = Math.min(10, one.length, other.length);
  return one.slice(0, length) <= other.slice(0, length);
}

async function vaultOf(
  parts: ReleaseParts,
  access: AccessRequest,
  tokenVault: string | undefined,
  { id }: EverythingQuestion,
): Promise<string | undefined> {
  if (id === undefined) return tokenVault;
  const custodian = access.aanbieder;
  const held = custodian === undefined ? {} : { custodian };
  const place = await parts.store.place(parts.database, { type: 'Patient', id, ...held });
  if (tokenVault === undefined) return place?.vault;
  return place?.vault === tokenVault ? tokenVault : NOBODY;
}

function openCursor(
  parts: ReleaseParts,
  access: AccessRequest,
  asked: EverythingQuestion,
): { question: EverythingQuestion; after: string | undefined } {
  if (asked.cursor === undefined) return { question: asked, after: undefined };
  const address = `${asked.base}/${asked.path}`;
  const { after, params } = parts.cursors.open(asked.cursor, access.client, address, parts.clock());
  const known = JSON.parse(params[0]?.[1] ?? '{}') as Record<string, unknown>;
  const since = known['since'];
  return {
    question: {
      ...asked,
      ...(known as Partial<EverythingQuestion>),
      ...(typeof since === 'string' ? { since: new Date(since) } : {}),
    },
    after,
  };
}

function sealCursor(
  parts: ReleaseParts,
  access: AccessRequest,
  { types, since, start, end, pageSize, base, path }: EverythingQuestion,
  after: string,
): string {
  const known = JSON.stringify({ types, since, start, end, pageSize });
  const issued = parts.clock().getTime();
  return parts.cursors.seal(
    { path: `${base}/${path}`, params: [['question', known]], after, skipped: 0, issued },
    access.client,
  );
}
