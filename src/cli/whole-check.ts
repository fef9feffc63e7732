/**
 * All that `db:check` looks at, room by room, and what it leaves alone and why: whoever checks us
 * sees that a table was thought of. audit.md 6.3.
 */
import {
  guardFindings,
  type LedgerEntry,
  openLedger,
  toldRows,
  unfoundRows,
} from '../audit/index.ts';
import { checkEvidence, createCareRelations, TOLD_NOTICES } from '../consent/index.ts';
import { createOrganisations, type Keyring } from '../identity/index.ts';
import {
  checkStore,
  createDeliveries,
  deliveryFindings,
  TOLD_SHARES,
  toldCheck,
} from '../ingest/index.ts';
import { caseCheck, figureCheck, runCheck } from '../insight/index.ts';
import { TOLD_SUBSCRIPTIONS, toestemmingCheck } from '../medmij/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { createStore } from '../store/index.ts';

/**
 * Tables of which `db:check` looks at no row, with what a changed or missing one does. A test says
 * that every other table is looked at.
 */
export const LEFT_ALONE: Readonly<Record<string, string>> = {
  client_jti: 'Each gateway remembers by itself what it accepted (1320).',
  export_chunk: 'Sealed; a copy that somebody asked for, and can ask for again.',
  export_job: 'A copy that somebody asked for, and can ask for again; what left has its line.',
  figure_count: 'Sealed; a count of this day that is made again.',
  medmij_chain_event:
    'Copies for MedMij without persons; each access has its own line, and 7 days after delivery ' +
    'they go. What was taken out before it was sent is missing there, not here.',
  medmij_list: 'Public lists, signed by their maker or fetched again within the hour.',
  medmij_notification: 'Says only that there may be something new; an app that asks sees it.',
  patient_group: 'Who a partner listed; each is decided anew when they are asked for.',
  retraction: 'A search of half a minute for readers; the notices that come of it are looked at.',
  review_fact: 'Sealed; what an organisation tells of itself, each change has its line.',
  schema_migration: 'What the migrations made is looked at itself, among the guards.',
  sealed_state:
    'Bound by a key: one that is changed or put in lets nobody in. One that is taken out ends a ' +
    'session or token sooner; a spent token is then unknown rather than used twice.',
  share_window: 'Whether a provider takes what people send: the door says so to each of them.',
  shared_notice: 'Tells a system of what it was sent; what was sent is looked at.',
  source_coverage: 'Counts of how well a source fills its elements; nothing is decided on them.',
  source_state: 'Whether a source answers: asked again each minute, and said again by it.',
  study_key: 'Sealed; another key gives other pseudonyms, and leads to nobody.',
  study_notice: 'Goes when it was told; its line stays.',
  study_run: 'Sealed; which collections of a study there were, each has its line.',
  unknown_code: 'A list of work for a source; what waits because of a code is looked at.',
  vault_merge:
    'How two records that were joined come apart again; both have a line that they were joined.',
  vault_change:
    'Says when what a gateway remembers is old, by who wrote it last: that cannot be set back.',
};

export interface CheckedPart {
  /** What was looked at, and how much of it. */
  readonly name: string;
  readonly findings: readonly { readonly fault: string }[];
  /** There are more than are listed. */
  readonly more?: boolean;
}

export interface CheckParts {
  readonly database: Database;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly progress: (vaults: number, total: number) => void;
}

/**
 * Reads the whole store and every line of the ledger; changes nothing. While the gateway works, a
 * row may be read that is younger than the lines: what is found is looked for again, and only what
 * is there both times counts.
 * @returns a part for each kind of thing, with what is not as it should be
 */
export async function checkWhole(parts: CheckParts): Promise<readonly CheckedPart[]> {
  const first = await checkOnce(parts);
  if (first.every(({ findings }) => findings.length === 0)) return first;
  const known = new Set(first.flatMap(({ findings }) => findings.map(nameOf)));
  const again = await checkOnce(parts);
  return again.map((one) => ({
    ...one,
    findings: one.findings.filter((finding) => known.has(nameOf(finding))),
  }));
}

/** Without the number of the line: a later one may tell of the same. */
const nameOf = (finding: object): string => JSON.stringify({ ...finding, seq: undefined });

async function checkOnce(parts: CheckParts): Promise<readonly CheckedPart[]> {
  const { database, keyring, clock, progress } = parts;
  const store = createStore({ keyring, clock });
  const rows = await checkStore(store, database, progress);
  const ledger = await openLedger({ database, keyring, clock });
  const organisations = createOrganisations(database);
  const relations = createCareRelations({ store, organisations, clock });
  const came = toldCheck(database, store);
  const apps = toestemmingCheck(database, (id) => ledger.pseudonymOf(id), clock());
  const cases = caseCheck(database, store, clock());
  const runs = runCheck(database, clock());
  const tables = [...TOLD_NOTICES, TOLD_SHARES, TOLD_SUBSCRIPTIONS];
  const notices = toldRows(database, tables, clock());
  const figures = figureCheck(database);
  const hear = async (line: LedgerEntry) => {
    apps.hear(line);
    cases.hear(line);
    runs.hear(line);
    notices.hear(line);
    figures.hear(line);
    await came.hear(line);
  };
  const evidence = await checkEvidence(
    { sql: database, store, ledger, relationsOff: relations.off, hear },
    clock(),
  ).finally(() => ledger.close());
  const guards = (await guardFindings(database)).map((text) => ({ fault: 'guard', text }));
  const unfound = (await unfoundRows(database)).map((text) => ({ fault: 'index', text }));
  return [
    { name: 'What guards the tables', findings: guards },
    { name: 'Rows that an index leads to', findings: unfound },
    {
      name:
        `${evidence.choices} versions of choices, ${evidence.receipts} receipts, ` +
        `${evidence.relations} of care relations`,
      findings: evidence.findings,
    },
    { name: 'What the ledger tells that came in', findings: await came.findings() },
    {
      name: 'Deliveries, their keys and what waits',
      findings: await deliveryFindings(database, createDeliveries(store, keyring)),
    },
    { name: 'Consents for apps', findings: await apps.findings() },
    { name: 'Questions, cases and accesses to be looked at', findings: await cases.findings() },
    { name: 'Notices, subscriptions and what people sent', findings: await notices.findings() },
    { name: 'What was told of numbers', findings: await figures.findings() },
    { name: 'Periods that the detectors looked at', findings: await runs.findings() },
    {
      name:
        `${rows.vaults} vaults, ${rows.resources} resources, ${rows.olderVersions} older ` +
        `versions, ${rows.originals} originals`,
      findings: rows.findings,
      more: rows.more,
    },
  ];
}
