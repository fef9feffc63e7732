/**
 * The 24 tests of the audit reference (section 12) and which of ours answers each. A test that is
 * named here has to exist under that name; `npm test` runs it. What is no test file says what it is.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ReferenceTest {
  readonly number: number;
  readonly what: string;
  /** File, and words of the name of each test in it. */
  readonly ours: readonly (readonly [file: string, ...names: string[]])[];
  /** Why nothing of ours answers it. */
  readonly open?: string;
}

const row = (
  number: number,
  what: string,
  ...ours: (readonly [file: string, ...names: string[]])[]
): ReferenceTest => ({ number, what, ours });

const JOURNEYS = 'test/journeys';
const ACTS = `${JOURNEYS}/every-act-is-a-line.test.ts`;
const SEARCHES = `${JOURNEYS}/lines-of-a-search.test.ts`;
const NO_LINE = `${JOURNEYS}/no-line-no-data.test.ts`;
const VERIFY = 'test/audit/verify.test.ts';

export const REFERENCE_TESTS: readonly ReferenceTest[] = [
  row(1, 'each interaction, each door, done and refused', [
    ACTS,
    'a partner: %s',
    'a sender: %s',
    'an app: %s',
    'who asks for the log',
  ]),
  row(
    2,
    'all lines against profiles',
    ['test/audit/audit-event.test.ts', 'a profile'],
    ['scripts/conformance/audit-profile.ts', 'openProfiles'],
  ),
  row(
    3,
    'kill -9 around the answer',
    ['test/audit/numbering.test.ts', 'when the gateway dies first'],
    ['scripts/crash.ts', 'SIGKILL'],
  ),
  row(4, 'ledger database read-only', [NO_LINE, 'nothing leaves by any door']),
  row(
    5,
    '200 parallel writers of lines',
    ['test/audit/numbering.test.ts', 'gives callers side by side one number each'],
    [`${JOURNEYS}/two-gateways.test.ts`, 'write one ledger without a gap'],
  ),
  row(
    6,
    'change, swap, delete, insert',
    [VERIFY, 'names %s', 'two records that changed places', 'put in by another hand'],
    ['test/audit/export.test.ts', 'names the first bad entry of %s'],
    ['test/audit/witness.test.ts', 'cosigns a head that extends the last'],
  ),
  row(7, 'backup of yesterday', [VERIFY, 'keeps the gateway from opening until somebody says']),
  row(8, 'Merkle vectors', ['scripts/conformance/audit.ts', 'merkleVectors']),
  row(9, 'canaries', [SEARCHES, 'of a request stand in no log and no line']),
  row(10, 'three of four shown', [SEARCHES, 'names the three, counts the one']),
  row(11, 'two patients', [SEARCHES, 'never stand in one line']),
  row(12, 'twelve pages', [SEARCHES, 'is a line for each page']),
  row(
    13,
    'break-glass',
    ['test/consent/emergency.test.ts', 'the person is told with the reason'],
    ['test/insight/access-reviews.test.ts', 'is one item for each time box'],
    ['test/audit/audit-event.test.ts', 'shows the emergency as BTG'],
  ),
  row(
    14,
    'representative, and the person afterwards',
    ['test/web/person/whole-log.test.ts', 'shows that somebody looked on behalf'],
    ['test/medmij/representation.test.ts', 'representative'],
  ),
  row(15, "a partner's own log times out", [
    'test/insight/partner-logs.test.ts',
    'are shown as far as they answer in time',
  ]),
  row(16, 'retention with hold', [
    'test/audit/retention.test.ts',
    'is there a day before five years, and gone a day after',
    'stays as long as a hold keeps it',
  ]),
  row(17, 'two classes of one act', [
    'test/audit/retention.test.ts',
    'go each by its own class: 36 months',
  ]),
  row(18, 'formula in CSV', ['test/web/auditor-questions.test.ts', 'guard formulas']),
  row(
    19,
    'log without reason, role, or of oneself',
    ['test/web/auditor-questions.test.ts', 'is not asked before a reason is given'],
    ['test/web/pages.test.ts', 'is let in with the right role only'],
    ['test/insight/known-files.test.ts', 'is flagged for lines about the own acts'],
  ),
  row(20, 'clock set back', ['test/audit/numbering.test.ts', 'never goes back in time']),
  row(21, 'anomaly scenarios', ['scripts/conformance/audit-anomalies.ts', 'rulesRaised']),
  row(22, 'burst of 10,000 a second', [NO_LINE, 'every line that was acknowledged is there']),
  row(
    23,
    'split view',
    ['test/audit/export-at-size.test.ts', 'of two histories are a split view'],
    [VERIFY, 'the history is another one'],
  ),
  row(
    24,
    'twenty questions at size',
    ['scripts/bench-ledger.ts', '--copies'],
    ['test/audit/search-windows.test.ts', 'hold what was refused'],
  ),
];

/** What is named and is not there (any more). @param root of the repository. */
export function missingTests(root: string, { ours }: ReferenceTest): string[] {
  return ours.flatMap(([file, ...names]) => {
    const path = join(root, file);
    if (!existsSync(path)) return [`${file} is not there`];
    const source = readFileSync(path, 'utf8');
    return names.flatMap((name) => (source.includes(name) ? [] : [`${file} has no "${name}"`]));
  });
}
