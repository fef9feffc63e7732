import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { R4, STU3 } from '../../src/conformance/fhir-version.ts';
import { outcomeOf } from '../../src/conformance/operation-outcome.ts';
import { LIMITS } from '../../src/conformance/search-limits.ts';
import { parseSearch } from '../../src/conformance/search-parse.ts';
import { selfLink } from '../../src/conformance/search-self-link.ts';
import { Problem } from '../../src/platform/problem.ts';
import { ask, BASE } from './search-ask.ts';

function problemOf(search: string, strict = true): Problem {
  try {
    ask(R4, search, { strict });
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error(`${search} was accepted`);
}

describe('a search that cannot be answered as asked', () => {
  it.each([
    ['Observation?date=yesterday', 'invalid', 'date'],
    ['Observation?date=ge', 'invalid', 'date'],
    ['Observation?value-quantity=high', 'invalid', 'value-quantity'],
    ['Observation?value-quantity=5||mg|more', 'invalid', 'value-quantity'],
    ['Observation?code:exact=a', 'invalid', 'code:exact'],
    ['Observation?code:in=http://v', 'not-supported', 'code:in'],
    ['Observation?code:below=http://s|a', 'not-supported', 'code:below'],
    ['Observation?code:missing=maybe', 'invalid', 'code:missing'],
    ['Observation?code=|', 'invalid', 'code'],
    ['Observation?code-value-quantity=a', 'invalid', 'code-value-quantity'],
    ['Observation?code-value-quantity=$5', 'invalid', 'code-value-quantity'],
    ['Observation?code-value-string=a$', 'invalid', 'code-value-string'],
    ['Observation?code-value-quantity:missing=true', 'invalid', 'code-value-quantity:missing'],
    ['Observation?code.display=a', 'invalid', 'code.display'],
    ['Observation?subject:Nothing.name=a', 'invalid', 'subject:Nothing.name'],
    ['Observation?identifier:of-type=a|b', 'invalid', 'identifier:of-type'],
    ['Observation?_filter=a', 'not-supported', '_filter'],
    ['Observation?_sort:desc=date', 'invalid', '_sort:desc'],
    ['Observation?_sort:asc=date', 'invalid', '_sort:asc'],
    ['Observation?_count:x=1', 'invalid', '_count:x'],
    ['Observation?_summary:x=true', 'invalid', '_summary:x'],
    ['Observation?_elements:x=id', 'invalid', '_elements:x'],
    ['Observation?_total:x=none', 'invalid', '_total:x'],
    ['Observation?_summary=some', 'invalid', '_summary'],
    ['Observation?_count=-1', 'invalid', '_count'],
    ['Observation?_sort=nothing', 'invalid', '_sort'],
    ['Observation?_include:logical=Observation:subject', 'invalid', '_include:logical'],
    ['Observation?_include=subject', 'invalid', '_include'],
    ['Observation?_revinclude=subject', 'invalid', '_revinclude'],
    ['Observation?_list=42', 'not-supported', '_list'],
    ['Observation?_contained=true', 'not-supported', '_contained'],
    ['MedicationRequest?is-latest-stop=yes', 'invalid', 'is-latest-stop'],
    ['Location?near=52|5', 'not-supported', 'near'],
    ['Patient?_has:Observation:patient=a', 'invalid', '_has:Observation:patient'],
    ['Observation?nothing=a', 'invalid', 'nothing'],
    ['Observation?_id=Observation/x', 'invalid', '_id'],
    ['Observation?_id=x,https://a.example/fhir/Observation/y', 'invalid', '_id'],
    ['Observation?_id=urn:uuid:8b1d', 'invalid', '_id'],
    ['Observation?_id:not=Observation/x', 'invalid', '_id:not'],
    ['Observation?patient._id=Patient/p1', 'invalid', 'patient._id'],
  ])('%s is %s', (search, kind, name) => {
    const problem = problemOf(search);
    expect([problem.kind, problem.expression]).toEqual([kind, [name]]);
  });

  it('is a faulty request where it asks a modifier or parameter that we lack', () => {
    for (const search of ['Observation?code:below=http://s|a', 'Observation?_filter=a']) {
      expect(outcomeOf(problemOf(search), R4)).toMatchObject({
        status: 400,
        body: { issue: [{ code: 'not-supported' }] },
      });
    }
  });

  it('is refused by type when there is no such type', () => {
    expect(problemOf('Nothing?code=a').kind).toBe('not-supported');
    expect(() => ask(STU3, 'ServiceRequest')).toThrow(Problem);
  });

  it.each([
    ['parameters', Array.from({ length: LIMITS.parametersMax + 1 }, () => 'code=a').join('&')],
    ['values', `code=${'a,'.repeat(LIMITS.valuesPerParameterMax + 1)}`],
    ['characters', `code=${'a'.repeat(LIMITS.valueCharactersMax + 1)}`],
    ['chain links', `part-of:Observation.${'part-of:Procedure.'.repeat(6)}code=a`],
    [
      'includes',
      Array.from({ length: LIMITS.includesMax + 1 }, () => '_include=Observation:subject').join(
        '&',
      ),
    ],
  ])('is too costly with too many %s', (_, query) => {
    expect(problemOf(`Observation?${query}`).kind).toBe('too-costly');
  });

  it('never repeats a value, nor a name that looks like a number of a person', () => {
    const parts = fc.constantFrom(
      'code',
      'date',
      'subject',
      '_sort',
      '_count',
      '_has',
      ':',
      '.',
      '999911120',
    );
    const name = fc.array(parts, { minLength: 1, maxLength: 5 }).map((list) => list.join(''));
    const value = fc.string({ minLength: 1 }).map((text) => `SECRET${text}`);
    fc.assert(
      fc.property(name, value, fc.boolean(), (one, other, strict) => {
        try {
          parseSearch(R4, 'Observation', [[one, other]], { strict });
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
          const told = JSON.stringify([(error as Problem).message, (error as Problem).expression]);
          expect(told).not.toMatch(/SECRET|999911120/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('lenient handling', () => {
  it('leaves out what it does not know, and the self link says so', () => {
    const query = ask(
      R4,
      'Observation?code=a&nothing=b&_sort=nothing,-date&date=&_include=Observation:none',
      {
        strict: false,
      },
    );
    expect(query.ignored).toEqual(['nothing', 'date', '_include']);
    expect(selfLink(BASE, query)).toBe(`${BASE}/Observation?code=a&_sort=-date`);
  });

  it('still refuses a faulty value of a known parameter', () => {
    expect(problemOf('Observation?date=yesterday', false).kind).toBe('invalid');
  });
});

describe('the self link', () => {
  it('shows what was processed, with its operation and the page asked for', () => {
    const query = ask(R4, 'Observation/$lastn?code=http://loinc.org|8480-6&max=3&_format=json');
    expect(selfLink(BASE, query, [['_page', 'x']])).toBe(
      `${BASE}/Observation/$lastn?code=http://loinc.org%7C8480-6&max=3&_page=x`,
    );
  });

  it.each([
    'Patient?identifier=http://fhir.nl/fhir/NamingSystem/bsn|999911120',
    'Patient?identifier=999911120',
    'Patient?identifier=urn:oid:2.16.840.1.113883.2.4.6.3|999911120',
    'Observation?patient.identifier=http://fhir.nl/fhir/NamingSystem/bsn|999911120',
    'Observation?subject:identifier=|999911120',
    'Patient?_has:Observation:patient:subject:identifier=http://fhir.nl/fhir/NamingSystem/bsn|1',
  ])('never carries a BSN: %s', (search) => {
    expect(selfLink(BASE, ask(R4, `${search}&_count=5`))).toMatch(
      /\/(Patient|Observation)\?_count=5$/,
    );
  });

  it('keeps other identifiers', () => {
    const query = ask(R4, 'Patient?identifier=http://hospital.example|A1');
    expect(selfLink(BASE, query)).toContain('identifier=http://hospital.example%7CA1');
  });

  it('lowers a count to the page limit and shows the lowered one', () => {
    const query = ask(R4, 'Patient?_count=5000');
    expect(query.count).toBe(LIMITS.countEntriesMax);
    expect(selfLink(BASE, query)).toContain(`_count=${LIMITS.countEntriesMax}`);
  });
});
