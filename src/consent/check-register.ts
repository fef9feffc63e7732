/**
 * What the national register answered, as it was kept, against the lines of the decisions that
 * rested on it: without the answer, or with another one, nobody can show why a record was opened.
 * consent.md 4.1, 5.4; audit.md 6.3.
 */
import type { LedgerEntry } from '../audit/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { evidenceSeal, type VaultEvidence } from './evidence.ts';

const ROWS = statement(
  'consent_check_register',
  `select id, asked, sealed from register_answer where vault = $1 and id > $2
   order by id limit 500`,
);
const FIRST = '00000000-0000-0000-0000-000000000000';

interface Row {
  readonly id: string;
  readonly asked: Date;
  readonly sealed: Buffer;
}

export interface RegisterFinding {
  readonly fault: 'register-answer';
  readonly id: string;
  /** Number of the first line that rested on it. */
  readonly seq?: number;
  readonly text: string;
}

export interface RegisterTold {
  hear(line: LedgerEntry): void;
  /** @param name the person as the ledger names them. */
  check(
    parts: { readonly sql: Sql; readonly store: VaultEvidence },
    vault: string,
    name: string,
    add: (finding: RegisterFinding) => void,
  ): Promise<void>;
}

export function registerTold(): RegisterTold {
  /** By person, then by the name of the answer. */
  const told = new Map<string, Map<string, number>>();
  return {
    hear({ seq, record: { patient, detail } }) {
      const id = detail?.['register'];
      if (patient === undefined || id === undefined) return;
      const known = told.get(patient) ?? new Map<string, number>();
      if (!known.has(id)) told.set(patient, known.set(id, seq));
    },
    async check({ sql, store }, vault, name, add) {
      const lines = told.get(name) ?? new Map<string, number>();
      told.delete(name);
      let open: Open | undefined;
      for (let after = FIRST; ; ) {
        const { rows } = await sql.query<Row>({ ...ROWS, values: [vault, after] });
        if (rows.length > 0) open ??= await openOf(store, sql, vault);
        for (const row of rows) {
          const seq = lines.get(row.id);
          lines.delete(row.id);
          const text = oddness(row, open);
          const about = { fault: 'register-answer', id: row.id } as const;
          if (text !== undefined) add({ ...about, ...(seq === undefined ? {} : { seq }), text });
        }
        const last = rows.at(-1)?.id;
        if (last === undefined) break;
        after = last;
      }
      for (const [id, seq] of lines) {
        add({ fault: 'register-answer', id, seq, text: 'This answer was taken out.' });
      }
    },
  };
}

type Open = (row: Row) => { readonly asked: string };

async function openOf(store: VaultEvidence, sql: Sql, vault: string): Promise<Open | undefined> {
  const seal = await evidenceSeal(store, sql, vault, 'choices').catch(() => undefined);
  return seal && (({ id, sealed }) => seal.unseal(`register|${id}`, sealed));
}

/** @returns what is wrong with a row, or undefined. */
function oddness(row: Row, open: Open | undefined): string | undefined {
  if (!open) return 'It does not open: the key of its record does not.';
  try {
    return Date.parse(open(row).asked) === row.asked.getTime()
      ? undefined
      : 'It stands with another moment than it was asked at.';
  } catch {
    return 'It does not open: it was changed, or is another row’s.';
  }
}
