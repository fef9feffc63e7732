/** How a person wants to be told of access: off, each, a day at a time, or only what is unusual. */
import type { Ledger, LedgerEvent } from '../audit/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Database, statement } from '../platform/database.ts';
import { evidenceSeal, type VaultEvidence } from './evidence.ts';

export const NOTICES = ['each', 'daily', 'unusual', 'off'] as const;

export interface PersonSettings {
  readonly notices: (typeof NOTICES)[number];
  /** What lifts quiet mode: a salted hash, so that nobody reads the code. */
  readonly quietCode?: { readonly salt: string; readonly hash: string };
  /** Pairs of rows in the own record that are not the same fact, says the person. */
  readonly apart?: readonly string[];
}

/** Pairs beyond this are not kept; the list then shows them together again. */
export const APART_PAIRS_MAX = 2_000;

/** What holds until a person chooses. */
const SETTINGS_AT_FIRST: PersonSettings = { notices: 'unusual' };

const READ = statement(
  'consent_person_setting',
  'select version, sealed from person_setting where vault = $1',
);
const PUT = statement(
  'consent_put_person_setting',
  `insert into person_setting (vault, version, changed, sealed) values ($1, $2, $3, $4)
   on conflict (vault) do update set version = $2, changed = $3, sealed = $4
     where person_setting.version = $2 - 1`,
);

export interface SettingsBook {
  settings(vault: string): Promise<PersonSettings>;
  /** Saved with its line in the ledger, or not at all; the later of two at once is left out. */
  keepSettings(
    vault: string,
    settings: Partial<PersonSettings>,
    agent: LedgerEvent['agent'],
    requestId: string,
  ): Promise<void>;
}

export function createPersonSettings(parts: {
  readonly database: Database;
  readonly store: VaultEvidence;
  readonly ledger: Pick<Ledger, 'write' | 'numbered'>;
  readonly clock: Clock;
}): SettingsBook {
  const { database, store, ledger, clock } = parts;

  async function settingsOf(vault: string): Promise<PersonSettings> {
    const row = await read(vault);
    if (!row) return SETTINGS_AT_FIRST;
    const seal = await evidenceSeal(store, database, vault, 'choices');
    return seal.unseal<PersonSettings>(contextOf(row.version), row.sealed);
  }
  async function read(vault: string) {
    const { rows } = await database.query<{ version: number; sealed: Buffer }>({
      ...READ,
      values: [vault],
    });
    return rows[0];
  }
  const contextOf = (version: number) => `setting|${version}`;

  return {
    settings: settingsOf,
    async keepSettings(vault, settings, agent, requestId) {
      const version = ((await read(vault))?.version ?? 0) + 1;
      const next = { ...(await settingsOf(vault)), ...settings };
      const pending = await database.transaction(async (tx) => {
        const seal = await evidenceSeal(store, tx, vault, 'choices');
        const sealed = seal.seal(contextOf(version), next);
        await tx.query({ ...PUT, values: [vault, version, clock(), sealed] });
        return ledger.write(tx, {
          class: 'pgo',
          event: 'setting-change',
          action: 'U',
          outcome: 0,
          patient: vault,
          agent,
          client: 'web',
          requestId,
          door: 'web',
          detail: { notices: next.notices, version: String(version) },
        });
      });
      await ledger.numbered(pending);
    },
  };
}
