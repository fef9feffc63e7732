/**
 * The one way out of the record: decide, fetch what the decision covers, write it down, hand over.
 * consent.md section 7; architecture D6. The reason of a refusal is for the ledger and the patient;
 * whoever asks gets what is not withheld, or "not found".
 */
import { randomUUID } from 'node:crypto';
import type { Ledger } from '../audit/index.ts';
import type { FhirVersion, SearchQuery } from '../conformance/index.ts';
import { dropReferences, r4TypeOf } from '../conformance/index.ts';
import type { AccessRequest, Grant } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';
import { describeQuery } from './describe-query.ts';
import type { GrantFor } from './grant-for.ts';
import { locatePatient } from './locate-patient.ts';
import type { PageCursors } from './page-cursor.ts';
import { type CurrentRow, createFetchCurrent, type FetchCurrent } from './release-current.ts';
import { disclosure, refusal } from './release-event.ts';
import { inForm, lyingForm } from './release-form.ts';
import { fetchOne, type ReadQuestion, verdictOn } from './release-read.ts';
import { searchVault } from './release-search.ts';
import type { ReleasedResource, SearchAnswer } from './released-resource.ts';
import { mentionsOf } from './row-mentions.ts';
import type { Opened } from './search-pool.ts';
import { type AskedElsewhere, banded } from './time-band.ts';
import { withheldAmong } from './withheld-references.ts';

export interface SearchQuestion {
  readonly params: readonly (readonly [string, string])[];
  parse(params: readonly (readonly [string, string])[]): SearchQuery;
  /** `Observation` or `Observation/$lastn`: cursors of one are no good for the other. */
  readonly path: string;
  /** Address of the door: cursors of one door are no good at another. */
  readonly base: string;
  readonly pageSizeDefault: number;
  readonly pageSizeMax: number;
  readonly cursor?: string;
}

export interface Release {
  /** @throws Problem `invalid` for a question that cannot be read, `too-costly`, `busy`. */
  search(
    access: AccessRequest,
    vault: string | undefined,
    question: SearchQuestion,
  ): Promise<SearchAnswer>;
  /** @returns undefined when it is not there or withheld: the same to whoever asks. */
  read(
    access: AccessRequest,
    vault: string | undefined,
    question: ReadQuestion,
  ): Promise<ReleasedResource | undefined>;
}

export interface ReleaseParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Pick<Ledger, 'record'>;
  readonly cursors: PageCursors;
  readonly clock: Clock;
  /** Decides for one request on one vault; throws the Problems of step 0. */
  readonly grantFor: GrantFor;
  /** The national register, where one is asked. */
  readonly register?: AskedElsewhere | undefined;
}

/** How often a decision is made again when the patient's choices change during a request. */
const DECIDE_AGAIN_MAX = 4;

/** Stands for people nobody knows here, so that a question about them takes the same way. */
export const NOBODY = '00000000-0000-4000-8000-000000000000';

/** Everything that leaves the record leaves through this. */
export function createRelease(parts: ReleaseParts): Release {
  const current = createFetchCurrent();
  return {
    search: (access, vault, question) =>
      banded(
        access,
        () => search(parts, access, vault, question),
        ({ matches }) => matches.length === 0,
        parts.register,
      ),
    read: (access, vault, question) =>
      banded(
        access,
        () => read({ ...parts, current }, access, vault, question),
        (found) => found === undefined,
        parts.register,
      ),
  };
}

/**
 * Decides and fetches under one consent epoch; when the epoch moved meanwhile, decides again. A
 * refusal before the decision (step 0) is written down and thrown on.
 */
export async function decided<T>(
  parts: ReleaseParts,
  access: AccessRequest,
  vault: string | undefined,
  question: string,
  fetch: (vault: string, grant: Grant) => Promise<T | 'moved'>,
): Promise<{ grant: Grant; found: T }> {
  try {
    for (let attempt = 0; attempt < DECIDE_AGAIN_MAX; attempt += 1) {
      const grant = await grantNow(parts, access, vault ?? NOBODY, attempt === 0);
      const found = await fetch(vault ?? NOBODY, grant);
      if (found !== 'moved') return { grant, found };
    }
    throw new Problem('busy', 'The record changed while it was read.', { retryAfterSeconds: 1 });
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.kind !== 'busy') {
      await parts.ledger.record([refusal(access, vault, question, problem)]);
    }
    throw error;
  }
}

/**
 * The first time on the choices as they were last read: the fetch compares the epoch, so a choice
 * that was made meanwhile is seen there. A refusal is never given on what was read before.
 */
async function grantNow(
  parts: ReleaseParts,
  access: AccessRequest,
  vault: string,
  lastRead: boolean,
): Promise<Grant> {
  if (!lastRead) return parts.grantFor(access, vault, parts.clock());
  try {
    return await parts.grantFor(access, vault, parts.clock(), { lastRead });
  } catch {
    return parts.grantFor(access, vault, parts.clock());
  }
}

