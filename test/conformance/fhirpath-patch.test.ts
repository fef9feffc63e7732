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

  it('follows a path that begins at a member of the resource', () => {
    const after = apply({ type: 'replace', path: 'name[0].family', value: { valueString: 'Z' } });
    expect((after['name'] as Json[])[0]).toMatchObject({ family: 'Z' });
    expect(apply({ type: 'delete', path: "name.where(use = 'nickname')" })['name']).toHaveLength(1);
    const value = { valueString: 'Z' };
    expect(kindOf(() => apply({ type: 'replace', path: 'Observation.status', value }))).toBe(
      'unprocessable',
    );
  });

  it('adds nothing in the place of what is there, in whatever type it is', () => {
    for (const [name, value] of [
      ['birthDate', { valueDate: '1980-01-01' }],
      ['deceased', { valueDateTime: '2026-01-01' }],
    ] as const) {
      expect(kindOf(() => apply({ type: 'add', path: 'Patient', name, value }))).toBe(
        'unprocessable',
      );
    }
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

  it('adds an extension of parts: its value is the member of the choice that it was sent as', () => {
    const value = {
      part: [
        { name: 'url', valueUri: 'urn:test:e' },
        { name: 'value', valueString: 'x' },
      ],
    };
    const after = apply({ type: 'add', path: 'Patient', name: 'extension', value });
    expect(after['extension']).toEqual([{ url: 'urn:test:e', valueString: 'x' }]);
    const inner = {
      part: [
        { name: 'url', valueUri: 'a' },
        { name: 'value', valueCode: 'y' },
      ],
    };
    const nested = {
      part: [
        { name: 'url', valueUri: 'urn:test:e' },
        { name: 'extension', ...inner },
        {
          name: 'extension',
          part: [
            { name: 'url', valueUri: 'b' },
            { name: 'value', part: [{ name: 'code', valueCode: 'z' }] },
          ],
        },
      ],
    };
    expect(
      kindOf(() => apply({ type: 'add', path: 'Patient', name: 'extension', value: nested })),
    ).toBe('unprocessable');
    nested.part.pop();
    expect(apply({ type: 'add', path: 'Patient', name: 'extension', value: nested })).toMatchObject(
      {
        extension: [{ url: 'urn:test:e', extension: [{ url: 'a', valueCode: 'y' }] }],
      },
    );
  });

  it.each([R4, STU3])('adds, changes and takes away extensions of a primitive (%o)', (version) => {
    const url = 'http://hl7.org/fhir/StructureDefinition/patient-birthTime';
    const parts = [
      { name: 'url', valueUri: url },
      { name: 'value', valueDateTime: '1970-01-01T08:00:00Z' },
    ];
    const on = (resource: Json, ...all: Json[]) =>
      all.reduce<Json>(
        (before, one) =>
          applyFhirPathPatch(
            version,
            before as Resource,
            readFhirPathPatch(operation(one)),
          ) as Json,
        resource,
      );
    const born = { resourceType: 'Patient', birthDate: '1970-01-01' };
    const add = {
      type: 'add',
      path: 'Patient.birthDate',
      name: 'extension',
      value: { part: parts },
    };
    const added = on(born, add);
    const extension = [{ url, valueDateTime: '1970-01-01T08:00:00Z' }];
    expect(added).toEqual({ ...born, _birthDate: { extension } });
    expect(on(added, add)['_birthDate']).toEqual({ extension: [...extension, ...extension] });
    const id = { type: 'add', path: 'Patient.birthDate', name: 'id', value: { valueString: 'b' } };
    expect(on(added, id)['_birthDate']).toEqual({ extension, id: 'b' });
    for (const path of [
      `Patient.birthDate.extension('${url}')`,
      `Patient.birthDate.extension.where(url = '${url}')`,
      'Patient.birthDate.extension[0]',
    ]) {
      const value = { valueDateTime: '1970-01-01T09:00:00Z' };
      const changed = on(added, { type: 'replace', path: `${path}.value`, value });
      expect(changed['_birthDate']).toEqual({ extension: [{ url, ...value }] });
      expect(on(added, { type: 'delete', path })).toEqual(born);
    }
    // In a list each keeps its place.
    const named = { resourceType: 'Patient', name: [{ given: ['a', 'b', 'c'] }] };
    const second = { ...add, path: 'Patient.name[0].given[1]' };
    const third = { ...add, path: 'Patient.name[0].given[2]' };
    const both = on(named, second, third);
    const name = (...beside: unknown[]) => [{ given: ['a', 'b', 'c'], _given: beside }];
    expect(both['name']).toEqual(name(null, { extension }, { extension }));
    const taken = on(both, { type: 'delete', path: 'Patient.name[0].given[1].extension[0]' });
    expect(taken['name']).toEqual(name(null, null, { extension }));
    // One that is there by its extension only.
    const absent = { resourceType: 'Patient', _birthDate: { extension } };
    expect(on(absent, { type: 'delete', path: 'Patient.birthDate.extension[0]' })).toEqual({
      resourceType: 'Patient',
    });
    const other = { ...add, name: 'value' };
    expect(kindOf(() => on(born, other))).toBe('unprocessable');
  });

  it('makes any type of parts, however deep, with lists where the type has them', () => {
    const value = {
      part: [
        {
          name: 'name',
          part: [
            { name: 'family', valueString: 'F', _valueString: { id: 'f' } },
            { name: 'given', valueString: 'a' },
            { name: 'given', valueString: 'b', _valueString: { id: 'g' } },
            { name: 'period', part: [{ name: 'end', valueDateTime: '2020' }] },
          ],
        },
        {
          name: 'relationship',
          part: [{ name: 'coding', part: [{ name: 'code', valueCode: 'N' }] }],
        },
      ],
    };
    const made = {
      name: {
        ...{ family: 'F', _family: { id: 'f' }, period: { end: '2020' } },
        ...{ given: ['a', 'b'], _given: [null, { id: 'g' }] },
      },
      relationship: [{ coding: [{ code: 'N' }] }],
    };
    const path = 'Patient.contact';
    const ways = [
      apply({ type: 'add', path: 'Patient', name: 'contact', value }),
      apply({ type: 'insert', path, index: 1, value }),
    ];
    for (const after of ways) expect((after['contact'] as Json[])[1]).toEqual(made);
    const replaced = apply({ type: 'replace', path: 'Patient.contact[0]', value });
    expect(replaced['contact']).toEqual([made]);
    const name = { part: [{ name: 'value', valueCode: 'x' }] };
    const wrong = () => apply({ type: 'replace', path: 'Patient.contact[0]', value: name });
    expect(kindOf(wrong)).toBe('unprocessable');
    const twice = { part: [1, 2].map((valueString) => ({ name: 'text', valueString })) };
    expect(kindOf(() => apply({ type: 'add', path: 'Patient', name: 'name', value: twice }))).toBe(
      'unprocessable',
    );
    const bare = { part: [{ name: 'name' }] };
    expect(
      kindOf(() => apply({ type: 'add', path: 'Patient', name: 'contact', value: bare })),
    ).toBe('invalid');
  });

  it('takes away an element of which the last member went', () => {
    expect(apply({ type: 'delete', path: 'Patient.contact[0].name.text' })).not.toHaveProperty(
      'contact',
    );
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

  it('inserts the first of a list that is not there yet', () => {
    const value = { valueContactPoint: { system: 'phone', value: '1' } };
    const insert = (path: string, index = 0) => apply({ type: 'insert', path, index, value });
    expect(insert('Patient.telecom')).toMatchObject({ telecom: [{ value: '1' }] });
    expect(insert('telecom')).toMatchObject({ telecom: [{ value: '1' }] });
    expect(insert('Patient.contact[0].telecom')).toMatchObject({
      contact: [{ name: { text: 'n' }, telecom: [{ value: '1' }] }],
    });
    for (const path of ['Patient.gender', 'Patient.nothing', 'Patient.contact[1].telecom']) {
      expect(kindOf(() => insert(path))).toBe('unprocessable');
    }
    expect(kindOf(() => insert('Patient.telecom', 1))).toBe('unprocessable');
  });

  it('without operations changes nothing', () => {
    for (const parameter of [undefined, []]) {
      const none: Resource = { resourceType: 'Parameters', ...(parameter ? { parameter } : {}) };
      expect(applyFhirPathPatch(R4, PATIENT, readFhirPathPatch(none))).toEqual(PATIENT);
    }
    const odd: Resource = { resourceType: 'Parameters', parameter: 'none' };
    expect(kindOf(() => readFhirPathPatch(odd))).toBe('invalid');
    expect(kindOf(() => readFhirPathPatch(PATIENT))).toBe('invalid');
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
