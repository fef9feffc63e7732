/** `zorgsluis audit verify [--export FILE]`, `audit export` and the like. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Finding, openLedger, verifierKey } from '../audit/index.ts';
import type { Command, CommandContext } from '../cli.ts';
import { createOrganisations } from '../identity/index.ts';
import { systemClock } from '../platform/clock.ts';
import { Problem } from '../platform/problem.ts';
import { BREACH_USAGE, breachCommand } from './breach-command.ts';
import { openForCommand } from './command-database.ts';
import { holdCommand, RETENTION_USAGE, retentionCommand } from './retention-command.ts';

/** All that `audit` does, with what each asks. */
export const AUDIT_USAGE = `audit verify [--export FILE]             recomputes the ledger, or checks an export
    [--key FILE] [--checkpoint FILE]     against a key or a head that you kept
audit export [--organisation ID]         the ledger with its proof, as NDJSON
audit key                                the key that heads are signed with
${RETENTION_USAGE}${BREACH_USAGE}`;

export const auditCommand: Command = async (context) => {
  const [word, ...args] = context.args;
  if (word === 'retention') return retentionCommand({ ...context, args });
  if (word === 'breach') return breachCommand({ ...context, args });
  if (word === 'hold') return holdCommand({ ...context, args });
  const { values, positionals } = parseArgs({
    args: [...context.args],
    options: {
      ...{ export: { type: 'string' }, organisation: { type: 'string' } },
      ...{ key: { type: 'string' }, checkpoint: { type: 'string' } },
    },
    allowPositionals: true,
  });
  if (positionals[0] === 'verify') {
    return values.export === undefined
      ? verify(context)
      : verifyOffline(context, { ...values, export: values.export });
  }
  if (positionals[0] === 'export') return exportLedger(context, values.organisation);
  if (positionals[0] === 'key') return showKey(context);
  context.err(AUDIT_USAGE);
  return 1;
};

async function verify({ variables, out, err }: CommandContext): Promise<number> {
  const { database, keyring, dataDir, close } = openForCommand(variables);
  try {
    const parts = { database, keyring, clock: systemClock };
    const checkpointsDir = join(dataDir, 'checkpoints');
    // Looked for first: a ledger that closes leaves its head there.
    const isKept = existsSync(join(checkpointsDir, 'latest'));
    // Rolled back, or with other files, it does not open with its checkpoints: that is the finding.
    const ledger = await openLedger({ ...parts, checkpointsDir }).catch((error: unknown) => {
      if (!(error instanceof Problem) || !NOT_OPENED.has(error.code ?? '')) throw error;
      out(`${error.message}\n`);
      return undefined;
    });
    if (!ledger) {
      out('The ledger is NOT intact: the finding stands above.\n');
      return 1;
    }
    const report = await ledger.verify((done, total) => {
      if (process.stderr.isTTY) err(`\r${done} of ${total} entries`);
    });
    await ledger.close();
    const findings = isKept || report.size === 0 ? report.findings : [...report.findings, NO_HEAD];
    for (const finding of findings) out(`${JSON.stringify(finding)}\n`);
    const isIntact = findings.length === 0;
    out(
      isIntact
        ? `The ledger is intact: ${report.checked} entries, root ${report.root}.\n`
        : `The ledger is NOT intact: ${findings.length} findings; the first is named above.\n`,
    );
    return isIntact ? 0 : 1;
  } finally {
    await close();
  }
}

const NOT_OPENED: ReadonlySet<string> = new Set([
  'ledger-rolled-back',
  'ledger-checkpoint-changed',
]);

/** Without one nobody can tell that the end was not cut off together with the head. */
const NO_HEAD: Finding = {
  kind: 'checkpoint',
  text:
    'No signed head lies outside the database (checkpoints/latest of DATA_DIR): ' +
    'it was removed, or this is another folder.',
};

/** The verifier is a program of its own without dependencies: here it is only called. */
interface Offline {
  readonly export: string;
  readonly key?: string;
  readonly checkpoint?: string;
}

function verifyOffline({ out, err }: CommandContext, asked: Offline): number {
  const kept = (['key', 'checkpoint'] as const).flatMap((name) => {
    const file = asked[name];
    return file === undefined ? [] : [`--${name}`, file];
  });
  const script = join(import.meta.dirname, '../../scripts/verify-ledger.mjs');
  const run = spawnSync(process.execPath, [script, asked.export, ...kept], { encoding: 'utf8' });
  out(run.stdout);
  err(run.stderr);
  return run.status ?? 1;
}

async function exportLedger(
  { variables, out }: CommandContext,
  organisation: string | undefined,
): Promise<number> {
  const { database, keyring, close } = openForCommand(variables);
  try {
    const ledger = await openLedger({ database, keyring, clock: systemClock });
    const all = await createOrganisations(database).all();
    const byId = new Map(all.map((one) => [one.id, one]));
    const filter = organisation === undefined ? {} : { organisation };
    const directory = {
      organisation: (id: string) => byId.get(id),
      gateway: { name: 'Zorgsluis', host: keyring.ledger.name.split('/')[0] ?? '' },
    };
    for await (const line of ledger.exportNdjson(filter, directory)) out(line);
    await ledger.close();
    return 0;
  } finally {
    await close();
  }
}

async function showKey({ variables, out }: CommandContext): Promise<number> {
  const { keyring, close } = openForCommand(variables);
  out(`${verifierKey(keyring.ledger.name, keyring.ledger.publicKey)}\n`);
  await close();
  return 0;
}
