/** The ledger holds every step, and anyone can check it: online, offline, and after tampering. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { node, zorgsluis } from './command.ts';
import { tamperings } from './tampering.ts';
import type { Tour } from './tour-parts.ts';

interface Line {
  readonly seq?: number;
  readonly record?: {
    readonly event: string;
    readonly outcome: number;
    readonly purpose?: string;
    readonly reason?: string;
    readonly basis?: readonly string[];
    readonly agent: { readonly id: string; readonly organisation?: string; readonly role?: string };
  };
}

type Steps = readonly (readonly [string, (record: NonNullable<Line['record']>) => boolean])[];

/** What happened on this tour, as it must stand in the ledger. */
const STEPS: Steps = [
  ['a message received', ({ event, outcome }) => event === 'receive' && outcome === 0],
  ['a message refused', ({ event, outcome }) => event === 'receive' && outcome === 4],
  ['an unknown sender refused', ({ reason }) => reason === 'unknown-sender'],
  ['a key of a sender changed', ({ event }) => event === 'client-change'],
  ['a person’s consent for her app', ({ event }) => event === 'toestemming'],
  ['a person’s refusal', ({ reason }) => reason === 'refused-by-person'],
  ['nothing to collect', ({ reason }) => reason === 'not-known-here' || reason === 'too-young'],
  ['data released to the person', ({ purpose, outcome }) => purpose === 'PATRQT' && outcome === 0],
  ['a patient’s choice', ({ event, basis }) => event === 'consent-change' && basis !== undefined],
  [
    'data released to a partner, under a version of a choice',
    ({ agent, outcome, basis }) =>
      agent.role === '01.015' && outcome === 0 && (basis ?? []).some((one) => /@\d+$/.test(one)),
  ],
  [
    'data withheld from a partner',
    ({ agent, outcome }) => agent.id === 'arts-duinker' && outcome === 4,
  ],
  ['the auditor’s log-in', ({ event, agent }) => event === 'login' && agent.role === 'auditor'],
  ['the auditor’s search', ({ event }) => event === 'log-search'],
];

export async function ledgerProved(tour: Tour): Promise<void> {
  const { tell, demo } = tour;
  tell.chapter('Every step stands in the ledger');
  const file = join(demo.dataDir, 'tour-export.ndjson');
  const exported = await zorgsluis(demo.variables, 'audit', 'export');
  tell.equal('zorgsluis audit export', exported.code ?? -1, 0);
  writeFileSync(file, exported.out);
  const lines = exported.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  for (const [what, fits] of STEPS) {
    const found = lines.filter(({ record }) => record !== undefined && fits(record)).length;
    tell.holds(what, found > 0, 'at least one line', `${found} lines`);
  }

  tell.chapter('The ledger is checked: online, and offline with an export');
  const online = await zorgsluis(demo.variables, 'audit', 'verify');
  tell.holds('zorgsluis audit verify', online.code === 0, 'intact', online.out.trim());
  const key = join(demo.dataDir, 'tour-ledger-key.txt');
  writeFileSync(key, (await zorgsluis(demo.variables, 'audit', 'key')).out);
  const offline = await offlineCheck(file, key);
  tell.holds(
    'verify-ledger.mjs, with the key kept apart',
    offline.code === 0,
    'good',
    last(offline),
  );
  await exportTampered(tour, file, key);
  await databaseTampered(tour);
}

/** The offline verifier runs without the gateway: in another folder, with no setting of it. */
function offlineCheck(file: string, key: string) {
  const script = resolve(import.meta.dirname, '../verify-ledger.mjs');
  return node({ PATH: process.env['PATH'] }, script, file, '--key', key);
}

const last = ({ out, err }: { out: string; err: string }): string =>
  `${out}${err}`.trim().split('\n').at(-1) ?? '';

/** Whatever the outcome was, it is another. */
const otherOutcome = (line: string): string =>
  line.replace(/"outcome":(\d+)/, (_all, was) => `"outcome":${was === '0' ? 4 : 0}`);

/** An export in which somebody changed, removed or swapped a line. */
async function exportTampered({ tell }: Tour, file: string, key: string): Promise<void> {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const at = lines.findIndex((line) => line.startsWith('{"seq":300,'));
  const changes: readonly (readonly [string, (all: string[]) => void])[] = [
    ['changed', (all) => all.splice(at, 1, otherOutcome(all[at] ?? ''))],
    ['removed', (all) => all.splice(at, 1)],
    ['swapped', (all) => all.splice(at, 2, all[at + 1] ?? '', all[at] ?? '')],
  ];
  for (const [how, change] of changes) {
    const copy = [...lines];
    change(copy);
    const other = `${file}.${how}`;
    writeFileSync(other, `${copy.join('\n')}\n`);
    const found = await offlineCheck(other, key);
    const said = `${found.out}${found.err}`;
    const named = said.includes('the first bad entry is 300.');
    tell.holds(
      `offline, with line 300 ${how}`,
      found.code === 1 && named,
      'not good, and entry 300 named',
      last(found),
    );
  }
}

/** The owner of the database changes rows past every trigger; each is undone before the next. */
async function databaseTampered({ tell, demo }: Tour): Promise<void> {
  tell.chapter('Somebody with all rights on the database tampers with the ledger');
  for await (const { what, kinds, seq } of tamperings(demo.dataDir)) {
    const found = await zorgsluis(demo.variables, 'audit', 'verify');
    const first = found.out.split('\n')[0] ?? '';
    const finding = parsed(first);
    const good = found.code === 1 && finding?.seq === seq && kinds.includes(finding.kind);
    tell.holds(what, good, `${kinds.join(' or ')} at ${seq}`, finding?.text ?? first);
  }
  const again = await zorgsluis(demo.variables, 'audit', 'verify');
  tell.holds('all undone', again.code === 0, 'intact', last(again));
}

function parsed(line: string): { kind: string; seq?: number; text: string } | undefined {
  return line.startsWith('{') ? JSON.parse(line) : undefined;
}
