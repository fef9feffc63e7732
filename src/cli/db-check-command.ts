/** `zorgsluis db:check`: seals, tokens against contents, and versions of the whole store. */
import type { Command } from '../cli.ts';
import { checkStore } from './check-store.ts';
import { openForCommand } from './command-database.ts';

const FINDINGS_SHOWN_MAX = 20;

export const dbCheckCommand: Command = async ({ variables, out, err }) => {
  const { database, keyring, close } = openForCommand(variables);
  try {
    const report = await checkStore(database, keyring, (rows) => err(`\r${rows} rows checked`));
    for (const finding of report.findings.slice(0, FINDINGS_SHOWN_MAX)) {
      out(`${JSON.stringify(finding)}\n`);
    }
    const { vaults, resources, olderVersions, originals } = report;
    out(
      `\n${vaults} vaults, ${resources} resources, ${olderVersions} older versions, ` +
        `${originals} originals: ${report.findings.length + report.more} findings.\n`,
    );
    return report.findings.length === 0 ? 0 : 1;
  } finally {
    await close();
  }
};
