/**
 * A person's choices: listed, saved as a set, withdrawn. A save writes the versions, raises the
 * consent epoch and writes the ledger in one transaction, so it counts from the next decision on,
 * on every instance. consent.md sections 10.3 and 14. Just over 300 lines: the save and what it
 * checks are read together.
 */

import { randomUUID } from 'node:crypto';
import type { Ledger, LedgerEvent, Numbered } from '../audit/index.ts';
import {
  type ConsentRule,
  digestOf,
  isSamePerformer,
  type PatientFacts,
} from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Database, type Sql, statement, type Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { requireAuthority, withoutOther } from './authority-to-choose.ts';
import type { Choice, ChoiceAct, ChoiceChange, Choices, KeptChoice, NewRule } from './choice.ts';
import type { ChoiceNotices } from './choice-notice/choice-notices.ts';
import { type EvidenceSeal, evidenceSeal, type VaultEvidence } from './evidence.ts';
import { raiseEpoch } from './newest-epoch.ts';
import { type Receipt, receiptOf } from './receipt.ts';

const LATEST = statement(
  'consent_latest_choices',
  `select distinct on (id) id, version, change, epoch, recorded, sealed
     from choice where vault = $1 and epoch <= $2
    order by id, version desc`,
);
const VERSIONS = statement(
  'consent_choice_versions',
  `select id, version, change, epoch, recorded, sealed
     from choice where vault = $1 order by change, id, version`,
);
const LAST_CHANGE = statement(
  'consent_last_change',
  'select coalesce(max(change), 0)::integer as change from choice where vault = $1',
);
const ADD = statement(
  'consent_add_choice',
  `insert into choice (vault, id, version, change, epoch, recorded, sealed)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);
const ADD_RECEIPT = statement(
  'consent_add_receipt',
  'insert into choice_receipt (vault, id, change, recorded, sealed) values ($1, $2, $3, $4, $5)',
);
const RECEIPT = statement(
  'consent_receipt',
  'select sealed from choice_receipt where vault = $1 and id = $2',
);

/** A save holds the vault's row; a person who makes more choices than this makes them in turns. */
const CHOICE_LIMITS = {
  changesPerSaveMax: 200,
  choicesPerVaultMax: 5_000,
} as const satisfies Record<string, number>;

interface ChoiceRow {
  readonly id: string;
  readonly version: number;
  readonly change: number;
  readonly epoch: number;
  readonly recorded: Date;
  readonly sealed: Buffer;
}

export interface Saved extends Choices {
  readonly receipt: Receipt;
  /** Where it stands in the ledger. */
  readonly ledger: readonly Numbered[];
}

interface SavedAbout {
  readonly change?: number;
  readonly patient: PatientFacts;
  readonly closed?: boolean;
}

export interface ChoiceBook {
  list(vault: string): Promise<Choices>;
  /** Rules as they stood under an epoch, for a decision now or one made again. */
  rulesAt(sql: Sql, vault: string, epoch: number): Promise<readonly ConsentRule[]>;
  /** Every version there ever was, in the order of the saves. */
  history(vault: string): Promise<readonly Choice[]>;
  /**
   * @param change the save that the page was made from; a later one in between is a `conflict`.
   * @param closed the record went into another one and comes out of it again.
   * @throws Problem `conflict`, `forbidden` (no authority at this age), `unprocessable`,
   * `not-found`: also for a record that was erased or merged since it was looked up.
   */
  save(
    vault: string,
    changes: readonly ChoiceChange[],
    act: ChoiceAct,
    about: SavedAbout,
  ): Promise<Saved>;
  receipt(vault: string, id: string): Promise<Receipt>;
}

export interface ChoiceParts {
  readonly database: Database;
  readonly store: VaultEvidence;
  readonly ledger: Pick<Ledger, 'write' | 'numbered'>;
  readonly clock: Clock;
  /** Tells sources that want to know. */
  readonly notices?: Pick<ChoiceNotices, 'note' | 'soon'> | undefined;
  /** Hears whose choices changed, after the commit. */
  readonly changed?: (vault: string) => void;
}

export function createChoices(parts: ChoiceParts): ChoiceBook {
  const { database, store } = parts;
  return {
    async list(vault) {
      const epoch = await store.epoch(database, vault);
      const { choices, ...at } = await listAt(parts, database, vault, epoch);
      // Whether quiet mode is on is told on its own page only.
      return { ...at, choices: choices.filter(({ rule }) => !rule.quiet) };
    },
    async rulesAt(sql, vault, epoch) {
      const { choices } = await listAt(parts, sql, vault, epoch);
      return choices.map(({ rule }) => rule);
    },
    async history(vault) {
      const { rows } = await database.query<ChoiceRow>({ ...VERSIONS, values: [vault] });
      return openRows(parts, database, vault, rows);
    },
    save: (vault, changes, act, about) => save(parts, vault, changes, act, about),
    async receipt(vault, id) {
      const { rows } = await database.query<{ sealed: Buffer }>({
        ...RECEIPT,
        values: [vault, id],
      });
      if (!rows[0]) throw new Problem('not-found', 'There is no such receipt.');
      const seal = await evidenceSeal(store, database, vault, 'choices');
      return seal.unseal<Receipt>(`receipt|${id}`, rows[0].sealed);
    },
  };
}

async function listAt(
  parts: ChoiceParts,
  sql: Sql,
  vault: string,
  epoch: number,
): Promise<Choices> {
  const { rows } = await sql.query<ChoiceRow>({ ...LATEST, values: [vault, epoch] });
  const choices = await openRows(parts, sql, vault, rows);
  choices.sort((a, b) => a.change - b.change || (a.rule.id < b.rule.id ? -1 : 1));
  return { change: Math.max(0, ...choices.map(({ change }) => change)), epoch, choices };
}

/** Somebody without choices and nobody at all take the same way: no key is asked for. */
async function openRows(
  { store }: ChoiceParts,
  sql: Sql,
  vault: string,
  rows: readonly ChoiceRow[],
): Promise<Choice[]> {
  if (rows.length === 0) return [];
  const seal = await evidenceSeal(store, sql, vault, 'choices');
  return rows.map((row) => {
    const { id, version, change, epoch, recorded } = row;
    const kept = seal.unseal<KeptChoice>(contextOf(row), row.sealed);
    return { ...kept, rule: { ...kept.rule, id, version }, change, epoch, recorded };
  });
}

function contextOf({ id, version, epoch }: Pick<ChoiceRow, 'id' | 'version' | 'epoch'>): string {
  return `choice|${id}|${version}|${epoch}`;
}

async function save(
  parts: ChoiceParts,
  vault: string,
  changes: readonly ChoiceChange[],
  act: ChoiceAct,
  about: SavedAbout,
): Promise<Saved> {
  if (changes.length === 0 || changes.length > CHOICE_LIMITS.changesPerSaveMax) {
    const most = CHOICE_LIMITS.changesPerSaveMax;
    throw new Problem('unprocessable', `A save holds 1 to ${most} changes.`);
  }
  const { pending, ...saved } = await parts.database.transaction(async (tx) => {
    // Raising the epoch first holds the vault's row: of two saves at once the second sees the
    // first.
    const epoch = await raiseEpoch(parts.store, tx, vault);
    // What is chosen in a record that no longer stands by itself would never be heeded.
    if (!about.closed) await parts.store.requireOpen(tx, vault);
    const before = await listAt(parts, tx, vault, epoch);
    await compareChange(tx, vault, about.change);
    const receipt = await writeChanges(parts, tx, vault, before, changes, act, about.patient);
    const pending = [
      await parts.ledger.write(tx, changeEvent(vault, changes.length, act, receipt, epoch)),
    ];
    const touched = [...receipt.rules, ...replacedBy(receipt.rules, before)];
    const saved = { rules: touched, epoch, at: new Date(receipt.recorded) };
    for (const event of (await parts.notices?.note(tx, vault, saved)) ?? []) {
      pending.push(await parts.ledger.write(tx, event));
    }
    return { receipt, pending, ...(await listAt(parts, tx, vault, epoch)) };
  });
  parts.changed?.(vault);
  parts.notices?.soon();
  return { ...saved, ledger: await parts.ledger.numbered(pending) };
}

/** What stood until this save under the same ids: it ends now, for whomever it was about. */
function replacedBy(rules: readonly ConsentRule[], before: Choices): ConsentRule[] {
  const ids = new Set(rules.map(({ id }) => id));
  return before.choices.flatMap(({ rule }) =>
    ids.has(rule.id) && rule.status === 'active' ? [{ ...rule, status: 'inactive' }] : [],
  );
}

function changeEvent(
  vault: string,
  changes: number,
  act: ChoiceAct,
  receipt: Receipt,
  epoch: number,
): LedgerEvent {
  return {
    class: 'evidence',
    event: 'consent-change',
    action: 'U',
    outcome: 0,
    patient: vault,
    agent: act.agent,
    basis: receipt.rules.map(({ id, version }) => `${id}@${version}`),
    epoch,
    inputsHash: receipt.digest,
    ...(act.client === undefined ? {} : { client: act.client }),
    ...(act.requestId === undefined ? {} : { requestId: act.requestId }),
    counts: { changes },
    detail: {
      receipt: receipt.id,
      channel: act.channel,
      text: `${act.text.version} ${act.text.language}`,
      textDigest: act.text.digest,
    },
  };
}

async function compareChange(tx: Tx, vault: string, seen: number | undefined): Promise<void> {
  if (seen === undefined) return;
  const { rows } = await tx.query<{ change: number }>({ ...LAST_CHANGE, values: [vault] });
  if (rows[0]?.change === seen) return;
  throw new Problem('conflict', 'The choices were changed in the meantime.', {
    code: 'choices-changed',
  });
}

async function writeChanges(
  parts: ChoiceParts,
  tx: Tx,
  vault: string,
  before: Choices,
  changes: readonly ChoiceChange[],
  act: ChoiceAct,
  patient: PatientFacts,
): Promise<Receipt> {
  const recorded = parts.clock();
  const known = new Map(before.choices.map((choice) => [choice.rule.id, choice.rule]));
  const rules = changes.map((change) =>
    withoutOther(nextVersion(change, known, act, recorded), act, patient, recorded),
  );
  if (new Set(rules.map(({ id }) => id)).size < rules.length) {
    throw new Problem('unprocessable', 'One choice is changed twice in one save.');
  }
  const added = rules.filter(({ id }) => !known.has(id)).length;
  if (known.size + added > CHOICE_LIMITS.choicesPerVaultMax) {
    throw new Problem('unprocessable', 'There are too many choices; end some first.');
  }
  for (const rule of rules) requireAuthority(rule, known.get(rule.id), act, patient, recorded);
  const id = randomUUID();
  const receipt = receiptOf(id, recorded, act, rules, digestOf(rules), before.epoch);
  const change = before.change + 1;
  const seal: EvidenceSeal = await evidenceSeal(parts.store, tx, vault, 'choices');
  for (const { id: choice, version = 1, ...rule } of rules) {
    const kept: KeptChoice = { rule, text: act.text, channel: act.channel, receipt: id };
    const context = contextOf({ id: choice, version, epoch: before.epoch });
    const sealed = seal.seal(context, kept);
    await tx.query({
      ...ADD,
      values: [vault, choice, version, change, before.epoch, recorded, sealed],
    });
  }
  const sealed = seal.seal(`receipt|${id}`, receipt);
  await tx.query({ ...ADD_RECEIPT, values: [vault, id, change, recorded, sealed] });
  return receipt;
}

/** The version that a change makes: of a choice that stands, or the first of a new one. */
function nextVersion(
  change: ChoiceChange,
  known: ReadonlyMap<string, ConsentRule>,
  act: ChoiceAct,
  at: Date,
): ConsentRule {
  const old = change.id === undefined ? undefined : known.get(change.id);
  if (change.id !== undefined && !old) {
    throw new Problem('not-found', 'There is no such choice.');
  }
  if (change.kind === 'withdraw') {
    if (!old) throw new Problem('not-found', 'There is no such choice.');
    return { ...old, version: (old.version ?? 0) + 1, status: 'inactive' };
  }
  if (change.kind === 'agree' && old?.status !== 'proposed') {
    throw new Problem('not-found', 'There is no such proposal.');
  }
  const asked = change.kind === 'agree' ? proposedBefore(old) : change.rule;
  const { source = 'dhtv', status = 'active', dateTime = at.toISOString(), ...rest } = asked;
  requirePeriod(asked.period);
  return {
    ...rest,
    id: change.id ?? (change.kind === 'put' ? change.as : undefined) ?? randomUUID(),
    version: (old?.version ?? 0) + 1,
    source,
    status,
    dateTime,
    performers: change.kind === 'agree' ? together(old, act) : act.performers,
  };
}

/** A proposal as it would be made now: its moment is that at which the other agrees. */
function proposedBefore(old: ConsentRule | undefined): NewRule {
  if (!old) throw new Problem('not-found', 'There is no such proposal.');
  const { id: _id, version: _version, status: _status, dateTime: _at, ...rule } = old;
  return rule;
}

/** Who proposed and who agrees; somebody who agrees with himself changes nothing. */
function together(old: ConsentRule | undefined, act: ChoiceAct): ConsentRule['performers'] {
  const others = old?.performers.filter((other) =>
    act.performers.every((one) => !isSamePerformer(one, other)),
  );
  return [...(others ?? []), ...act.performers];
}

function requirePeriod(period: ConsentRule['period']): void {
  const start = period?.start === undefined ? Number.NEGATIVE_INFINITY : Date.parse(period.start);
  const end = period?.end === undefined ? Number.POSITIVE_INFINITY : Date.parse(period.end);
  if (start < end) return;
  throw new Problem('unprocessable', 'The period ends before it starts, or is no period.', {
    code: 'period',
  });
}
