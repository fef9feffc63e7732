/** https://hl7.org/fhir/R4/profiling.html#slicing, of lists that are long. */
import { describe, expect, it } from 'vitest';
import { R4 } from '../../src/conformance/fhir-version.ts';
import { evaluatorOf } from '../../src/conformance/invariants.ts';
import { openProfileBook } from '../../src/conformance/profile-book.ts';
import { checkProfile } from '../../src/conformance/profile-check.ts';
import { itemOf } from '../../src/conformance/profile-item.ts';
import { element, OWN, packageOf, profile, slicing } from './profile-samples.ts';

const LOINC = 'http://loinc.org';
const MANY = 20_000;

describe('a profile check', () => {
  it('stops at every value of a long list, so that others get their turn', async () => {
    const sliced = profile('p', 'Observation', [
      element('Observation.component', slicing('pattern', 'code', 'closed')),
      element('Observation.component:a', { min: 1 }),
      element('Observation.component:a.code', {
        patternCodeableConcept: { coding: [{ system: LOINC, code: '0' }] },
      }),
    ]);
    const root = {
      resourceType: 'Observation',
      component: Array.from({ length: MANY }, (_none, at) => ({
        code: { coding: [{ system: LOINC, code: `${at % 2}` }] },
      })),
    };
    const run = {
      version: R4,
      book: openProfileBook(R4, [packageOf(sliced)]),
      evaluate: await evaluatorOf(R4),
      root,
      issues: [],
    };
    let steps = 0;
    for (const _step of checkProfile(run, itemOf(root, 'Observation'), `${OWN}p`)) steps += 1;
    expect(steps).toBeGreaterThan(2 * MANY);
    expect(run.issues).toMatchObject([
      { detail: 'profile-closed', expression: ['Observation.component[1]'] },
    ]);
  });
});
