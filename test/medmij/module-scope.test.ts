/** From the scopes that a module asks to what its person lets it have. */
import { describe, expect, it } from 'vitest';
import { rightsOf, scopesAsked, scopesLeft } from '../../src/medmij/modules/module-scope.ts';

const TYPES = new Set(['Task', 'Patient']);

describe('the scopes of a module', () => {
  it.each([
    ['patient/*.read system/*.read openid', ['patient/*.read'], ['patient/*.read']],
    ['patient/Patient.read patient/Task.rs', ['patient/Task.read'], ['patient/Task.rs']],
    ['patient/*.read', ['patient/Task.read'], []],
    ['patient/Task.write launch', ['patient/Task.read'], ['launch']],
    ['fhirUser fhirUser', ['fhirUser'], ['fhirUser']],
  ])('%s, of a module for %j, is %j', (asked, listed, expected) => {
    expect(scopesAsked(asked, listed)).toEqual(expected);
  });

  it('come to kinds that are here, each once', () => {
    const names = rightsOf(
      ['patient/Task.rs', 'patient/*.read', 'patient/Flag.read', 'patient/Task.write'],
      TYPES,
    ).map(({ name }) => name);
    expect(names).toEqual(['patient/Task.read', 'patient/Patient.read', 'patient/Task.write']);
  });

  it.each([
    [
      ['launch', 'patient/*.read'],
      ['patient/Task.read', 'patient/Patient.read'],
      ['launch', 'patient/*.read'],
    ],
    [['launch', 'patient/*.read'], ['patient/Task.read'], ['launch', 'patient/Task.read']],
    [['patient/Task.rs'], ['patient/Task.read'], ['patient/Task.rs']],
    [['patient/*.read', 'fhirUser'], [], []],
    [['patient/*.read', 'patient/Task.read'], ['patient/Task.read'], ['patient/Task.read']],
    [['patient/Flag.read'], ['patient/Flag.read'], []],
  ])('%j with %j allowed leaves %j', (scopes, allowed, expected) => {
    expect(scopesLeft(scopes, TYPES, new Set(allowed))).toEqual(expected);
  });
});
