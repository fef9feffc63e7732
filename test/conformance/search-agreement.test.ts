/**
 * Search against itself written a second time: random worlds, random searches, both FHIR versions.
 * What the search finds, after its narrowing, is what the plain evaluation finds.
 *
 *   SEARCH_QUERIES=10000 npx vitest run test/conformance/search-agreement.test.ts
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toR4 } from '../../src/conformance/convert.ts';
import { type FhirVersion, R4, STU3 } from '../../src/conformance/fhir-version.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { includeTargets } from '../../src/conformance/search-include.ts';
import { indexTokens } from '../../src/conformance/search-index.ts';
import { matches } from '../../src/conformance/search-matches.ts';
import { type Narrowing, narrow } from '../../src/conformance/search-narrow.ts';
import { resourceTypes, searchParametersOf } from '../../src/conformance/search-parameters.ts';
import { parseSearch } from '../../src/conformance/search-parse.ts';
import { sortComparator } from '../../src/conformance/search-sort.ts';
import { plainIncludes, plainOrder, SORTED_KINDS } from './search-agreement/plain-order.ts';
import { plainlyMatches, type World } from './search-agreement/plain-search.ts';
import { randomQuery } from './search-agreement/random-query.ts';
import { BASE, picker, randomWorld } from './search-agreement/random-world.ts';

const QUERIES = Number(process.env['SEARCH_QUERIES'] ?? 600);
const QUERIES_PER_WORLD = 25;
const LONG = { timeout: 600_000 };
const SEED = Number(process.env['SEARCH_SEED'] ?? 20_261_125);
/** What a record is made of; every world has three of these and three others of the version. */
const CLINICAL = ['Patient', 'Observation', 'Encounter', 'Condition', 'MedicationRequest'];

describe.each([R4, STU3])('searches of $name', (version) => {
  it(`find what a plain evaluation finds, ${QUERIES / 2} times`, LONG, () => {
    const worlds = Math.max(1, Math.round(QUERIES / 2 / QUERIES_PER_WORLD));
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const pick = picker(seed);
        const others = resourceTypes(version).filter((type) => !NOT_SEARCHED.has(type));
        const types = new Set([
          pick(CLINICAL),
          pick(CLINICAL),
          pick(others),
          pick(others),
          'Patient',
        ]);
        const world = randomWorld(version, [...types], pick);
        const stored = new Map(world.resources.map((one) => [one, inR4(version, one)]));
        for (let count = 0; count < QUERIES_PER_WORLD; count++) {
          const type = pick([...types]);
          const pairs = randomQuery(world, type, pick);
          const asked = `${type}?${pairs.map((pair) => pair.join('=')).join('&')}`;
          const expected = world.resources.filter(
            (one) =>
              one.resourceType === type &&
              pairs.every(([name, value]) => plainlyMatches(world, one, name, value)),
          );
          expect([asked, ...idsOf(found(world, stored, type, pairs))]).toEqual([
            asked,
            ...idsOf(expected),
          ]);
        }
      }),
      { numRuns: worlds, seed: SEED, endOnFailure: true },
    );
  });
});

describe.each([R4, STU3])('answers of $name', (version) => {
  it('stand in the order asked for, and bring along what they refer to', LONG, () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const pick = picker(seed);
        const types = new Set([pick(CLINICAL), pick(CLINICAL), 'Patient']);
        const world = randomWorld(version, [...types], pick);
        const type = pick([...types]);
        const parameters = searchParametersOf(version, type);
        const sortable = parameters.filter(({ kind }) => SORTED_KINDS.has(kind));
        const keys = Array.from({ length: pick([1, 2, 3]) }, () => {
          return pick(['', '-']) + pick(sortable).code;
        });
        const link = pick(parameters.filter(({ kind }) => kind === 'reference'));
        const include = pick([`${type}:${link.code}`, `${type}:${link.code}:Patient`]);
        const asked = [
          ['_sort', keys.join(',')],
          ['_include', include],
        ] as const;
        const query = parseSearch(version, type, asked, { strict: true, bases: [BASE] });
        const all = world.resources.filter((one) => one.resourceType === type);
        const expected = idsOf(plainOrder(world, all, keys));
        expect([keys, ...idsOf(all.toSorted(sortComparator(query)))]).toEqual([keys, ...expected]);
        for (const one of all) {
          const found = includeTargets(query, one).map(({ reference }) => reference);
          expect([include, ...found.toSorted()]).toEqual([
            include,
            ...[...new Set(plainIncludes(world, one, include))].toSorted(),
          ]);
        }
      }),
      { numRuns: Math.round(QUERIES / 6), seed: SEED, endOnFailure: true },
    );
  });
});

/** A Bundle or Parameters is not filed by what is in it; both are never in a record. */
const NOT_SEARCHED = new Set(['Bundle', 'Parameters', 'Binary']);

function idsOf(resources: readonly Resource[]): string[] {
  return resources.map(({ resourceType, id }) => `${resourceType}/${id}`);
}

function found(
  world: World,
  stored: ReadonlyMap<Resource, Resource | undefined>,
  type: string,
  pairs: readonly (readonly [string, string])[],
): Resource[] {
  const query = parseSearch(world.version, type, pairs, { strict: true, bases: [BASE] });
  const narrowing = narrow(query);
  return world.resources.filter((one) => {
    const r4 = stored.get(one);
    if (r4 && !isNarrowedTo(narrowing, r4)) return false;
    return matches(
      query,
      one,
      (reference) => world.resources.find((other) => idsOf([other])[0] === reference),
      (source) => world.resources.filter((other) => other.resourceType === source),
    );
  });
}

/** What SQL would let through. */
function isNarrowedTo({ types, tokens, months, ids }: Narrowing, r4: Resource): boolean {
  const own = indexTokens(r4);
  return (
    types.includes(r4.resourceType) &&
    (ids === undefined || ids.includes(r4.id ?? '')) &&
    tokens.every((group) => group.some((token) => own.tokens.includes(token))) &&
    months.every((group) => group.some((month) => own.months.includes(month)))
  );
}

function inR4(version: FhirVersion, resource: Resource): Resource | undefined {
  if (version === R4) return resource;
  try {
    return toR4(resource).resource;
  } catch {
    return undefined;
  }
}
