/**
 * Choices, receipts, mandates and care relations against what the ledger tells of them: a row that
 * was changed, taken out, put back or put in past the gateway is named. Each save is one line, with
 * the versions it made and the digest of what they say; the receipt says the same under the
 * person's evidence key. consent.md 14, audit.md 6.3. Findings name rows, never what they say.
 */
import { createHash } from 'node:crypto';
import type { Ledger, LedgerEntry } from '../audit/index.ts';
import { type RegistryDigest, registryChanges, registryDigest } from '../identity/index.ts';
import { canonical, digestOf } from '../permission/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import type { Store } from '../store/index.ts';
import { actingTold } from './check-acting.ts';
import { type EpochsTold, epochsTold } from './check-epoch.ts';
import { registerTold } from './check-register.ts';
import { settingsTold } from './check-settings.ts';
import { isClosing, passOverClosed } from './closed-since.ts';
import type { VaultEvidence } from './evidence.ts';
import { type CheckedChoice, type CheckedReceipt, openEvidence } from './evidence-rows.ts';

export interface EvidenceFinding {
  readonly fault:
    | 'choice'
    | 'receipt'
    | 'relation'
    | 'context'
    | 'vault'
    | 'ledger'
    | 'registry'
    | 'mandate'
    | 'representative'
    | 'setting'
    | 'register-answer';
  readonly vault?: string;
  readonly id?: string;
  readonly version?: number;
  /** Number of the line that tells otherwise. */
  readonly seq?: number;
  readonly text: string;
}

export interface EvidenceReport {
  readonly choices: number;
  readonly receipts: number;
  readonly relations: number;
  /** At most 1,000. */
  readonly findings: readonly EvidenceFinding[];
}

export interface EvidenceParts {
  readonly sql: Sql;
  readonly store: VaultEvidence & Pick<Store, 'vaultIds' | 'closedVaultIds' | 'candidates'>;
  readonly ledger: Pick<Ledger, 'lines' | 'pseudonymOf'>;
  /** What the record shows now, where it differs from what is kept. */
  readonly relationsOff: (sql: Sql, vault: string) => Promise<number>;
  /** Hears every line, for whoever else checks something against them. */
  readonly hear?: (line: LedgerEntry) => Promise<void>;
}

/** Who may ask, as a start or a change told it last. */
interface RegistryTold extends RegistryDigest {
  readonly seq: number;
}

/** One save as its line tells it. */
interface Told {
  readonly seq: number;
  readonly receipt: string;
  readonly digest: string;
  readonly versions: readonly string[];
  readonly epoch: number;
}

const PAGE = 500;
const FINDINGS_MAX = 1_000;
/** The lines of choices are kept as long (audit.md 6.4). */
const KEPT_MS = 240 * 30 * 86_400_000;

const CONTEXTS = statement(
  'consent_check_contexts',
  `select encode(digest, 'hex') as digest, content from decision_context order by digest`,
);

/** @param until now; lines after it are not looked at. */
export async function checkEvidence(parts: EvidenceParts, until: Date): Promise<EvidenceReport> {
  const findings: EvidenceFinding[] = [];
  const add = (one: EvidenceFinding) => {
    if (findings.length < FINDINGS_MAX) findings.push(one);
  };
  const told = await linesOf(parts, until);
  const { saves, closings, contexts, isWhole, registry, epochs, acting, settings, answers } = told;
  if (!isWhole) add({ fault: 'ledger', text: 'A line does not open: see `audit verify`.' });
  await checkContexts(parts.sql, contexts, add);
  await checkRegistry(parts.sql, registry, add);
  const counts = { choices: 0, receipts: 0, relations: 0 };
  let after: string | undefined;
  for (;;) {
    const ids = await parts.store.vaultIds(parts.sql, after, PAGE);
    for (const vault of ids) {
      const name = parts.ledger.pseudonymOf(vault);
      await checkVault(parts, vault, saves.get(name) ?? [], until, counts, add);
      saves.delete(name);
      if (!isWhole) continue;
      await checkEpoch(parts, vault, name, epochs, add);
      await acting.check(parts, vault, name, (one) => add({ vault, ...one }));
      await answers.check(parts, vault, name, (one) => add({ vault, ...one }));
      const setting = await settings.check(parts.sql, vault, name);
      if (setting) add({ fault: 'setting', vault, ...setting });
    }
    after = ids.at(-1);
    if (ids.length < PAGE) break;
  }
  await passOverClosed(parts, saves, closings);
  for (const [told] of saves.values()) {
    if (!told) continue;
    add({ fault: 'vault', seq: told.seq, text: 'The person of this save is not there any more.' });
  }
  return { ...counts, findings };
}

