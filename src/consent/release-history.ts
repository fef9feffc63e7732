/**
 * The versions of one resource, or of all resources of a type in one record. Each version is
 * decided with the stricter of its own labels and those of the current one; a delete marker shows
 * only if the version before it would (consent.md 7.2). Nothing is counted over what is hidden.
 */
import { randomUUID } from 'node:crypto';
import { type FhirVersion, type Resource, r4TypeOf } from '../conformance/index.ts';
import type { AccessRequest, Grant } from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Mark, StoredResource } from '../store/index.ts';
import { allVersions } from './all-versions.ts';
import { decided, type ReleaseParts } from './decided.ts';
import { carried, carry } from './history-cursor.ts';
import {
  broughtBackIn,
  currentIn,
  fittingIn,
  resourceName,
  versionName,
} from './history-fitting.ts';
import { recordOf } from './locate-patient.ts';
import { provenanceMade } from './provenance/current-or-made.ts';
import { disclosure } from './release-event.ts';
import { isKnownBy } from './release-everything.ts';
import { hasForm, inForm } from './release-form.ts';
import { verdictOn } from './release-read.ts';
import { upTo } from './release-search.ts';
import type { ReleasedResource } from './released-resource.ts';
import { hiddenFrom, released } from './released-rows.ts';
import { type Opened, SEARCH_LIMITS, type Withheld } from './search-pool.ts';
import { wholeOnes } from './whole-ones.ts';

export interface HistoryQuestion {
  readonly version: FhirVersion;
  /** Type in that version; absent: all of them. */
  readonly type?: string;
  /** Absent: of the whole type, in the record of `patient` or of the token. */
  readonly id?: string;
  /** Id of the Patient whose record is meant, where the token does not say. */
  readonly patient?: string;
  readonly since?: Date;
  /** Only versions that were current at some moment of this period; as it was written. */
  readonly at?: string;
  /** Path of the interaction and address of the door: a cursor is good for these only. */
  readonly path: string;
  readonly base: string;
  readonly pageSize: number;
  readonly cursor?: string;
  /** What the door is limited to; a delete marker fits when a version before it did. */
  readonly fits?: (resource: Resource) => boolean;
}

export interface HistoryVersion extends ReleasedResource {
  /** It brought back what was deleted. */
  readonly isAnew?: boolean;
}

export interface HistoryAnswer {
  readonly id: string;
  /** When this answer was made. */
  readonly made: Date;
  readonly versions: readonly HistoryVersion[];
  /** Released versions; not told for a type. */
  readonly total?: number;
  readonly next?: string;
  /** What the cursor carried, for the self link. */
  readonly since?: Date;
  readonly at?: string;
}

interface Found {
  readonly shown: readonly Opened[];
  readonly withheld: readonly Withheld[];
  /** Some version may be seen, be it older than what was asked for. */
  readonly isKnown: boolean;
  /** Names of the versions that brought something back. */
  readonly anew?: ReadonlySet<string>;
  /** How the record stood when these were found. */
  readonly mark?: Mark;
}

/**
 * @returns undefined when there is nothing that may be seen of one resource.
 * @throws Problem `invalid` code `patient-required`, `not-found` for a cursor that is no good.
 */
export async function history(
  parts: ReleaseParts,
  access: AccessRequest,
  tokenVault: string | undefined,
  asked: HistoryQuestion,
): Promise<HistoryAnswer | undefined> {
  const at = parts.clock();
  const address = `${asked.base}/${asked.path}`;
  const cursor =
    asked.cursor === undefined
      ? undefined
      : parts.cursors.open(asked.cursor, access.client, address, at);
  const question = cursor ? { ...asked, ...carried(cursor.params) } : asked;
  const vault = tokenVault ?? (await vaultOf(parts, access, question));
  const { grant, found } = await decided(parts, access, vault, question.path, async (id, grant) => {
    const all = await versionsOf(parts, access, id, grant, question);
    if (all === 'moved') return all;
    const start = startOf(all.shown, cursor);
    const asked = upTo(
      SEARCH_LIMITS.pageBytesMax,
      all.shown.slice(start, start + question.pageSize),
    );
    const where = { vault: id, epoch: grant.epoch, asOf: all.mark };
    const page = await wholeOnes(parts, where, asked);
    if (page === 'moved') return page;
    const hidden = await hiddenFrom(parts, id, grant, page, question.version);
    return hidden === 'moved' ? hidden : { ...all, page, start, hidden };
  });
  const { page, start, shown } = found;
  await parts.ledger.record([
    disclosure(access, vault, {
      event: question.id === undefined ? 'history-type' : 'history-instance',
      action: 'R',
      grant,
      shown: page,
      withheld: found.withheld,
      query: question.type === undefined ? '_history' : `${question.type}/_history`,
    }),
  ]);
  if (question.id !== undefined && !found.isKnown) return undefined;
  const last = page.at(-1);
  const isMore = last !== undefined && start + page.length < shown.length;
  return {
    id: randomUUID(),
    made: at,
    versions: page.map((one) =>
      Object.assign(released(one, question.version, found.hidden, access), {
        isAnew: found.anew?.has(versionName(one.row)) === true,
      }),
    ),
    ...(question.id === undefined ? {} : { total: shown.length }),
    ...(question.since === undefined ? {} : { since: question.since }),
    ...(question.at === undefined ? {} : { at: question.at }),
    ...(isMore
      ? {
          next: parts.cursors.seal(
            {
              path: address,
              params: carry(question),
              after: versionName(last.row),
              skipped: start + page.length,
              issued: at.getTime(),
            },
            access.client,
          ),
        }
      : {}),
  };
}

