/** The twenty questions of an auditor, each asked many times about others, and timed. */
import type { Ledger, LedgerQuery } from '../../src/audit/index.ts';
import { createRandom } from '../../src/demo/region/random.ts';
import { SAVED_QUESTIONS } from '../../src/web/auditor/saved-questions.ts';
import { ledgerQuery } from '../../src/web/auditor/search-routes.ts';
import { MADE, organisationId, PLANTED, patientId, userId } from './made-events.ts';

export interface QuestionTimes {
  readonly id: string;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Answers on the first page, of all rounds together. */
  readonly lines: number;
}

/** As on the page. */
const PAGE = 50;
/** The planted facts are of this one. */
const PLANTED_AT = 0;

/** Questions that lead to another page than a search are not asked of the ledger. */
export async function askQuestions(ledger: Ledger, rounds: number): Promise<QuestionTimes[]> {
  const found: QuestionTimes[] = [];
  for (const { id, page, search } of SAVED_QUESTIONS) {
    if (page !== undefined) continue;
    const random = createRandom(`ask/${id}`);
    const times: number[] = [];
    let lines = 0;
    for (let round = 0; round < rounds; round += 1) {
      const organisation = random.int(0, MADE.organisations - 1);
      const about =
        id === 'Q1' || id === 'Q20' ? { patient: patientId(random.int(0, 60_000)) } : {};
      const by = random.int(0, 400) * MADE.organisations + organisation;
      const agent = { kind: 'professional' as const, id: userId(by % MADE.users) };
      const query = ledgerQuery(organisationId(organisation), {
        ...search,
        ...about,
        ...(id === 'Q2' ? { agent } : {}),
        ...(round % 2 === 0 ? {} : { from: '2024-06-01', until: '2024-08-31' }),
        question: id,
      });
      const started = performance.now();
      lines += (await ledger.search({ ...query, limit: PAGE })).entries.length;
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    const at = (share: number) =>
      times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
    found.push({ id, p50Ms: at(0.5), p95Ms: at(0.95), lines });
  }
  return found;
}

/**
 * @param times that each fact stands in the ledger.
 * @returns what of the planted facts was not found as it was planted.
 */
export async function missedFacts(ledger: Ledger, times: number): Promise<string[]> {
  const asked: readonly (readonly [string, Partial<LedgerQuery>, number])[] = [
    ['Q9', { event: 'client-change' }, PLANTED.settings],
    ['Q14', { event: 'merge' }, PLANTED.merges],
    ['Q19', { event: 'clock-step' }, PLANTED.clockSteps],
    ['Q15', { event: 'export' }, PLANTED.exports],
  ];
  const missed: string[] = [];
  for (const [id, more, count] of asked) {
    const organisation = organisationId(PLANTED_AT);
    let found = 0;
    let cursor: string | undefined;
    do {
      const page = await ledger.search({
        organisation,
        ...more,
        ...(cursor === undefined ? {} : { cursor }),
      });
      found += page.entries.length;
      cursor = page.next;
    } while (cursor !== undefined);
    if (found !== count * times) missed.push(`${id}: ${found} of ${count * times}`);
  }
  return missed;
}