async function search(
  parts: ReleaseParts,
  access: AccessRequest,
  tokenVault: string | undefined,
  question: SearchQuestion,
): Promise<SearchAnswer> {
  const at = parts.clock();
  const cursor =
    question.cursor === undefined
      ? undefined
      : parts.cursors.open(question.cursor, access.client, addressOf(question), at);
  const params = cursor?.params ?? question.params;
  const query = question.parse(params);
  const vault = tokenVault ?? (await locatePatient(parts.store, parts.database, query));
  const page = {
    size: Math.min(query.count ?? question.pageSizeDefault, question.pageSizeMax),
    ...(cursor ? { after: cursor.after, skipped: cursor.skipped } : {}),
  };
  const { grant, found } = await decided(parts, access, vault, question.path, async (id, grant) => {
    const answer = await searchVault(parts.store, parts.database, id, grant, query, page);
    if (answer === 'moved') return answer;
    const hidden = await hiddenFrom(
      parts,
      id,
      grant,
      [...answer.matches, ...answer.included],
      query.version,
    );
    return hidden === 'moved' ? hidden : { ...answer, hidden };
  });
  const id = randomUUID();
  const shown = [...found.matches, ...found.included];
  await parts.ledger.record([
    disclosure(access, vault, {
      event: 'search-type',
      action: 'E',
      grant,
      shown,
      withheld: found.withheld,
      query: describeQuery(question.path, query),
      answer: id,
    }),
  ]);
  return {
    id,
    at,
    query,
    matches: found.matches.map((one) => released(one, query.version, found.hidden)),
    included: found.included.map((one) => released(one, query.version, found.hidden)),
    ...(found.total === undefined ? {} : { total: found.total }),
    ...(found.next === undefined
      ? {}
      : {
          next: parts.cursors.seal(
            { ...found.next, path: addressOf(question), params, issued: at.getTime() },
            access.client,
          ),
        }),
  };
}

const addressOf = ({ base, path }: SearchQuestion): string => `${base}/${path}`;

async function read(
  parts: ReleaseParts & { readonly current: FetchCurrent },
  access: AccessRequest,
  tokenVault: string | undefined,
  question: ReadQuestion,
): Promise<ReleasedResource | undefined> {
  const type = r4TypeOf(question.type);
  const name = `${question.type}/${question.id}`;
  const custodian = access.aanbieder;
  const where = { type, id: question.id, ...(custodian === undefined ? {} : { custodian }) };
  const vault = tokenVault ?? (await parts.store.place(parts.database, where))?.vault;
  const { grant, found } = await decided(parts, access, vault, name, async (id, grant) => {
    const one =
      question.vid === undefined
        ? await parts.current(parts, id, grant, where, question)
        : await versionOf(parts, id, grant, where, question);
    if (one === 'moved') return one;
    const { row, verdict, hidden } = one ?? {};
    const shown = row && verdict?.permit ? { row, verdict } : undefined;
    const refused = row && verdict && !verdict.permit;
    const withheld = refused ? [{ reason: verdict.reason, custodian: row.custodian }] : [];
    return { shown, hidden: hidden ?? NONE, withheld };
  });
  const { shown } = found;
  await parts.ledger.record([
    disclosure(access, vault, {
      event: question.vid === undefined ? 'read' : 'vread',
      action: 'R',
      grant,
      shown: shown ? [shown] : [],
      withheld: found.withheld,
      query: question.type,
    }),
  ]);
  return shown && released(shown, question.version, found.hidden);
}

const NONE: ReadonlySet<string> = new Set();

/** A version that is named, and what of it may not be seen. */
async function versionOf(
  parts: ReleaseParts,
  vault: string,
  grant: Grant,
  where: { type: string; id: string; custodian?: string },
  question: ReadQuestion,
): Promise<CurrentRow | undefined | 'moved'> {
  const one = await fetchOne(parts, vault, grant, where, question);
  if (one === 'moved' || one === undefined) return one;
  const verdict = verdictOn(grant, one);
  const shown = verdict.permit ? [{ row: one.row, verdict }] : [];
  const hidden = await hiddenFrom(parts, vault, grant, shown, question.version);
  return hidden === 'moved' ? hidden : { row: one.row, verdict, hidden };
}

/** References that lead from the shown to the withheld. */
export function hiddenFrom(
  parts: ReleaseParts,
  vault: string,
  grant: Grant,
  shown: readonly Opened[],
  version: FhirVersion,
): Promise<ReadonlySet<string> | 'moved'> {
  const names = new Set<string>();
  const references = new Set<string>();
  for (const { row } of shown) {
    const { name, mentions } = mentionsOf(row, version);
    names.add(name);
    for (const one of mentions) references.add(one);
  }
  const from = { store: parts.store, sql: parts.database };
  return withheldAmong(from, vault, grant, [...references], names);
}

/** One row as the doors get it. */
export function released(
  { row }: Opened,
  version: FhirVersion,
  hidden: ReadonlySet<string>,
): ReleasedResource {
  const lying = hidden.size === 0 ? lyingForm(row, version) : undefined;
  return {
    type: row.type,
    id: row.id,
    version: row.version,
    updated: row.updated,
    deleted: row.deleted,
    custodian: row.custodian,
    ...(lying ? { lying } : {}),
    // Read as JSON only for whoever looks into it.
    get resource() {
      const form = inForm(row, version);
      return form ? dropReferences(form, version, hidden) : { resourceType: row.type };
    },
  };
}