async function vaultOf(
  parts: ReleaseParts,
  access: AccessRequest,
  asked: HistoryQuestion,
): Promise<string | undefined> {
  const { type, id, patient } = asked;
  const custodian = access.aanbieder;
  const held = custodian === undefined ? {} : { custodian };
  const isOne = type !== undefined && id !== undefined;
  const where = isOne ? { type: r4TypeOf(type), id } : { type: 'Patient', id: patient };
  requireOneRecord(asked);
  return recordOf(parts.store, parts.database, { type: where.type, id: where.id ?? '', ...held });
}

/** @throws Problem `invalid` code `patient-required` for a history that names no one. */
export function requireOneRecord({
  type,
  id,
  patient,
}: Pick<HistoryQuestion, 'type' | 'id' | 'patient'>): void {
  if (patient !== undefined || (type !== undefined && id !== undefined)) return;
  throw new Problem('invalid', 'The history of a type needs exactly one patient.', {
    code: 'patient-required',
    expression: ['patient'],
  });
}

async function versionsOf(
  parts: ReleaseParts,
  access: AccessRequest,
  vault: string,
  grant: Grant,
  question: HistoryQuestion,
): Promise<Found | 'moved'> {
  // By a Patient that may not be seen nobody finds what else there is of that person.
  const { patient } = question;
  const named = await isKnownBy(
    parts,
    access,
    vault,
    grant,
    patient === undefined ? {} : { id: patient },
  );
  if (named === 'moved') return named;
  if (!named.isKnown) return { shown: [], withheld: [], isKnown: false };
  const type = question.type === undefined ? undefined : r4TypeOf(question.type);
  const { custodians } = grant.narrowing;
  const custodian = access.aanbieder;
  const held = custodian === undefined ? {} : { custodian };
  const where = { type: type ?? '', id: question.id ?? '', ...held };
  const found = await allVersions(parts, grant, {
    vault,
    epoch: grant.epoch,
    ...(type === undefined ? {} : { types: [type] }),
    ...(question.id === undefined ? {} : { ids: [where] }),
    ...(custodians ? { custodians } : {}),
  });
  if (found === 'moved') return found;
  const { rows, mark } = found;
  if (rows.length === 0 && type === 'Provenance' && question.id !== undefined) {
    return onlyVersion(await provenanceMade(parts, vault, grant, where), question);
  }
  return { ...decideAll(rows, grant, question), ...(mark ? { mark } : {}) };
}

/** What is made when it is asked for has one version. */
function onlyVersion(
  made: Awaited<ReturnType<typeof provenanceMade>>,
  { since }: HistoryQuestion,
): Found | 'moved' {
  if (made === 'moved') return made;
  if (made && !made.verdict.permit) {
    const { custodian } = made.row;
    const reason = made.verdict.reason;
    return { shown: [], withheld: [{ reason, custodian }], isKnown: false };
  }
  const shown = made && !(since && made.row.updated < since) ? [made] : [];
  return { shown, withheld: [], isKnown: made !== undefined };
}

/** The current version of each resource comes before its older ones. */
function decideAll(
  rows: readonly StoredResource[],
  grant: Grant,
  question: HistoryQuestion,
): Found {
  const current = new Map<string, StoredResource>();
  for (const row of rows) {
    const name = resourceName(row);
    if (!current.has(name)) current.set(name, row);
  }
  const fitting = fittingIn(rows, question);
  const shown: Opened[] = [];
  const withheld = new Map<string, Withheld>();
  for (const row of rows) {
    // What is closed was not fetched: whether it is of what was asked nobody looks.
    if (!row.isClosed && !(isAsked(row, question) && fitting(row))) continue;
    const verdict = verdictOn(grant, { row, current: current.get(resourceName(row)) ?? row });
    if (verdict.permit) shown.push({ row, verdict });
    else withheld.set(resourceName(row), { reason: verdict.reason, custodian: row.custodian });
  }
  const chosen = question.id === undefined ? shown : ofOneSource(shown);
  const since = question.since?.getTime() ?? Number.NEGATIVE_INFINITY;
  const inTime = question.at === undefined ? chosen : currentIn(chosen, question.at);
  const fresh = inTime.filter(({ row }) => row.updated.getTime() >= since);
  const ordered =
    question.id === undefined
      ? fresh.toSorted(
          (a, b) =>
            b.row.updated.getTime() - a.row.updated.getTime() ||
            (versionName(a.row) < versionName(b.row) ? -1 : 1),
        )
      : fresh;
  const anew = broughtBackIn(chosen);
  return { shown: ordered, withheld: [...withheld.values()], isKnown: chosen.length > 0, anew };
}

/** Of a delete marker nobody knows more than the R4 type. */
function isAsked(row: StoredResource, { version, type }: HistoryQuestion): boolean {
  if (type === undefined) return hasForm(row, version);
  const form = inForm(row, version);
  return form === undefined || form.resourceType === type;
}

/** Two sources may use one id for one person: one history is that of one source. */
function ofOneSource(shown: readonly Opened[]): readonly Opened[] {
  const first = shown[0]?.row.custodian;
  return shown.filter(({ row }) => row.custodian === first);
}

function startOf(
  shown: readonly Opened[],
  cursor: { after: string; skipped: number } | undefined,
): number {
  if (!cursor) return 0;
  const at = shown.findIndex(({ row }) => versionName(row) === cursor.after);
  return at < 0 ? Math.min(cursor.skipped, shown.length) : at + 1;
}
