/**
 * `zorgsluis audit breach`: a key, an account or a period leaked: whose data were touched, whose
 * could have been, what to tell and by when (capabilities E11, AVG 33 and 34).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Ledger, openLedger } from '../audit/index.ts';
import type { Command } from '../cli.ts';
import { createConsent } from '../consent/index.ts';
import { createClients, createOrganisations } from '../identity/index.ts';
import {
  authorityClock,
  authorityNotice,
  type BreachReport,
  type BreachScope,
  breachOf,
  letterFile,
  personNotice,
  type TouchedPerson,
} from '../insight/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createStore } from '../store/index.ts';
import { kindText } from '../web/index.ts';
import { openForCommand } from './command-database.ts';

const OPTIONS = {
  from: { type: 'string' },
  until: { type: 'string' },
  client: { type: 'string' },
  user: { type: 'string' },
  token: { type: 'string' },
  organisation: { type: 'string' },
  could: { type: 'boolean', default: false },
  discovered: { type: 'string' },
  incident: { type: 'string' },
  reason: { type: 'string' },
  by: { type: 'string' },
  out: { type: 'string' },
} as const;

export const BREACH_USAGE = `audit breach --from T --until T [--client ID] [--user ID] [--token ID] [--organisation ID]
    --by NAME --reason TEXT --out FOLDER [--could] [--discovered T] [--incident NR]
T is a date or a moment. --could also decides again whom the organisation could have seen.
FOLDER gets: betrokkenen.csv, konden-gezien-worden.csv, melding-ap.txt, bericht-HOUDER.txt.
`;

type Values = ReturnType<typeof valuesOf>;

export const breachCommand: Command = async ({ args, variables, out, err }) => {
  const values = valuesOf(args);
  const scope = scopeOf(values);
  const { by, reason, out: folder } = values;
  if (!scope || !by || !reason || !folder) {
    err(BREACH_USAGE);
    return 1;
  }
  const { database, keyring, close } = openForCommand(variables);
  const clock = systemClock;
  try {
    const ledger = await openLedger({ database, keyring, clock });
    const store = createStore({ keyring, clock });
    const organisations = createOrganisations(database);
    const names = new Map((await organisations.all()).map(({ id, name }) => [id, name]));
    const isLoud = process.stderr.isTTY;
    const report = await breachOf(ledger, scope, (read) => {
      if (isLoud) err(`\r${read} lines`);
    });
    mkdirSync(folder, { recursive: true });
    const told = { ...momentsOf(values), incident: values.incident ?? `${Date.now()}`, names };
    const files = new Map([
      ['betrokkenen.csv', personsCsv(report, names)],
      ...noticesOf(report, told),
    ]);
    const reached = values.could
      ? await reachOf({ database, store, ledger, organisations, keyring, clock }, scope)
      : undefined;
    if (reached) files.set('konden-gezien-worden.csv', reachCsv(reached));
    for (const [name, text] of files) writeFileSync(join(folder, name), text, { mode: 0o600 });
    await writeDown(ledger, { by, reason, scope, persons: report.persons.length });
    await ledger.close();
    const { until, hoursLeft } = authorityClock(told.discovered, told.now);
    const touched = report.persons.filter(({ acts }) => acts > 0).length;
    out(`${report.lines} lines; ${touched} persons touched, `);
    out(`${report.persons.length - touched} with refused attempts only`);
    out(reached ? `; ${reached.length} could have been seen.\n` : '.\n');
    out(`Tell the authority before ${until.toISOString()}: ${hoursLeft.toFixed(1)} hours left.\n`);
    out(`${files.size} files in ${folder}.\n`);
    return 0;
  } finally {
    await close();
  }
};

function valuesOf(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true }).values;
}

/** @throws Error naming the option that is no moment. */
function momentOf(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) throw new Error(`--${name} has to be a date or a moment.`);
  return moment;
}

function scopeOf(values: Values): BreachScope | undefined {
  const from = momentOf('from', values.from);
  const until = momentOf('until', values.until);
  if (!from || !until) return undefined;
  if (until <= from) throw new Error('--until has to be after --from.');
  const { client, user, token, organisation } = values;
  return {
    ...{ from, until },
    ...(client === undefined ? {} : { client }),
    ...(user === undefined ? {} : { user }),
    ...(token === undefined ? {} : { tokenId: token }),
    ...(organisation === undefined ? {} : { organisation }),
  };
}

