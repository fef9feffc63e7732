/** https://hl7.org/fhir/R4/fhirpatch.html */
import { describe, expect, it } from 'vitest';
import {
  applyFhirPathPatch,
  R4,
  type Resource,
  readFhirPathPatch,
  STU3,
} from '../../src/conformance/index.ts';
import { Problem } from '../../src/platform/problem.ts';

type Json = Record<string, unknown>;

const PATIENT: Resource = {
  resourceType: 'Patient',
  id: 'p',
  birthDate: '1970-01-01',
  _birthDate: { extension: [{ url: 'u', valueCode: 'x' }] },
  deceasedBoolean: false,
  name: [
    { use: 'official', family: 'A', given: ['a', 'b'] },
    { use: 'nickname', given: ['c'] },
  ],
  contact: [{ name: { text: 'n' } }],
};

function operation(parts: Json): Resource {
  const part = Object.entries(parts).map(([name, value]) =>
    ['path', 'name'].includes(name)
      ? { name, valueString: value }
      : name === 'type'
        ? { name, valueCode: value }
        : typeof value === 'number'
          ? { name, valueInteger: value }
          : { name, ...(value as Json) },
  );
  return { resourceType: 'Parameters', parameter: [{ name: 'operation', part }] };
}

const apply = (parts: Json) =>
  applyFhirPathPatch(R4, PATIENT, readFhirPathPatch(operation(parts))) as Json;

const kindOf = (act: () => unknown): string => {
  try {
    act();
    return 'none';
  } catch (error) {
    return Problem.from(error).kind;
  }
};

describe('FHIRPath Patch', () => {
  it('replaces a value, and the extension that was beside it goes', () => {
    const after = apply({
      type: 'replace',
      path: 'Patient.birthDate',
      value: { valueDate: '1980' },
    });
    expect(after['birthDate']).toBe('1980');
    expect(after).not.toHaveProperty('_birthDate');
  });

  it('replaces one choice by another', () => {
    const value = { valueDateTime: '2026-01-01' };
    const after = apply({ type: 'replace', path: 'Patient.deceased', value });
    expect(after).toMatchObject({ deceasedDateTime: '2026-01-01' });
    expect(after).not.toHaveProperty('deceasedBoolean');
  });

  it('adds to a list, single elements, and elements inside others', () => {
    const name = { valueHumanName: { family: 'N' } };
    const longer = apply({ type: 'add', path: 'Patient', name: 'name', value: name });
    expect(longer['name']).toHaveLength(3);
    const gender = apply({
      type: 'add',
      path: 'Patient',
      name: 'gender',
      value: { valueCode: 'male' },
    });
    expect(gender['gender']).toBe('male');
    const given = apply({
      type: 'add',
      path: "Patient.name.where(use = 'nickname')",
      name: 'family',
      value: { valueString: 'F' },
    });
    expect((given['name'] as Json[])[1]).toMatchObject({ family: 'F' });
  });

  it('adds a backbone element that is made of parts', () => {
    const value = {
      part: [
        { name: 'name', valueHumanName: { text: 'x' } },
        { name: 'relationship', valueCodeableConcept: { text: 'y' } },
      ],
    };
    const after = apply({ type: 'add', path: 'Patient', name: 'contact', value });
    expect((after['contact'] as Json[])[1]).toEqual({
      name: { text: 'x' },
      relationship: [{ text: 'y' }],
    });
  });

  it('deletes one, or nothing where nothing is', () => {
    const after = apply({ type: 'delete', path: 'Patient.name[0].given[0]' });
    expect((after['name'] as Json[])[0]).toMatchObject({ given: ['b'] });
    expect(apply({ type: 'delete', path: 'Patient.gender' })).toEqual(PATIENT);
    expect(apply({ type: 'delete', path: 'Patient.contact.first()' })).not.toHaveProperty(
      'contact',
    );
  });

  it('inserts into a list and moves within it', () => {
    const path = 'Patient.name[0].given';
    const inserted = apply({ type: 'insert', path, index: 1, value: { valueString: 'x' } });
    expect((inserted['name'] as Json[])[0]).toMatchObject({ given: ['a', 'x', 'b'] });
    const moved = apply({ type: 'move', path, source: 1, destination: 0 });
    expect((moved['name'] as Json[])[0]).toMatchObject({ given: ['b', 'a'] });
  });

  it('knows the elements of STU3 as well', () => {
    const animal = operation({
      type: 'add',
      path: 'Patient',
      name: 'animal',
      value: { part: [{ name: 'species', valueCodeableConcept: { text: 'kat' } }] },
    });
    const after = applyFhirPathPatch(STU3, PATIENT, readFhirPathPatch(animal)) as Json;
    expect(after['animal']).toEqual({ species: { text: 'kat' } });
    expect(kindOf(() => applyFhirPathPatch(R4, PATIENT, readFhirPathPatch(animal)))).toBe(
      'unprocessable',
    );
  });

  it.each([
    [{ type: 'replace', path: 'Patient.name', value: { valueString: 'x' } }, 'unprocessable'],
    [{ type: 'replace', path: 'Patient', value: { valueString: 'x' } }, 'unprocessable'],
    [{ type: 'replace', path: 'Observation.status', value: { valueCode: 'x' } }, 'unprocessable'],
    [
      { type: 'replace', path: 'Patient.name.repeat(x)', value: { valueCode: 'x' } },
      'unprocessable',
    ],
    [{ type: 'replace', path: 'Patient.birthDate', value: undefined }, 'invalid'],
    [{ type: 'add', path: 'Patient', name: '__proto__', value: { valueCode: 'x' } }, 'invalid'],
    [
      { type: 'add', path: 'Patient', name: 'nonsense', value: { valueCode: 'x' } },
      'unprocessable',
    ],
    [{ type: 'delete', path: 'Patient.name' }, 'unprocessable'],
    [
      { type: 'insert', path: 'Patient.name', index: 9, value: { valueString: 'x' } },
      'unprocessable',
    ],
    [{ type: 'move', path: 'Patient.name', source: 0, destination: 9 }, 'unprocessable'],
    [{ type: 'nonsense', path: 'Patient.name' }, 'invalid'],
    [{ type: 'delete' }, 'invalid'],
  ])('refuses %j as %s', (parts, kind) => {
    const before = JSON.stringify(PATIENT);
    expect(kindOf(() => apply(parts))).toBe(kind);
    expect(JSON.stringify(PATIENT)).toBe(before);
  });
});