type Add = (finding: EvidenceFinding) => void;

async function checkEpoch(
  { sql, store }: EvidenceParts,
  vault: string,
  name: string,
  epochs: EpochsTold,
  add: Add,
): Promise<void> {
  if ((await store.epoch(sql, vault)) <= (await epochs.highest(sql, store, vault, name))) return;
  const text = 'The consent epoch went further than the lines about this person tell.';
  add({ fault: 'vault', vault, text });
}

async function linesOf({ ledger, hear }: EvidenceParts, until: Date) {
  const saves = new Map<string, Told[]>();
  const closings = new Set<string>();
  const contexts = new Map<string, number>();
  const epochs = epochsTold();
  const acting = actingTold();
  const settings = settingsTold();
  const answers = registerTold();
  let registry: RegistryTold | undefined;
  const lines = ledger.lines(new Date(0), until)[Symbol.asyncIterator]();
  for (;;) {
    const next = await lines.next().catch(() => undefined);
    if (!next || next.done) {
      const isWhole = next !== undefined;
      return { saves, closings, contexts, registry, epochs, acting, settings, answers, isWhole };
    }
    const { seq, record } = next.value;
    if (isClosing(record) && record.patient !== undefined) closings.add(record.patient);
    epochs.hear(record);
    acting.hear(next.value);
    settings.hear(next.value);
    answers.hear(next.value);
    await hear?.(next.value);
    const told = toldBy(seq, record);
    const { context, clients, organisations } = record.detail ?? {};
    if (clients !== undefined && organisations !== undefined) {
      registry = { seq, clients, organisations };
    }
    if (context !== undefined && !contexts.has(context)) contexts.set(context, seq);
    if (!told || record.patient === undefined) continue;
    const known = saves.get(record.patient) ?? [];
    known.push(told);
    saves.set(record.patient, known);
  }
}

function toldBy(seq: number, record: LedgerEntry['record']): Told | undefined {
  const { event, inputsHash = '', basis = [], epoch = 0, detail } = record;
  const receipt = detail?.['receipt'];
  if (event !== 'consent-change' || receipt === undefined) return undefined;
  return { seq, receipt, digest: inputsHash, versions: basis, epoch };
}

async function checkContexts(sql: Sql, told: ReadonlyMap<string, number>, add: Add): Promise<void> {
  const { rows } = await sql.query<{ digest: string; content: string }>(CONTEXTS);
  const kept = new Set(rows.map(({ digest }) => digest));
  for (const { digest, content } of rows) {
    if (createHash('sha256').update(content).digest('hex') === digest) continue;
    const seq = told.get(digest);
    add({
      ...{ fault: 'context', id: digest, text: 'What decisions shared was changed.' },
      ...(seq === undefined ? {} : { seq }),
    });
  }
  for (const [digest, seq] of told) {
    if (kept.has(digest)) continue;
    add({ fault: 'context', id: digest, seq, text: 'What this decision rested on was taken out.' });
  }
}