function momentsOf(values: Values): { discovered: Date; now: Date } {
  const now = systemClock();
  return { now, discovered: momentOf('discovered', values.discovered) ?? now };
}

type Names = ReadonlyMap<string, string>;

function personsCsv({ persons }: BreachReport, names: Names): string {
  const rows = persons.map((one) => [
    one.pseudonym,
    [...one.holders].map((id) => names.get(id) ?? id).join('; '),
    one.acts,
    one.refused,
    one.emergencies,
    [...one.changed].sort().join(' '),
    one.first,
    one.last,
    kindsOf([one]).join('; '),
    [...one.references].join(' '),
    one.moreReferences,
  ]);
  const head = 'person,holders,acts,refused,emergencies,changed,first,last,kinds,references,more';
  return csv(head, rows);
}

function csv(head: string, rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number) => {
    const text = String(value);
    const guarded = /^[=+\-@\t]/.test(text) && typeof value === 'string' ? `'${text}` : text;
    return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
  };
  return `${[head, ...rows.map((row) => row.map(cell).join(','))].join('\r\n')}\r\n`;
}

function kindsOf(persons: readonly TouchedPerson[]): string[] {
  const sum = new Map<string, number>();
  for (const { kinds } of persons)
    for (const [kind, count] of Object.entries(kinds)) sum.set(kind, (sum.get(kind) ?? 0) + count);
  return [...sum].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${kind} ${count}`);
}

/** For a letter: what they are called, and no numbers, which are of all persons together. */
function kindsInWords(persons: readonly TouchedPerson[]): string[] {
  const kinds = new Set(persons.flatMap((one) => Object.keys(one.kinds)));
  return [...kinds].map((kind) => kindText(kind).nl).toSorted();
}

interface Told {
  readonly incident: string;
  readonly discovered: Date;
  readonly now: Date;
  readonly names: Names;
}

function noticesOf(report: BreachReport, told: Told): [string, string][] {
  const { names, ...rest } = told;
  const all = { ...rest, holder: 'alle houders', kinds: kindsOf(report.persons) };
  const holders = new Set(report.persons.flatMap((one) => [...one.holders]));
  const taken = new Set<string>();
  const letters = [...holders].map((id): [string, string] => {
    const own = report.persons.filter((one) => one.holders.has(id));
    const name = names.get(id) ?? id;
    const file = letterFile(name, taken);
    taken.add(file);
    return [file, personNotice(report, { ...rest, holder: name, kinds: kindsInWords(own) })];
  });
  return [['melding-ap.txt', authorityNotice(report, all)], ...letters];
}

type Rooms = Parameters<typeof createConsent>[0] & { readonly ledger: Ledger };

/** Whom the organisation of the client, or the one that was named, could have seen. */
async function reachOf(rooms: Rooms, scope: BreachScope) {
  const { database, ledger } = rooms;
  const client = await createClients(database).byId(scope.client ?? '');
  const organisation = scope.organisation ?? client?.organisationId;
  if (organisation === undefined) throw new Error('--could needs --organisation or --client.');
  const { from, until } = scope;
  const found: { person: string; kinds: Readonly<Record<string, number>> }[] = [];
  for await (const one of createConsent(rooms).couldBeSeen({ organisation, from, until })) {
    found.push({ person: ledger.pseudonymOf(one.vault), kinds: one.kinds });
  }
  return found;
}

function reachCsv(found: Awaited<ReturnType<typeof reachOf>>): string {
  const rows = found.map(({ person, kinds }) => [
    person,
    Object.entries(kinds)
      .map(([kind, count]) => `${kind} ${count}`)
      .join('; '),
  ]);
  return csv('person,kinds', rows);
}

/** Looking into what happened is an act as well: who, why and how many persons. */
async function writeDown(
  ledger: Ledger,
  drill: { by: string; reason: string; scope: BreachScope; persons: number },
): Promise<void> {
  const { from, until, client, user } = drill.scope;
  await ledger.record([
    {
      ...{ class: 'security', event: 'log-search', action: 'E', outcome: 0, door: 'command' },
      agent: { kind: 'operator', id: drill.by },
      query: 'audit breach',
      released: drill.persons,
      detail: {
        reason: drill.reason.slice(0, 300),
        from: from.toISOString(),
        until: until.toISOString(),
        ...(client === undefined ? {} : { client }),
        ...(user === undefined ? {} : { aboutUser: user }),
      },
    },
  ]);
}
