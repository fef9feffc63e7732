/** The command line: `npx zorgsluis COMMAND`. One file for each command in `cli/`. */
import type { Variables } from './platform/env.ts';

export interface CommandContext {
  readonly args: readonly string[];
  readonly variables: Variables;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Runs and gives the exit code. */
export type Command = (context: CommandContext) => Promise<number>;

interface Listed {
  /** What is given, then `: ` and what it does; what it does alone where nothing is given. */
  readonly summary: string;
  /** More than fits on a line. */
  readonly usage?: () => Promise<string>;
  readonly load: () => Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Listed>> = {
  map: {
    summary: 'FILE [--sender ID] [--fhir R4|STU3] [--report FILE]: what a message becomes',
    load: async () => (await import('./cli/map-command.ts')).mapCommand,
  },
  decide: {
    summary:
      'FILE | --past [--line SEQ] [--from DATE] [--until DATE] [--last N]: cases, or old decisions',
    load: async () => (await import('./cli/decide-command.ts')).decideCommand,
  },
  load: {
    summary:
      'FILE|DIR [--aanbieder NAME] [--fhir R4|STU3] [--date YYYY-MM-DD]: fixtures into a demo',
    load: async () => (await import('./cli/load-command.ts')).loadCommand,
  },
  token: {
    summary:
      '--medmij | --partner ID | --sender ID | --auditor ORG: a bearer token of 900 s for a running demo',
    load: async () => (await import('./cli/token-command.ts')).tokenCommand,
    usage: async () => (await import('./cli/token-command.ts')).TOKEN_USAGE,
  },
  audit: {
    summary:
      'verify | export | key | retention | hold | breach: prove the ledger, keep its lines, tell a leak',
    load: async () => (await import('./cli/audit-command.ts')).auditCommand,
    usage: async () => (await import('./cli/audit-command.ts')).AUDIT_USAGE,
  },
  organisation: {
    summary: 'list | add FILE | change FILE: holders of records, and who may ask for them',
    load: async () => (await import('./cli/organisation-command.ts')).organisationCommand,
  },
  sender: {
    summary:
      'list | add FILE | change FILE | key add ID FILE | key remove ID KID | suspend ID | resume ID: systems that send',
    load: async () => (await import('./cli/client-command.ts')).senderCommand,
  },
  partner: {
    summary:
      'list | add FILE | change FILE | key add ID FILE | key remove ID KID | suspend ID | resume ID: systems that read',
    load: async () => (await import('./cli/client-command.ts')).partnerCommand,
  },
  import: {
    summary: 'DIR --sender ID: every file of a folder through the way in; can be run again',
    load: async () => (await import('./cli/import-command.ts')).importCommand,
  },
  remap: {
    summary: '--sender ID [--apply]: map everything of a sender again, and tell what differs',
    load: async () => (await import('./cli/remap-command.ts')).remapCommand,
  },
  keys: {
    summary: 'new FILE | rotate: make a key file, or a new key-encryption key',
    load: async () => (await import('./cli/keys-command.ts')).keysCommand,
  },
  migrate: {
    summary: 'bring the database up to date, as its owner',
    load: async () => (await import('./cli/migrate-command.ts')).migrateCommand,
  },
  'db:check': {
    summary: 'check seals, tokens and versions of the whole store',
    load: async () => (await import('./cli/db-check-command.ts')).dbCheckCommand,
  },
  rekey: {
    summary: 'a new key for the record of one person; the BSN is read from standard input',
    load: async () => (await import('./cli/rekey-command.ts')).rekeyCommand,
  },
  unmerge: {
    summary: '[MERGE]: take two records apart again; the BSN is read from standard input',
    load: async () => (await import('./cli/unmerge-command.ts')).unmergeCommand,
  },
  backup: {
    summary: 'FOLDER: all tables of one moment, sealed as they are',
    load: async () => (await import('./cli/backup-command.ts')).backupCommand,
  },
  restore: {
    summary: 'FOLDER [--accept-old]: fill an empty, migrated database from a backup',
    load: async () => (await import('./cli/restore-command.ts')).restoreCommand,
  },
  quiet: {
    summary: '--off: end quiet mode of one person; the BSN is read from standard input',
    load: async () => (await import('./cli/quiet-command.ts')).quietCommand,
  },
  erase: {
    summary: 'end the key of one person; the BSN is read from standard input',
    load: async () => (await import('./cli/erase-command.ts')).eraseCommand,
  },
};

async function helpOf(name: string, { summary, usage }: Listed): Promise<string> {
  const [, given = '', does = ''] = /^(?:(.*?): )?(.*)$/s.exec(summary) ?? [];
  const first = ['zorgsluis', name, given].filter(Boolean).join(' ');
  return `${first}\n${does}\n${usage ? `\n${await usage()}` : ''}`;
}

async function runCli(argv: readonly string[], context: Omit<CommandContext, 'args'>) {
  const [name, ...args] = argv;
  const listed = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!listed) {
    const lines = Object.entries(COMMANDS).map(
      ([key, one]) => `  ${key.padEnd(12)} ${one.summary}`,
    );
    context.err(`zorgsluis COMMAND [--help]\n\n${lines.join('\n')}\n`);
    return name === undefined || name === '--help' || name === 'help' ? 0 : 1;
  }
  if (args.includes('--help')) {
    context.out(await helpOf(name ?? '', listed));
    return 0;
  }
  try {
    const command = await listed.load();
    return await command({ ...context, args });
  } catch (error) {
    context.err(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

// The small script beside it imports this file under its own name, so both ways count as being run.
if (import.meta.main || process.argv[1] === import.meta.filename) {
  // Whoever reads along (`head`) may stop before the end: then there is nobody to tell the rest.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  process.exitCode = await runCli(process.argv.slice(2), {
    variables: process.env,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}
