/** Every row of a person's choices, receipts and care relations, opened to be checked. */
import type { ConsentRule } from '../permission/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import type { KeptChoice } from './choice.ts';
import { type EvidenceSeal, evidenceSeal, type VaultEvidence } from './evidence.ts';
import type { Receipt } from './receipt.ts';

export interface CheckedChoice {
  readonly id: string;
  readonly version: number;
  readonly change: number;
  readonly epoch: number;
  readonly recorded: Date;
  /** Id of the receipt that it was saved with. */
  readonly receipt: string;
  readonly rule: ConsentRule;
}

export interface CheckedReceipt {
  readonly change: number;
  readonly recorded: Date;
  readonly digest: string;
  readonly rules: readonly ConsentRule[];
}

export interface RowFinding {
  readonly fault: 'choice' | 'receipt' | 'relation';
  readonly id: string;
  readonly version?: number;
  readonly text: string;
}

interface Versioned {
  readonly id: string;
  readonly version: number;
  readonly epoch: number;
  readonly recorded: Date;
  readonly sealed: Buffer;
}

const CHOICES = statement(
  'consent_check_choices',
  `select id, version, change, epoch, recorded, sealed from choice where vault = $1
    order by id, version`,
);
const RECEIPTS = statement(
  'consent_check_receipts',
  'select id, change, recorded, sealed from choice_receipt where vault = $1 order by id',
);
const RELATIONS = statement(
  'consent_check_relations',
  `select id, version, epoch, recorded, sealed from care_relation where vault = $1
    order by id, version`,
);

const CHANGED = 'It does not open: it was changed, or is another row’s.';

interface Asked {
  readonly sql: Sql;
  readonly store: VaultEvidence;
  readonly vault: string;
  /** Of the vault now: nothing may stand under a later one. */
  readonly epoch: number;
}

export async function openEvidence(asked: Asked, add: (finding: RowFinding) => void) {
  const { sql, vault } = asked;
  const choices = new Map<string, CheckedChoice>();
  const receipts = new Map<string, CheckedReceipt>();
  const values = [vault];
  const rows = (await sql.query<Versioned & { change: number }>({ ...CHOICES, values })).rows;
  const papers = (
    await sql.query<{ id: string; change: number; recorded: Date; sealed: Buffer }>({
      ...RECEIPTS,
      values,
    })
  ).rows;
  const relations = (await sql.query<Versioned>({ ...RELATIONS, values })).rows;
  if (rows.length + papers.length > 0) {
    const seal = await sealOf(asked, 'choices');
    for (const { id, change, recorded, sealed } of papers) {
      const opened = openOne<Receipt>(seal, `receipt|${id}`, sealed);
      if (!opened) add({ fault: 'receipt', id, text: CHANGED });
      else if (new Date(opened.recorded).getTime() !== recorded.getTime()) {
        add({ fault: 'receipt', id, text: 'It was recorded at another moment.' });
      } else receipts.set(id, { ...opened, change, recorded });
    }
    for (const { id, version, change, epoch, recorded, sealed } of inOrder(
      asked,
      rows,
      'choice',
      add,
    )) {
      const kept = openOne<KeptChoice>(seal, `choice|${id}|${version}|${epoch}`, sealed);
      const { receipt } = kept ?? {};
      if (!kept || receipt === undefined) add({ fault: 'choice', id, version, text: CHANGED });
      else {
        const rule = { ...kept.rule, id, version } as ConsentRule;
        choices.set(`${id}@${version}`, { id, version, change, epoch, recorded, receipt, rule });
      }
    }
  }
  if (relations.length > 0) {
    const seal = await sealOf(asked, 'relations');
    for (const { id, version, sealed } of inOrder(asked, relations, 'relation', add)) {
      if (openOne(seal, `relation|${id}|${version}`, sealed)) continue;
      add({ fault: 'relation', id, version, text: CHANGED });
    }
  }
  return { choices, receipts, relations: relations.length };
}

const sealOf = ({ sql, store, vault }: Asked, purpose: 'choices' | 'relations') =>
  evidenceSeal(store, sql, vault, purpose).catch(() => undefined);

function openOne<T>(seal: EvidenceSeal | undefined, id: string, sealed: Buffer): T | undefined {
  try {
    return seal?.unseal<T>(id, sealed);
  } catch {
    return undefined;
  }
}

/** Versions run from 1 without a gap, and under epochs that have been. */
function inOrder<R extends Versioned>(
  { epoch }: Asked,
  rows: readonly R[],
  fault: 'choice' | 'relation',
  add: (finding: RowFinding) => void,
): readonly R[] {
  let last: R | undefined;
  for (const row of rows) {
    const { id, version } = row;
    const expected = last?.id === id ? last.version + 1 : 1;
    if (version !== expected) {
      add({ fault, id, version: expected, text: 'This version was taken out.' });
    }
    if (row.epoch > epoch) {
      add({ fault, id, version, text: 'It stands under an epoch that the vault never had.' });
    }
    last = row;
  }
  return rows;
}
