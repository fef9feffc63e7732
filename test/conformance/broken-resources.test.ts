/**
 * What comes in may be broken anywhere: validation says so, conversion and search go on without
 * it. None of them fails but by a Problem, and no search fails on what is stored.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toR4, toStu3 } from '../../src/conformance/convert.ts';
import { readFhir, writeFhir } from '../../src/conformance/fhir-format.ts';
import { isObject } from '../../src/conformance/fhir-json.ts';
import { type FhirVersion, R4, STU3 } from '../../src/conformance/fhir-version.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { includeTargets } from '../../src/conformance/search-include.ts';
import { indexTokens } from '../../src/conformance/search-index.ts';
import { matches } from '../../src/conformance/search-matches.ts';
import { narrow } from '../../src/conformance/search-narrow.ts';
import { resourceTypes, searchParametersOf } from '../../src/conformance/search-parameters.ts';
import { parseSearch } from '../../src/conformance/search-parse.ts';
import { sortComparator } from '../../src/conformance/search-sort.ts';
import { subsetElements } from '../../src/conformance/search-subset.ts';
import { validate } from '../../src/conformance/validate.ts';
import { Problem } from '../../src/platform/problem.ts';
import { randomQuery } from './search-agreement/random-query.ts';
import { BASE, type Pick, picker, randomWorld } from './search-agreement/random-world.ts';

const RUNS = Number(process.env['BROKEN_RUNS'] ?? 40);
const JUNK: readonly unknown[] = [
  null,
  1,
  'x',
  true,
  [],
  {},
  [null],
  [[]],
  { a: 1 },
  { coding: 1 },
  { reference: 5 },
  { reference: '#' },
  '',
  { value: null },
  { system: 1, code: 2 },
  { extension: [null] },
  { url: 5 },
];

/** The value with something else in the place of about one in twenty-five of its parts. */
function broken(value: unknown, pick: Pick): unknown {
  if (pick(Array.from({ length: 25 }, (_, at) => at)) === 0) return pick(JUNK);
  if (Array.isArray(value)) return value.map((one) => broken(one, pick));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, broken(one, pick)]));
}

function brokenResource(resource: Resource, pick: Pick): Resource {
  const whole = broken(resource, pick);
  return { ...(isObject(whole) ? whole : {}), resourceType: resource.resourceType };
}

async function onlyProblems(act: () => unknown): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

function ask(
  version: FhirVersion,
  resource: Resource,
  world: readonly Resource[],
  pick: Pick,
): void {
  const { resourceType: type } = resource;
  const pairs = randomQuery({ version, base: BASE, resources: world }, type, pick);
  const sort = pick([...searchParametersOf(version, type), { code: '_lastUpdated' }]).code;
  const asked = [...pairs, ['_sort', `-${sort}`], ['_include', '*'], ['_summary', 'true']] as const;
  const query = parseSearch(version, type, asked, { strict: false, bases: [BASE] });
  narrow(query);
  const all = [...world, resource];
  const at = (reference: string) =>
    all.find((one) => `${one.resourceType}/${one.id}` === reference);
  matches(query, resource, at, (wanted) => all.filter((one) => one.resourceType === wanted));
  includeTargets(query, resource);
  all.filter((one) => one.resourceType === type).toSorted(sortComparator(query));
  subsetElements(query, resource);
}

it.each([R4, STU3])(
  'broken resources of $name break nothing',
  { timeout: 60_000 },
  async (version) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const pick = picker(seed);
        const type = pick(
          resourceTypes(version).filter((one) => !/^(?:Bundle|Parameters)$/.test(one)),
        );
        const world = randomWorld(version, [type, 'Patient'], pick).resources;
        for (const resource of world) {
          const one = brokenResource(resource, pick);
          await onlyProblems(() => validate(one, { version }));
          await onlyProblems(() => (version === R4 ? toStu3(one) : toR4(one)));
          await onlyProblems(() => {
            const xml = writeFhir(one, { format: 'xml', version });
            return readFhir(xml, { format: 'xml', version });
          });
          if (version === R4) indexTokens(one);
          ask(version, one, world, pick);
        }
        expect(world.length).toBeGreaterThan(0);
      }),
      { numRuns: RUNS },
    );
  },
);
