/**
 * Mandates, and what providers have on record about who acts for a person, against the lines that
 * tell of each version: without its last version an ended mandate would open the record again, and
 * a block would be gone. A number in the place of another's would let that one in.
 */
import type { LedgerEntry } from '../audit/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { evidenceSeal, type VaultEvidence } from './evidence.ts';

export interface ActingFinding {
  readonly fault: 'mandate' | 'representative';
  readonly id: string;
  readonly version: number;
  /** Number of the line that tells otherwise. */
  readonly seq?: number;
  readonly text: string;
}

interface Told {
  readonly seq: number;
  readonly epoch: number;
}

interface Row {
  readonly kind: ActingFinding['fault'];
  readonly id: string;
  readonly version: number;
  readonly epoch: number;
  /** Hex; of a mandate who may look. */
  readonly proxy: string | null;
  readonly sealed: Buffer;
}

const ROWS = statement(
  'consent_check_acting',
  `select 'mandate' as kind, id, version, epoch, encode(proxy, 'hex') as proxy, sealed
     from mandate where vault = $1
   union all
   select 'representative', id, version, epoch, null, sealed from representative where vault = $1
   order by kind, id, version`,
);

export interface ActingTold {
  hear(line: LedgerEntry): void;
  /** @param name the person as the ledger names them. */
  check(
    parts: { readonly sql: Sql; readonly store: VaultEvidence },
    vault: string,
    name: string,
    add: (finding: ActingFinding) => void,
  ): Promise<void>;
}

export function actingTold(): ActingTold {
  /** By person, then by kind and version. */
  const told = new Map<string, Map<string, Told>>();
  return {
    hear({ seq, record: { event, outcome, patient, epoch = 0, detail } }) {
      if (outcome !== 0 || patient === undefined) return;
      const [kind] = event.split('-');
      const version = kind === 'mandate' ? detail?.['mandate'] : detail?.['record'];
      if ((kind !== 'mandate' && kind !== 'representative') || version === undefined) return;
      const known = told.get(patient) ?? new Map<string, Told>();
      told.set(patient, known.set(`${kind} ${version}`, { seq, epoch }));
    },
    async check({ sql, store }, vault, name, add) {
      const lines = told.get(name) ?? new Map<string, Told>();
      const { rows } = await sql.query<Row>({ ...ROWS, values: [vault] });
      const seal = rows.length === 0 ? undefined : await sealOf(store, sql, vault);
      for (const row of rows) {
        const key = `${row.kind} ${row.id}@${row.version}`;
        const line = lines.get(key);
        lines.delete(key);
        const text = oddness(row, line, (id) => seal?.unseal<{ proxy?: string }>(id, row.sealed));
        const { kind: fault, id, version } = row;
        if (text !== undefined) add({ fault, id, version, ...(line && { seq: line.seq }), text });
      }
      for (const [key, { seq }] of lines) {
        const [kind = '', id = '', version = ''] = key.split(/[ @]/);
        const fault = kind as ActingFinding['fault'];
        add({ fault, id, version: Number(version), seq, text: 'This version was taken out.' });
      }
    },
  };
}

const sealOf = (store: VaultEvidence, sql: Sql, vault: string) =>
  evidenceSeal(store, sql, vault, 'choices').catch(() => undefined);

/** @returns what is wrong with a row, or undefined. */
function oddness(
  { kind, id, version, epoch, proxy }: Row,
  line: Told | undefined,
  open: (id: string) => { readonly proxy?: string } | undefined,
): string | undefined {
  if (!line) return 'No line of the ledger tells of this version.';
  if (line.epoch !== epoch) return 'It stands under another epoch than its line tells.';
  try {
    const kept = open(`${kind}|${id}|${version}|${epoch}`);
    if (!kept) return 'It does not open: the key of its record does not.';
    // Versions of before do not say whose they are.
    return kind === 'mandate' && kept.proxy !== undefined && kept.proxy !== proxy
      ? 'It stands with the number of somebody else.'
      : undefined;
  } catch {
    return 'It does not open: it was changed, or is another row’s.';
  }
}