async function checkRegistry(sql: Sql, told: RegistryTold | undefined, add: Add): Promise<void> {
  if (!told) return;
  const now = await registryDigest(sql);
  for (const name of ['clients', 'organisations'] as const) {
    const { seq } = told;
    const changes = await registryChanges(sql, name, told[name]);
    if (now[name] === told[name]) {
      const text = `The list of ${name} behind this line is gone: a change could not be named.`;
      if (!changes) add({ fault: 'registry', id: name, seq, text });
      continue;
    }
    for (const { id, how } of changes ?? []) {
      add({ fault: 'registry', id, seq, text: `One of the ${name} was ${how} since this line.` });
    }
    if ((changes ?? []).length > 0) continue;
    const text = `The ${name} are not those that this line tells of; the list of then is gone.`;
    add({ fault: 'registry', id: name, seq, text });
  }
}

async function checkVault(
  parts: EvidenceParts,
  vault: string,
  told: readonly Told[],
  now: Date,
  counts: { choices: number; receipts: number; relations: number },
  add: Add,
): Promise<void> {
  const { sql, store } = parts;
  const epoch = await store.epoch(sql, vault);
  const found = await openEvidence({ sql, store, vault, epoch }, (finding) =>
    add({ vault, ...finding }),
  );
  counts.choices += found.choices.size;
  counts.receipts += found.receipts.size;
  counts.relations += found.relations;
  const lines = new Map(told.map((one) => [one.receipt, one]));
  for (const line of told) compareSave(line, vault, found, add);
  for (const [id, receipt] of found.receipts) {
    if (lines.has(id) || now.getTime() - receipt.recorded.getTime() > KEPT_MS) continue;
    add({ fault: 'receipt', vault, id, text: 'No line of the ledger tells of this receipt.' });
  }
  for (const choice of found.choices.values()) {
    const text = unlike(choice, found.receipts.get(choice.receipt));
    const { id, version } = choice;
    if (text !== undefined) add({ fault: 'choice', vault, id, version, text });
  }
  // Where a row does not open that was told above, or is told by the check of the store.
  if ((await parts.relationsOff(sql, vault).catch(() => 0)) > 0) {
    const text = 'Care relations are not those that the record and the directory show.';
    add({ fault: 'relation', vault, text });
  }
}

interface Found {
  readonly choices: ReadonlyMap<string, CheckedChoice>;
  readonly receipts: ReadonlyMap<string, CheckedReceipt>;
}

/** All that a line tells of must be there, and say what it said then. */
function compareSave(line: Told, vault: string, { choices, receipts }: Found, add: Add): void {
  const { seq } = line;
  const receipt = receipts.get(line.receipt);
  if (!receipt) {
    add({ fault: 'receipt', vault, id: line.receipt, seq, text: 'The receipt was taken out.' });
  } else if (receipt.digest !== line.digest || digestOf(receipt.rules) !== line.digest) {
    const text = 'The receipt says something else than its line.';
    add({ fault: 'receipt', vault, id: line.receipt, seq, text });
  }
  for (const name of line.versions) {
    const [id = '', version] = name.split('@');
    const choice = choices.get(name);
    const about = { fault: 'choice', vault, id, version: Number(version), seq } as const;
    if (!choice) add({ ...about, text: 'This version of a choice was taken out.' });
    else if (choice.epoch !== line.epoch) {
      add({ ...about, text: 'It stands under another epoch than its line tells.' });
    }
  }
}

/** @returns how a row is not the one that its receipt tells of. */
function unlike(choice: CheckedChoice, receipt: CheckedReceipt | undefined): string | undefined {
  if (!receipt) return 'It belongs to no receipt.';
  if (choice.change !== receipt.change) return 'It stands with another save than its receipt.';
  if (choice.recorded.getTime() !== receipt.recorded.getTime()) {
    return 'It was recorded at another moment than its receipt.';
  }
  const said = receipt.rules.find(
    ({ id, version }) => id === choice.id && version === choice.version,
  );
  return said && canonical(said) === canonical(choice.rule)
    ? undefined
    : 'It says something else than its receipt.';
}
