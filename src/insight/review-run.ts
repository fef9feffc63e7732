/**
 * The run over all lines (audit.md section 11): every line of a period is looked at once, what went
 * before it is only remembered. Where it ended is written down, so a period that nobody looked at
 * shows as a gap.
 */
import type { Ledger, LedgerEvent } from '../audit/index.ts';
import { BSN_SYSTEM } from '../conformance/index.ts';
import type { Organisations } from '../identity/index.ts';
import { type Database, type Sql, statement } from '../platform/database.ts';
import { createPace } from '../platform/pace.ts';
import type { Store } from '../store/index.ts';
import { type Access, accessOf } from './access.ts';
import type { AnomalyRules } from './anomaly-rules.ts';
import type { CaseBook } from './case-book.ts';
import { type CaseDraft, casesOf } from './cases.ts';
import { createDetectors, type Detectors, type Flag } from './detect.ts';
import { readKnownFiles } from './known-files.ts';
import {
  createKnownRelations,
  type KnownRelations,
  type RelationFacts,
} from './known-relations.ts';
import { type KnownText, WrongFile } from './known-text.ts';
import { NOTHING_KNOWN, type Surroundings } from './surroundings.ts';

const LAST = statement(
  'insight_last_run',
  'select max(until) as until from review_run where finished is not null and until <= $1',
);
/**
 * A run that ended in time to come is nobody's: with it, nothing would be looked at until then.
 * `db:check` names it.
 */
const RUNS = statement(
  'insight_runs',
  `select since, until, lines, flags, finished from review_run
    where finished is not null and until <= $2 order by until desc, since desc limit $1`,
);
/** Whoever claims a period looks at it; a claim that was never finished can be taken over. */
const CLAIM = statement(
  'insight_claim_run',
  `insert into review_run (since, until, claimed) values ($1, $2, $3)
   on conflict (since) do update set until = excluded.until, claimed = excluded.claimed
    where review_run.finished is null and review_run.claimed < $4`,
);
const FINISH = statement(
  'insight_finish_run',
  `update review_run set lines = $3, flags = $4, finished = $5
    where since = $1 and claimed = $2`,
);

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** What a rule may look back on: the longest is the silence of AN-13. */
const LOOKBACK_MS = 61 * DAY_MS;
/** A run that takes longer has broken off. */
const CLAIM_MS_MAX = 30 * 60_000;
/** Before any line. */
const BEGINNING = new Date('2020-01-01T00:00:00Z');
const FLAGS_MAX = 100_000;
/**
 * Nobody waits for a run, and everybody for the gateway: it works for a sixth of the time, and less
 * in the first minutes while the gateway is busy.
 */
const PACE = { workMs: 2, restMs: 10, restMsMax: 160, yieldMsMax: 5 * 60_000 } as const;

export interface ReviewRun {
  readonly since: Date;
  readonly until: Date;
  readonly lines: number;
  readonly flags: number;
  readonly finished: Date;
}

export interface ReviewRunParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly organisations: Organisations;
  readonly relations: RelationFacts;
  readonly rules: AnomalyRules;
  readonly cases: CaseBook;
  /** Folder with what an installation knows beside the ledger: rosters, watched records, staff. */
  readonly knownDir?: string;
  /** What organisations told of themselves. */
  readonly told?: () => Promise<readonly KnownText[]>;
  /** Told where these files are wrong: the run goes on with what was read before. */
  readonly wrong?: (error: unknown, place: string | undefined) => void;
}

export interface Reviewer {
  /**
   * Looks at everything numbered since the last run.
   * @returns what the run did; undefined when another gateway is at it, or looked up to this very
   *   moment.
   */
  until(until: Date): Promise<ReviewRun | undefined>;
}

/**
 * One for each gateway: it remembers what went before, so that only the first run looks back. What
 * another gateway looked at meanwhile is remembered too, and not raised again.
 */
export function createReviewer(parts: ReviewRunParts): Reviewer {
  const { database, store, ledger, rules } = parts;
  const relations = createKnownRelations({ store, ledger, relations: parts.relations });
  const surroundings = surroundingsOf(relations, rules);
  let detectors = createDetectors(rules, surroundings);
  let seen: Date | undefined;

  /** What it remembers is of lines whose flags were never raised: the next run looks back again. */
  function startAgain(): void {
    detectors = createDetectors(rules, surroundings);
    seen = undefined;
  }

  return {
    async until(until) {
      const { rows } = await database.query<{ until: Date | null }>({ ...LAST, values: [until] });
      const since = rows[0]?.until ?? (await firstLine(ledger, until));
      // A run of no time would be where each later one begins, and none could claim that again.
      if (since >= until) return undefined;
      const claimed = new Date();
      const stale = new Date(claimed.getTime() - CLAIM_MS_MAX);
      const claim = await database.query({ ...CLAIM, values: [since, until, claimed, stale] });
      if (claim.rowCount !== 1) return undefined;
      relations.forget();
      Object.assign(surroundings, await knownNow(parts, relations));
      try {
        const from = seen ?? new Date(Math.max(BEGINNING.getTime(), since.getTime() - LOOKBACK_MS));
        const known = { ...parts, known: relations, detectors };
        const { flags, lines } = await lookAt(known, from, since, until);
        await raiseAll(parts, casesOf(flags));
        seen = until;
        const run = { since, until, lines, flags: flags.length, finished: new Date() };
        await finish(parts, claimed, run);
        return run;
      } catch (error) {
        startAgain();
        throw error;
      }
    },
  };
}

