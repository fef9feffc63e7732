/**
 * `zorgsluis load`: FHIR resources of files through the normal way in, for demo and test. A Nictiz
 * `load.json` is understood: its list of fixtures, with `${DATE, T, D, n}` filled in. Ids are kept.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { openLedger } from '../audit/index.ts';
import type { Command } from '../cli.ts';
import { createOrganisations, type Organisation } from '../identity/index.ts';
import { createIntake, loadFormat, overlayOf, type Receipt } from '../ingest/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createStore } from '../store/index.ts';
import { openForCommand } from './command-database.ts';

export const loadCommand: Command = async ({ args, variables, out, err }) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      aanbieder: { type: 'string' },
      fhir: { type: 'string' },
      date: { type: 'string' },
    },
    allowPositionals: true,
  });
  const [path] = positionals;
  if (path === undefined) {
    err('load FILE|DIR [--aanbieder NAME] [--fhir R4|STU3] [--date YYYY-MM-DD]\n');
    return 1;
  }
  const { database, keyring, close } = openForCommand(variables);
  try {
    const ledger = await openLedger({ database, keyring, clock: systemClock });
    const store = createStore({ keyring, clock: systemClock });
    const intake = createIntake({
      database,
      store,
      ledger,
      keyring,
      clock: systemClock,
      formats: [loadFormat],
    });
    const organisation = await aanbiederOf(createOrganisations(database), values.aanbieder);
    const bodies = filesOf(path).map((file) =>
      withDates(readFileSync(file, 'utf8'), values.date ?? new Date().toISOString().slice(0, 10)),
    );
    const body = JSON.stringify({ resourceType: 'Bundle', type: 'collection', files: bodies });
    const receipt: Receipt = await intake.receive({
      sender: { client: loader(organisation), organisation, overlay: overlayOf('default', 'load') },
      channel: 'load',
      mediaType: `application/fhir+json; fhirVersion=${values.fhir === 'R4' ? '4.0' : '3.0'}`,
      bytes: Buffer.from(body),
      address: 'command-line',
      requestId: crypto.randomUUID(),
    });
    await ledger.close();
    out(`${receipt.items.length} resources ${receipt.state} for ${organisation.name}.\n`);
    return receipt.state === 'accepted' ? 0 : 1;
  } finally {
    await close();
  }
};

function loader(organisation: Organisation) {
  return {
    id: 'load',
    kind: 'sender' as const,
    name: 'load',
    organisationId: organisation.id,
    status: 'active' as const,
    keys: [],
    certificates: [],
    mllp: [],
    scopes: [],
    services: [],
    redirectUris: [],
  };
}

async function aanbiederOf(
  organisations: ReturnType<typeof createOrganisations>,
  name = 'kennemerzoom',
): Promise<Organisation> {
  const found = await organisations.byAanbieder(name.replace(/@medmij$/, ''));
  if (!found) throw new Error('There is no such aanbieder.');
  return found;
}

/** One file, all FHIR files of a folder, or what a `load.json` lists. */
function filesOf(path: string): string[] {
  if (statSync(path).isDirectory()) {
    return readdirSync(path)
      .filter((name) => ['.json', '.xml'].includes(extname(name)))
      .sort()
      .flatMap((name) => filesOf(join(path, name)));
  }
  if (!path.endsWith('load.json')) return [path];
  const listed = JSON.parse(readFileSync(path, 'utf8')) as { fixtures?: unknown[] } | unknown[];
  const names = Array.isArray(listed) ? listed : (listed.fixtures ?? []);
  return names.flatMap((name) =>
    typeof name === 'string' ? [join(dirname(path), name)] : [],
  );
}

const DATE_PLACE = /\$\{\s*DATE\s*,\s*T\s*,\s*([DMY])\s*,\s*([+-]?\d+)\s*\}/g;

/** `${DATE, T, D, -3}` is three days before the date that counts as today. */
function withDates(text: string, today: string): string {
  return text.replace(DATE_PLACE, (_all, unit: string, amount: string) => {
    const date = new Date(`${today}T00:00:00Z`);
    const by = Number(amount);
    if (unit === 'D') date.setUTCDate(date.getUTCDate() + by);
    if (unit === 'M') date.setUTCMonth(date.getUTCMonth() + by);
    if (unit === 'Y') date.setUTCFullYear(date.getUTCFullYear() + by);
    return date.toISOString().slice(0, 10);
  });
}
