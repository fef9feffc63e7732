/**
 * The one way out of the record: decide, fetch what the decision covers, write it down, hand over.
 * consent.md section 7; architecture D6. The reason of a refusal is for the ledger and the patient;
 * whoever asks gets what is not withheld, or "not found".
 */
import { randomUUID } from 'node:crypto';
import type { Ledger } from '../audit/index.ts';
import type { FhirVersion, SearchQuery } from '../conformance/index.ts';
import { r4TypeOf } from '../conformance/index.ts';
import type { AccessRequest, Grant } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';
import { locatePatient } from './locate-patient.ts';
import type { PageCursors } from './page-cursor.ts';
import { disclosure, refusal } from './release-event.ts';
import { inForm } from './release-form.ts';
import { fetchOne, type ReadQuestion, verdictOn } from './release-read.ts';
import { searchVault } from './release-search.ts';
import type { ReleasedResource, SearchAnswer } from './released-resource.ts';
import type { Opened } from './search-pool.ts';
import { withheldTargets, withoutReferences } from './withheld-references.ts';

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
  readonly ledger: Ledger;
  readonly cursors: PageCursors;
  readonly clock: Clock;
  /** Decides for one request on one vault; throws the Problems of step 0. */
  grantFor(access: AccessRequest, vault: string, at: Date): Promise<Grant>;
}

/** How often a decision is made again when the patient's choices change during a request. */
const DECIDE_AGAIN_MAX = 4;

/** Stands for people nobody knows here, so that a question about them takes the same way. */
export const NOBODY = '00000000-0000-4000-8000-000000000000';

/** Everything that leaves the record leaves through this. */
export function createRelease(parts: ReleaseParts): Release {
  return {
    search: (access, vault, question) => search(parts, access, vault, question),
    read: (access, vault, question) => read(parts, access, vault, question),
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
      const grant = await parts.grantFor(access, vault ?? NOBODY, parts.clock());
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
  parts: ReleaseParts,
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
    const one = await fetchOne(parts, id, grant, where, question);
    if (one === 'moved') return one;
    const verdict = one && verdictOn(grant, one);
    const shown = one && verdict?.permit ? { row: one.row, verdict } : undefined;
    const hidden = await hiddenFrom(parts, id, grant, shown ? [shown] : [], question.version);
    if (hidden === 'moved') return hidden;
    const refused = one && verdict && !verdict.permit;
    const withheld = refused ? [{ reason: verdict.reason, custodian: one.row.custodian }] : [];
    return { shown, hidden, withheld };
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

/** References that lead from the shown to the withheld. */
export function hiddenFrom(
  parts: ReleaseParts,
  vault: string,
  grant: Grant,
  shown: readonly Opened[],
  version: FhirVersion,
): Promise<ReadonlySet<string> | 'moved'> {
  const forms = shown.flatMap(({ row }) => inForm(row, version) ?? []);
  const names = new Set(forms.map((form) => `${form.resourceType}/${form.id ?? ''}`));
  return withheldTargets({ store: parts.store, sql: parts.database }, vault, grant, forms, names);
}

/** One row as the doors get it. */
export function released(
  { row }: Opened,
  version: FhirVersion,
  hidden: ReadonlySet<string>,
): ReleasedResource {
  const form = inForm(row, version);
  const resource = form && withoutReferences(form, hidden);
  return {
    type: row.type,
    id: row.id,
    version: row.version,
    updated: row.updated,
    deleted: row.deleted,
    custodian: row.custodian,
    resource: resource ?? { resourceType: row.type },
  };
}

/**
 * Parameter names, and values of coded parameters only: the ledger holds no free text of searches.
 */
function describeQuery(path: string, query: SearchQuery): string {
  const names = query.processed.map(([name, value]) =>
    CODED.test(name) ? `${name}=${value}` : name,
  );
  return names.length > 0 ? `${path}?${names.join('&')}`.slice(0, 300) : path;
}

const CODED = /^(category|code|class|status|type|_include|_revinclude)(:|$)/;
