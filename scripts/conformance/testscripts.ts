/**
 * The server-side TestScripts of Nictiz against a running gateway, through tokens of the MedMij
 * door, in JSON and XML:
 *
 *   npm run conformance -- testscripts [--verbose]
 *
 * Each unit of the material is loaded through the normal way in, at an aanbieder of its own.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { R4, STU3 } from '../../src/conformance/index.ts';
import { dutchDate } from '../../src/demo/fixtures/fill-in.ts';
import { aanbiederNamed, loadFixtures } from '../../src/demo/fixtures/load-fixtures.ts';
import { readFixtures } from '../../src/demo/fixtures/read-fixtures.ts';
import { emptyTally, scored, type Tally } from './tally.ts';
import { type SuiteGateway, startSuiteGateway } from './testscripts/gateway.ts';
import { runScript } from './testscripts/run-script.ts';
import { type Operation, readScript } from './testscripts/script.ts';

interface Listed {
  readonly script: string;
  readonly gegevensdienst: string;
  readonly naam: string;
  readonly functie: string;
  readonly fhir: string;
  readonly rol: string;
}

interface Person {
  readonly token: string;
  readonly patientId: string;
  readonly familyName: string;
}

interface Unit {
  readonly folder: string;
  readonly aanbieder: string;
  readonly version: typeof R4;
  readonly scripts: readonly Listed[];
}

export interface SuiteOptions {
  readonly fixtures: string;
  readonly progress?: (text: string) => void;
}

export async function run({ fixtures, progress = () => {} }: SuiteOptions) {
  const root = join(fixtures, 'nictiz', 'Nictiz-testscripts');
  const listed = JSON.parse(readFileSync(join(root, 'manifest.json'), 'utf8')) as Listed[];
  const people = JSON.parse(readFileSync(join(root, 'test-patients.json'), 'utf8')) as Person[];
  const only = process.env['TESTSCRIPTS'];
  const services: Record<string, Tally> = {};
  const gateway = await startSuiteGateway();
  try {
    for (const unit of unitsOf(root, listed)) {
      if (only !== undefined && !unit.folder.includes(only)) continue;
      await load(gateway, unit.aanbieder, unit.folder, unit.version);
      for (const one of unit.scripts) {
        const tally = services[serviceOf(one)] ?? emptyTally();
        services[serviceOf(one)] = tally;
        await runOne(gateway, { root, unit, one, people }, tally, progress);
      }
    }
  } finally {
    await gateway.stop();
  }
  const total = emptyTally();
  for (const tally of Object.values(services)) {
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.unsupported += tally.unsupported;
    scored(tally);
  }
  return { ...scored(total), services };
}

/** Scripts that only read go first: what others share must not change what they count. */
function unitsOf(root: string, listed: readonly Listed[]): Unit[] {
  const folders = [...new Set(listed.map((one) => unitFolder(join(root, one.script))))];
  return folders.map((folder) => {
    const scripts = listed.filter((one) => join(root, one.script).startsWith(`${folder}/`));
    const version = scripts[0]?.fhir === 'R4' ? R4 : STU3;
    const aanbieder = basename(dirname(dirname(folder))).toLowerCase();
    return {
      folder,
      aanbieder,
      version,
      scripts: [...scripts].sort((a, b) => writes(root, a) - writes(root, b)),
    };
  });
}

/** The nearest folder above a script that says what to load. */
function unitFolder(script: string): string {
  let folder = dirname(script);
  while (!existsSync(join(folder, 'load.json'))) {
    if (dirname(folder) === folder) throw new Error(`${script}: there is no load.json above it`);
    folder = dirname(folder);
  }
  return folder;
}

const writes = (root: string, one: Listed): number =>
  /"(batch|transaction|update)"/.test(readFileSync(join(root, one.script), 'utf8')) ? 1 : 0;

/** Numbers of the catalogue; where the material tells none, those of our own configuration. */
const OWN_NUMBERS: Readonly<Record<string, string>> = {
  'Beelden (foto’s)': '9000102',
  Dossierwijzigingsverzoek: '9000103',
};

function serviceOf({ gegevensdienst, naam, rol }: Listed): string {
  if (rol === 'Dispense612Conversion') return '35';
  return OWN_NUMBERS[naam] ?? /\d+/.exec(gegevensdienst)?.[0] ?? naam;
}

async function load(
  gateway: SuiteGateway,
  aanbieder: string,
  path: string,
  version: typeof R4,
): Promise<void> {
  const fill = { date: dutchDate(new Date()), names: new Map<string, string>() };
  const fixtures = readFixtures(path, version, fill);
  const organisation = await aanbiederNamed(gateway.rooms, aanbieder);
  await loadFixtures(gateway.rooms, organisation, fixtures);
}

interface OneScript {
  readonly root: string;
  readonly unit: Unit;
  readonly one: Listed;
  readonly people: readonly Person[];
}

async function runOne(
  gateway: SuiteGateway,
  { root, unit, one, people }: OneScript,
  tally: Tally,
  progress: (text: string) => void,
): Promise<void> {
  const file = join(root, one.script);
  const service = serviceOf(one);
  const seed = seedOf(unit.folder, file);
  if (seed) await load(gateway, unit.aanbieder, seed, unit.version);
  const outcome = await runScript(readScript(file), {
    version: unit.version,
    date: dutchDate(new Date()),
    baseFor: (_operation: Operation) => `${gateway.url}/medmij/${unit.aanbieder}/${service}/fhir`,
    authorization: async (published) => {
      const person = people.find(({ token }) => token === published);
      if (!person) return published;
      await present(gateway, unit, person);
      return `Bearer ${await gateway.token(person.patientId, unit.aanbieder, [service])}`;
    },
  });
  if (outcome.failures.length > 0) tally.failed += 1;
  else if (outcome.unsupported.length > 0) tally.unsupported += 1;
  else tally.passed += 1;
  for (const line of [...outcome.failures, ...outcome.unsupported].slice(0, 8)) {
    progress(`${service} ${basename(file)}: ${line}`);
  }
  for (const line of outcome.warnings.slice(0, 2)) {
    progress(`${service} ${basename(file)}: (warning) ${line}`);
  }
}

/** Who only sends has nothing to load: then the person alone is put there. */
async function present(gateway: SuiteGateway, unit: Unit, person: Person): Promise<void> {
  const organisation = await aanbiederNamed(gateway.rooms, unit.aanbieder);
  const { store, database } = gateway.rooms;
  const where = { type: 'Patient', id: person.patientId, custodian: organisation.id };
  if (await store.place(database, where)) return;
  const name = [{ family: person.familyName }];
  const profile = ['http://fhir.nl/fhir/StructureDefinition/nl-core-patient'];
  const meta = { profile };
  const patient = { resourceType: 'Patient', id: person.patientId, meta, name };
  await loadFixtures(gateway.rooms, organisation, { version: unit.version, resources: [patient] });
}

/** Some scripts want exactly one open Task: this names it. */
function seedOf(folder: string, file: string): string | undefined {
  const list = join(folder, 'seed-per-script.json');
  if (!existsSync(list)) return undefined;
  const seeds = JSON.parse(readFileSync(list, 'utf8')) as Record<string, string>;
  const seed = seeds[basename(file)];
  return seed === undefined ? undefined : join(folder, seed);
}
