/**
 * The one way out of the record: decide, fetch what the decision covers, write it down, hand over.
 * consent.md section 7; architecture D6. The reason of a refusal is for the ledger and the patient;
 * whoever asks gets what is not withheld, or "not found".
 */
import { randomUUID } from 'node:crypto';
import type { LedgerEvent } from '../audit/index.ts';
import type { SearchQuery } from '../conformance/index.ts';
import { type AccessRequest, searchDigest } from '../permission/index.ts';
import type { Problem } from '../platform/problem.ts';
import { decided, type ReleaseParts } from './decided.ts';
import { describeQuery } from './describe-query.ts';
import { locatePatient } from './locate-patient.ts';
import { createLooks } from './look.ts';
import { numberTrail } from './number-trail.ts';
import { searchWithProvenance } from './provenance/search-with-provenance.ts';
import { createFetchCurrent } from './release-current.ts';
import { disclosure, refusal } from './release-event.ts';
import { releaseOne } from './release-one.ts';
import type { ReadQuestion } from './release-read.ts';
import type { ReleasedResource, SearchAnswer } from './released-resource.ts';
import { hiddenFrom, released } from './released-rows.ts';
import { banded } from './time-band.ts';
import { wholeOnes } from './whole-ones.ts';

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
  /** Writes down that something was asked that this door does not do (audit.md section 2). */
  refused(
    access: AccessRequest,
    vault: string | undefined,
    question: string,
    problem: Problem,
    action: LedgerEvent['action'],
  ): Promise<void>;
}

/** Everything that leaves the record leaves through this. */
export function createRelease(parts: ReleaseParts): Release {
  const current = createFetchCurrent();
  const begin = createLooks(parts);
  return {
    search(access, vault, question) {
      const look = begin(access);
      return banded(
        access,
        () => search(look.parts, access, vault, question),
        ({ matches }) => matches.length === 0,
        { elsewhere: parts.register, look },
      );
    },
    read(access, vault, question) {
      const look = begin(access);
      return banded(
        access,
        () => releaseOne({ ...look.parts, current }, access, vault, question),
        (found) => found === undefined,
        { elsewhere: parts.register, look },
      );
    },
    async refused(access, vault, question, problem, action) {
      await parts.ledger.record([refusal(access, vault, question, problem, action)]);
    },
  };
}

async function search(
  parts: ReleaseParts,
  visitor: AccessRequest,
  tokenVault: string | undefined,
  question: SearchQuestion,
): Promise<SearchAnswer> {
  const at = parts.clock();
  const cursor =
    question.cursor === undefined
      ? undefined
      : parts.cursors.open(question.cursor, visitor.client, addressOf(question), at);
  const params = cursor?.params ?? question.params;
  const query = question.parse(params);
  const access = underTask(visitor, question.path, params, query);
  const vault = tokenVault ?? (await locatePatient(parts.store, parts.database, query));
  const page = {
    size: Math.min(query.count ?? question.pageSizeDefault, question.pageSizeMax),
    isGiven: true,
    ...(cursor ? { after: cursor.after, skipped: cursor.skipped } : {}),
  };
  const { grant, found } = await decided(parts, access, vault, question.path, async (id, grant) => {
    const found = await searchWithProvenance(parts, id, grant, query, page);
    if (found === 'moved') return found;
    const ones = [...found.matches, ...found.included];
    const where = { vault: id, epoch: grant.epoch, asOf: found.mark };
    const whole = await wholeOnes(parts, where, ones);
    if (whole === 'moved') return whole;
    const matches = whole.slice(0, found.matches.length);
    const answer = { ...found, matches, included: whole.slice(matches.length) };
    // What only this search may give is known by its name only where this search gives it.
    const named = access.search ? await parts.grantFor(visitor, id, at) : grant;
    if (named.epoch !== grant.epoch) return 'moved';
    const hidden = await hiddenFrom(parts, id, named, whole, query.version, answer.mark);
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
      query: describeQuery(toldOf(question), query),
      answer: id,
      trail: numberTrail(parts.ledger, access, query),
    }),
  ]);
  return {
    id,
    at,
    query,
    matches: found.matches.map((one) => released(one, query.version, found.hidden, access)),
    included: found.included.map((one) => released(one, query.version, found.hidden, access)),
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

/** A referral lists searches; a parameter that was left out makes it another search. */
function underTask(
  access: AccessRequest,
  path: string,
  params: SearchQuestion['params'],
  { ignored }: SearchQuery,
): AccessRequest {
  if (access.task === undefined || ignored.length > 0) return access;
  const search = searchDigest(path, params);
  return search === undefined ? access : { ...access, search };
}

/** What was asked in the ledger's words: without the id of a person, and never without any. */
function toldOf({ path }: SearchQuestion): string {
  return path === '' ? '_search' : path.replace(/^([A-Z]\w+)\/[^/]+\/(?=[A-Z*])/, '$1/');
}

const addressOf = ({ base, path }: SearchQuestion): string => `${base}/${path}`;
