/**
 * How a person wants to be told of access, against the lines that tell of each change: an older
 * version put back, or the row taken out, would leave a look untold.
 */
import type { LedgerEntry } from '../audit/index.ts';
import { type Sql, statement } from '../platform/database.ts';

const ROW = statement(
  'consent_check_setting',
  'select version from person_setting where vault = $1',
);

export interface SettingsTold {
  hear(line: LedgerEntry): void;
  /**
   * @param name the person as the ledger names them
   * @returns what is wrong, with the line that tells otherwise
   */
  check(sql: Sql, vault: string, name: string): Promise<{ seq: number; text: string } | undefined>;
}

export function settingsTold(): SettingsTold {
  /** By person: the newest version that a line tells of. */
  const told = new Map<string, { readonly seq: number; readonly version: number }>();
  return {
    hear({ seq, record: { event, outcome, patient, detail } }) {
      const version = Number(detail?.['version'] ?? Number.NaN);
      if (event !== 'setting-change' || outcome !== 0 || patient === undefined) return;
      if (version >= (told.get(patient)?.version ?? 1)) told.set(patient, { seq, version });
    },
    async check(sql, vault, name) {
      const line = told.get(name);
      if (!line) return undefined;
      const { rows } = await sql.query<{ version: number }>({ ...ROW, values: [vault] });
      const { seq } = line;
      if (!rows[0]) return { seq, text: 'The settings of this person were taken out.' };
      return rows[0].version < line.version
        ? { seq, text: 'The settings of this person are older than their line.' }
        : undefined;
    },
  };
}