/** What was looked at stands in the ledger too: a period that is made to look done is named. */
async function finish(
  { database, ledger }: Pick<ReviewRunParts, 'database' | 'ledger'>,
  claimed: Date,
  run: ReviewRun,
): Promise<void> {
  const { since, until, lines, flags, finished } = run;
  const pending = await database.transaction(async (tx) => {
    const values = [since, claimed, lines, flags, finished];
    // Somebody took it over, and looks at it again.
    if ((await tx.query({ ...FINISH, values })).rowCount !== 1) return undefined;
    return ledger.write(tx, {
      ...{ class: 'security', event: 'review-run', action: 'E', outcome: 0, door: 'insight' },
      agent: { kind: 'system', id: 'review' },
      counts: { lines, flags },
      detail: { since: since.toISOString(), until: until.toISOString() },
    });
  });
  if (pending) await ledger.numbered([pending]);
}

/** Where the first run begins: with the first line that there is. */
async function firstLine(ledger: Ledger, until: Date): Promise<Date> {
  for await (const { recorded } of ledger.lines(BEGINNING, until)) return new Date(recorded);
  return BEGINNING;
}

/** What is known now; where a file is wrong nothing changes. */
async function knownNow(
  { database, store, ledger, organisations, knownDir, told, wrong }: ReviewRunParts,
  relations: KnownRelations,
): Promise<Partial<Surroundings>> {
  try {
    return await readKnownFiles({
      ...(knownDir === undefined ? {} : { folder: knownDir }),
      told: (await told?.()) ?? [],
      organisations: await organisations.all(),
      marksOf: relations.marksOf,
      async pseudonymOf(bsn) {
        const vault = await store.findVault(database, { system: BSN_SYSTEM, value: bsn });
        return vault === undefined ? undefined : ledger.pseudonymOf(vault);
      },
    });
  } catch (error) {
    wrong?.(error, error instanceof WrongFile ? error.place : undefined);
    return {};
  }
}

/** The last runs up to this moment, newest first. */
export async function reviewRuns(sql: Sql, limit: number, until: Date): Promise<ReviewRun[]> {
  const { rows } = await sql.query<{
    since: Date;
    until: Date;
    lines: string;
    flags: string;
    finished: Date;
  }>({ ...RUNS, values: [limit, until] });
  return rows.map((row) => ({ ...row, lines: Number(row.lines), flags: Number(row.flags) }));
}

async function lookAt(
  parts: ReviewRunParts & { readonly known: KnownRelations; readonly detectors: Detectors },
  from: Date,
  since: Date,
  until: Date,
): Promise<{ flags: Flag[]; lines: number }> {
  const { database, ledger, known, detectors } = parts;
  const all = await parts.organisations.all();
  const kinds = new Map(all.map(({ id, category }) => [id, category as string]));
  const flags: Flag[] = [];
  let lines = 0;
  const pace = createPace(PACE);
  for await (const entry of ledger.lines(from, until)) {
    const rest = pace.step();
    if (rest) await rest;
    const isNew = Date.parse(entry.recorded) >= since.getTime();
    if (isNew) lines += 1;
    const access = accessOf(entry, (organisation) => kinds.get(organisation));
    if (!access) continue;
    if (access.patient !== undefined && isNew) await known.prepare(database, access.patient);
    const found = detectors.see(access);
    if (isNew && flags.length < FLAGS_MAX) flags.push(...found);
  }
  return { flags, lines };
}

/** Relations and visits are facts of the record; the rest is what the installation knows. */
function surroundingsOf(relations: KnownRelations, rules: AnomalyRules): Surroundings {
  const around = (at: Date, beforeMs: number, afterMs: number) =>
    [new Date(at.getTime() - beforeMs), new Date(at.getTime() + afterMs)] as const;
  const known: Surroundings = {
    ...NOTHING_KNOWN,
    hasRelation({ patient, organisation, at }: Access) {
      if (patient === undefined || organisation === undefined) return undefined;
      const { daysBefore = 90, daysAfter = 30 } = rules.byId.get('AN-01') ?? {};
      const [from, to] = around(at, daysBefore * DAY_MS, daysAfter * DAY_MS);
      const found = relations.between(patient, organisation, from, to);
      return found === false ? known.wasTreated(patient, organisation, from, to) : found;
    },
    hadVisit(patient, at, hours) {
      const [from, to] = around(at, hours * HOUR_MS, hours * HOUR_MS);
      return relations.visitBetween(patient, from, to);
    },
  };
  return known;
}

async function raiseAll(parts: ReviewRunParts, drafts: readonly CaseDraft[]): Promise<void> {
  for (const draft of drafts) {
    const pending = await parts.database.transaction(async (tx) => {
      const { id, added, isNew } = await parts.cases.raise(tx, draft);
      if (added === 0) return undefined;
      return parts.ledger.write(tx, raised(draft, id, added, isNew));
    });
    if (pending) await parts.ledger.numbered([pending]);
  }
}

function raised(draft: CaseDraft, id: string, added: number, isNew: boolean): LedgerEvent {
  const rules = [...new Set(draft.flags.map(({ rule }) => rule))].sort();
  return {
    class: 'security',
    event: isNew ? 'anomaly-raised' : 'anomaly-grown',
    action: 'E',
    outcome: 0,
    agent: { kind: 'system', id: 'review' },
    holders: [draft.holder],
    counts: { flags: added },
    door: 'insight',
    detail: { case: id, rules: rules.join(' ') },
  };
}
