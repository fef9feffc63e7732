/** `zorgsluis keys new FILE` and `zorgsluis keys rotate`. */
import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLedger } from '../audit/index.ts';
import type { Command } from '../cli.ts';
import { SEALED_BY_CONSENT } from '../consent/index.ts';
import {
  KEY_FILE_REREAD_MS,
  type Keyring,
  newKeyring,
  openKeyring,
  withNewKek,
} from '../identity/index.ts';
import { SEALED_BY_INTAKE } from '../ingest/index.ts';
import { SEALED_BY_INSIGHT } from '../insight/index.ts';
import { systemClock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { lockFolder } from '../platform/folder-lock.ts';
import { createStore } from '../store/index.ts';
import { openForCommand, readKeyFile } from './command-database.ts';

/** Rotation writes the new key first, then wraps every vault key again; it can be run again. */
export const keysCommand: Command = async ({ args, variables, out, err }) => {
  const [what, file] = args;
  if (what === 'new' && file !== undefined) {
    const name = variables['PUBLIC_URL']
      ? new URL(variables['PUBLIC_URL']).host
      : 'zorgsluis.example';
    const keys = newKeyring({ demo: false, name: `${name}/audit` });
    writeFileSync(file, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    out(`Wrote new keys to ${file}. Keep a copy where the database is not.\n`);
    return 0;
  }
  if (what !== 'rotate') {
    err('keys new FILE | keys rotate\n');
    return 1;
  }
  const { database, keyFile, close } = openForCommand(variables);
  // Of two at once the second would write the file without the key that the first wraps under.
  const lock = lockFolder(`${keyFile}.lock`);
  try {
    const before = readKeyFile(keyFile);
    const after = withNewKek(before);
    writeFileSync(`${keyFile}.new`, `${JSON.stringify(after, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${keyFile}.new`, keyFile);
    const store = createStore({ keyring: openKeyring(after), clock: systemClock });
    const progress = ({ done, total }: { done: number; total: number }) => {
      if (process.stderr.isTTY) err(`\r${done} of ${total} keys`);
    };
    const first = await store.rotateKek(database, progress);
    // Gateways that run look at the file every second; until then they may wrap under the old key.
    await sleep(KEY_FILE_REREAD_MS * 3);
    const count = first + (await store.rotateKek(database, progress));
    let rows = 0;
    for (const one of [...SEALED_BY_INTAKE, ...SEALED_BY_CONSENT, ...SEALED_BY_INSIGHT]) {
      rows += await store.resealRows(database, one);
    }
    await tellRotation(database, openKeyring(after), before.kek.current);
    out(
      `Rotated to ${after.kek.current}: ${count} keys wrapped again, ${rows} rows sealed again.\n`,
    );
    return 0;
  } finally {
    lock.release();
    await close();
  }
};

/** The keys of the ledger follow, and a line tells which key took the place of which. */
async function tellRotation(database: Database, keyring: Keyring, before: string): Promise<void> {
  const ledger = await openLedger({ database, keyring, clock: systemClock });
  try {
    await ledger.rewrapKeys();
    await ledger.record([
      {
        ...{ class: 'evidence', event: 'key-change', action: 'U', outcome: 0 },
        agent: { kind: 'operator', id: 'command-line' },
        detail: { kek: keyring.kek.current, before },
      },
    ]);
  } finally {
    await ledger.close();
  }
}
