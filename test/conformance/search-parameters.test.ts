import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { R4, STU3 } from '../../src/conformance/fhir-version.ts';
import { select, selectFrom } from '../../src/conformance/search-expression.ts';
import {
  resourceTypes,
  searchParameter,
  searchParametersOf,
} from '../../src/conformance/search-parameters.ts';

describe.each([R4, STU3])('the search parameters of $name', (version) => {
  const all = [...resourceTypes(version), 'Resource', 'DomainResource'].flatMap((type) =>
    searchParametersOf(version, type),
  );

  it('can all be evaluated; only _text and _content have no expression', () => {
    for (const { type, expression, components } of all.filter((one) => one.expression !== '')) {
      const resource = { resourceType: type };
      expect(() => select(expression, resource)).not.toThrow();
      for (const component of components) {
        expect(() => selectFrom(component.expression, [], resource)).not.toThrow();
      }
    }
    const without = all.filter((one) => one.expression === '').map((one) => one.code);
    expect(without.toSorted()).toEqual(['_content', '_text']);
  });

  it('are those HL7 published for the version, and the Dutch ones', () => {
    expect(all.length).toBeGreaterThan(version === R4 ? 1700 : 1360);
    expect(searchParameter(version, 'Observation', '_lastUpdated')?.kind).toBe('date');
    expect(searchParameter(version, 'MedicationDispense', 'category')?.kind).toBe('token');
    expect(searchParameter(version, 'Observation', 'nothing')).toBeUndefined();
  });

  it('have a kind that there is, and stand in one table only', () => {
    const kinds = new Set(
      'number date string token reference composite quantity uri special'.split(' '),
    );
    expect(all.filter(({ kind }) => !kinds.has(kind))).toEqual([]);
    const named = ['search-parameters.tsv', 'search-parameters-nl.tsv'].flatMap((file) =>
      readFileSync(new URL(`../../profiles/${version.profiles}/${file}`, import.meta.url), 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.split('\t').slice(0, 2).join('?')),
    );
    expect(named.filter((one, at) => named.indexOf(one) !== at)).toEqual([]);
  });
});

describe('an expression', () => {
  it.each([
    ['Observation.value.as(Quantity)', { valueQuantity: { value: 1 } }, [{ value: 1 }]],
    ['(Observation.value as string)', { valueString: 'a' }, ['a']],
    ['(Observation.value as CodeableConcept).text', { valueCodeableConcept: { text: 'b' } }, ['b']],
    ['Observation.value.as(DateTime)', { valueDateTime: '2020' }, ['2020']],
    ['Observation.value.as(Quantity)', { valueString: 'a' }, []],
    ['Observation.code | Observation.component.code', { component: [{ code: 1 }, {}] }, [1]],
    ['Patient.name', { name: 'of another type' }, []],
    ['Observation.subject.where(resolve() is Patient)', { subject: { reference: 'Group/1' } }, []],
    [
      "Observation.x.where(system='phone')",
      { x: [{ system: 'phone' }, { system: 'email' }] },
      [{ system: 'phone' }],
    ],
    ['Observation.x[1].y', { x: [{ y: 1 }, { y: 2 }] }, [2]],
    [
      "Observation.extension('http://a').value",
      {
        extension: [
          { url: 'http://a', valueCode: 'c' },
          { url: 'http://b', valueCode: 'd' },
        ],
      },
      ['c'],
    ],
    ['Observation.x.exists() and Observation.x != false', { x: false }, [false]],
    ['Observation.x.exists() and Observation.x != false', { x: '2020' }, [true]],
    ['Observation.where(x.empty()).y', { y: 1 }, [1]],
    ['Observation.where(x.empty()).y', { x: 2, y: 1 }, []],
  ])('%s of %j is %j', (expression, content, expected) => {
    const resource = { resourceType: 'Observation', ...content };
    expect(select(expression, resource).map(({ value }) => value)).toEqual(expected);
  });

  it('tells the type of a contained and of a typed reference', () => {
    const resource = {
      resourceType: 'Observation',
      contained: [{ resourceType: 'Patient', id: 'p' }],
      subject: [{ reference: '#p' }, { type: 'Patient' }, { reference: 'urn:uuid:1' }],
    };
    expect(select('Observation.subject.where(resolve() is Patient)', resource)).toHaveLength(2);
  });
});
