/** `zorgsluis db:check`: seals, tokens against contents, and versions of the whole store. */
import type { Command } from '../cli.ts';
import { checkStore } from '../ingest/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createStore } from '../store/index.ts';
import { openForCommand } from './command-database.ts';

const FINDINGS_SHOWN_MAX = 20;

export const dbCheckCommand: Command = async ({ variables, out, err }) => {
  const { database, keyring, close } = openForCommand(variables);
  try {
    const store = createStore({ keyring, clock: systemClock });
    const report = await checkStore(store, database, (done, total) => {
      if (process.stderr.isTTY) err(`\r${done} of ${total} vaults checked`);
    });
    for (const finding of report.findings.slice(0, FINDINGS_SHOWN_MAX)) {
      out(`${JSON.stringify(finding)}\n`);
    }
    const { vaults, resources, olderVersions, originals, findings } = report;
    out(
      `${vaults} vaults, ${resources} resources, ${olderVersions} older versions, ` +
        `${originals} originals: ${findings.length} findings${report.more ? ' and more' : ''}.\n`,
    );
    return findings.length === 0 ? 0 : 1;
  } finally {
    await close();
  }
};
