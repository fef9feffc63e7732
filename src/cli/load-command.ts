/**
 * `zorgsluis load FILE|DIR`: FHIR resources of fixtures through the normal way in. It makes people
 * without asking who they are, so it works with demo keys only.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { readConfig } from '../config.ts';
import { R4, STU3 } from '../conformance/index.ts';
import { dutchDate } from '../demo/fixtures/fill-in.ts';
import { aanbiederNamed, loadFixtures } from '../demo/fixtures/load-fixtures.ts';
import { readFixtures } from '../demo/fixtures/read-fixtures.ts';
import { systemClock } from '../platform/clock.ts';
import { createLog } from '../platform/log.ts';
import { tellChange } from '../registry-told.ts';
import { furnish } from '../rooms.ts';
import { openForCommand } from './command-database.ts';

const USAGE = 'load FILE|DIR [--aanbieder NAME] [--fhir R4|STU3] [--date YYYY-MM-DD]\n';
const DEFAULT_AANBIEDER = 'proefaanbieder';

export const loadCommand: Command = async ({ args, variables, out, err }) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      aanbieder: { type: 'string', default: DEFAULT_AANBIEDER },
      fhir: { type: 'string' },
      date: { type: 'string', default: dutchDate(systemClock()) },
    },
    allowPositionals: true,
  });
  const [path] = positionals;
  const isDate = /^\d{4}-\d\d-\d\d$/.test(values.date) && !Number.isNaN(Date.parse(values.date));
  if (path === undefined || !isDate || !['R4', 'STU3', undefined].includes(values.fhir)) {
    err(USAGE);
    return 1;
  }
  const version = values.fhir === undefined ? undefined : values.fhir === 'R4' ? R4 : STU3;
  const { database, keyring, dataDir, close } = openForCommand(variables);
  if (!keyring.demo) {
    await close();
    throw new Error('Fixtures are loaded in the demo and in tests only.');
  }
  const rooms = await furnish({
    config: readConfig(variables, { demo: true }),
    keyring,
    database,
    clock: systemClock,
    log: createLog({ level: 'error' }),
    checkpointsDir: join(dataDir, 'checkpoints'),
    isReady: () => true,
  });
  try {
    const fixtures = readFixtures(path, version, { date: values.date, names: new Map() });
    const name = values.aanbieder.replace(/@medmij$/, '');
    const aanbieder = await aanbiederNamed(rooms, name);
    const loaded = await loadFixtures(rooms, aanbieder, fixtures);
    await tellChange(rooms, `load-${aanbieder.id}`, 'load');
    out(
      `Loaded ${loaded.resources} resources (${fixtures.version.name}) of ${loaded.people} ` +
        `people at ${name}@medmij, with ${values.date} as the reference date.\n`,
    );
    return 0;
  } finally {
    await rooms.ledger.close();
    await close();
  }
};
