/** `zorgsluis audit retention` and `zorgsluis audit hold`: what is kept, what goes, what stays. */
import { parseArgs } from 'node:util';
import { type Ledger, openLedger } from '../audit/index.ts';
import type { Command, CommandContext } from '../cli.ts';
import { systemClock } from '../platform/clock.ts';
import { openForCommand } from './command-database.ts';

export const RETENTION_USAGE = `audit retention                          what is kept how long, and what is due
audit retention --apply --by NAME --and NAME    takes out what is past its term
audit hold --line SEQ --by NAME --reason TEXT   keeps all lines of the patient of a line
audit hold --lift ID --by NAME
`;

/** Nightly from a timer of the machine; the two names are those of who agreed to the rule. */
export const retentionCommand: Command = async (context) => {
  const { values } = parseArgs({
    args: [...context.args],
    options: {
      apply: { type: 'boolean', default: false },
      by: { type: 'string', default: '' },
      and: { type: 'string', default: '' },
    },
  });
  return withLedger(context, async (ledger) => {
    if (!values.apply) return plan(ledger, context);
    const runs = await ledger.endTerms({ by: values.by, and: values.and });
    for (const run of runs) context.out(`${JSON.stringify(run)}\n`);
    const taken = runs.reduce((sum, { count }) => sum + count, 0);
    context.out(`${taken} lines were past their term and are gone, in ${runs.length} runs.\n`);
    return 0;
  });
};

async function plan(ledger: Ledger, { out }: CommandContext): Promise<number> {
  for (const { class: name, months, due, held, oldest } of await ledger.terms()) {
    const since = oldest ? `oldest of ${oldest.toISOString().slice(0, 10)}` : 'empty';
    out(`${name}: ${months} months, ${since}, ${due} due, ${held} on hold\n`);
  }
  return 0;
}

export const holdCommand: Command = async (context) => {
  const { values } = parseArgs({
    args: [...context.args],
    options: {
      line: { type: 'string' },
      lift: { type: 'string' },
      by: { type: 'string', default: '' },
      reason: { type: 'string', default: '' },
    },
  });
  const { line, lift, by, reason } = values;
  if (by === '' || (line === undefined) === (lift === undefined) || (line && reason === '')) {
    context.err(RETENTION_USAGE);
    return 1;
  }
  return withLedger(context, async (ledger) => {
    if (lift !== undefined) {
      await ledger.liftHold({ hold: lift, by });
      context.out('The hold is lifted; what is due goes with the next run.\n');
      return 0;
    }
    const hold = await ledger.setHold({ seq: Number(line), by, reason });
    context.out(`Hold ${hold}: the lines of this patient stay until it is lifted.\n`);
    return 0;
  });
};

async function withLedger(
  { variables }: CommandContext,
  work: (ledger: Ledger) => Promise<number>,
): Promise<number> {
  const { database, keyring, close } = openForCommand(variables);
  try {
    const ledger = await openLedger({ database, keyring, clock: systemClock });
    try {
      return await work(ledger);
    } finally {
      await ledger.close();
    }
  } finally {
    await close();
  }
}
