import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimal, decimalOf } from '../../src/conformance/decimal.ts';
import { resourceTypes } from '../../src/conformance/elements.ts';
import { formatOf, readFhir, writeFhir } from '../../src/conformance/fhir-format.ts';
import { R4, STU3 } from '../../src/conformance/fhir-version.ts';
import { Problem } from '../../src/platform/problem.ts';
import { arbitraryResource } from './arbitrary-resource.ts';

const json = (text: string) => readFhir(Buffer.from(text), { format: 'json', version: R4 });
const xml = (text: string) => readFhir(Buffer.from(text), { format: 'xml', version: R4 });
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return `${error.kind} ${error.code}`;
    throw error;
  }
  return 'nothing thrown';
};

describe('FHIR decimals', () => {
  it('keeps the digits of every number it reads', () => {
    const digits = [
      '10.20',
      '1.0',
      '0.00',
      '1e3',
      '-0',
      '12345678901234567890.5',
      '0.1',
      '7',
      '1E-7',
      '0.0000001',
    ];
    for (const text of digits) {
      const source = `{"resourceType":"Observation","valueQuantity":{"value":${text}}}`;
      expect(writeFhir(json(source), { format: 'json', version: R4 }).toString()).toBe(source);
    }
  });

  it('keeps digits through XML', () => {
    const resource = json('{"resourceType":"Observation","valueQuantity":{"value":1.50}}');
    const text = writeFhir(resource, { format: 'xml', version: R4 });
    expect(text.toString()).toContain('<value value="1.50"/>');
    expect(JSON.stringify(xml(text.toString()))).toContain('{"value":1.50}');
  });

  it('calculates and compares like a number', () => {
    const value = decimalOf('10.20');
    expect(value).toBeInstanceOf(Decimal);
    expect(Number(value)).toBe(10.2);
    expect(Number(value) > 10).toBe(true);
    expect(decimalOf('10.2')).toBe(10.2);
    expect(decimalOf('ten')).toBeUndefined();
  });
});

describe('a control character', () => {
  const placed = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      if (error instanceof Problem) return [error.kind, error.code, error.expression[0]];
    }
    return [];
  };
  it.each([
    String.raw`\u0000`,
    String.raw`\u0001`,
    String.raw`\u001F`,
    String.raw`\b`,
    String.raw`\f`,
  ])('is refused with its place in JSON: %s', (written) => {
    const source = `{"resourceType":"Observation","note":[{"text":"a"},{"text":"b${written}c"}]}`;
    const place = 'Observation.note[1].text';
    expect(placed(() => json(source))).toEqual(['invalid', 'control-character', place]);
  });

  it.each([
    String.raw`\ud83d`,
    String.raw`\uDE00`,
    String.raw`\ude00\ud83d`,
    String.raw`\uffff`,
    String.raw`\uFFFE`,
  ])('is no half of a pair and no noncharacter in JSON: %s', (written) => {
    const source = `{"resourceType":"Observation","note":[{"text":"b${written}c"}]}`;
    const place = 'Observation.note[0].text';
    expect(placed(() => json(source))).toEqual(['invalid', 'not-unicode', place]);
    const whole = String.raw`{"resourceType":"Observation","note":[{"text":"\ud83d\ude00"}]}`;
    expect(placed(() => json(whole))).toEqual([]);
  });

  it.each(['&#xD83D;', '&#xFFFF;', '&#1;', '&#x1F;', '\u0001', '&#0;'])(
    'is refused in XML: %j',
    (text) => {
      const source = `<Observation xmlns="http://hl7.org/fhir"><note><text value="b${text}c"/></note></Observation>`;
      expect(placed(() => xml(source))[0]).toBe('invalid');
    },
  );

  it.each([
    [String.raw`a\tb\nc\rd`, 'a\tb\nc\rd'],
    [String.raw`a\\u0001b`, String.raw`a\u0001b`],
    [String.raw`a\\bc`, String.raw`a\bc`],
    [String.raw`\u0020`, ' '],
  ])('is not seen where there is none: %s', (written, text) => {
    const source = `{"resourceType":"Observation","note":[{"text":"${written}"}]}`;
    expect(json(source)['note']).toEqual([{ text }]);
  });
});

describe('FHIR JSON reading refuses', () => {
  it.each([
    [
      'a key that stands twice',
      '{"resourceType":"Patient","id":"a","id":"b"}',
      'json-duplicate-key',
    ],
    ['a prototype key', '{"resourceType":"Patient","__proto__":{"a":1}}', 'json-key'],
    [
      'an escaped prototype key',
      '{"resourceType":"Patient","\\u005f_proto__":{"a":1}}',
      'json-key',
    ],
    [
      'too deep nesting',
      `{"resourceType":"Patient","a":${'['.repeat(200)}${']'.repeat(200)}}`,
      'json-depth',
    ],
    ['what is not JSON', '{"resourceType":', 'json'],
    ['a list', '[]', 'json-not-object'],
    ['an object without a type', '{"id":"a"}', 'resource-type-missing'],
  ])('%s', (_name, text, code) => {
    expect(codeOf(() => json(text))).toBe(`invalid ${code}`);
  });

  it('bytes that are not UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"resourceType":"Patient","id":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    expect(codeOf(() => readFhir(bytes, { format: 'json', version: R4 }))).toBe('invalid utf8');
  });

  it('never anything but a Problem, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('json', 'xml'), (bytes, format) => {
        expect(
          codeOf(() => readFhir(bytes, { format: format as 'json' | 'xml', version: R4 })),
        ).toMatch(/^invalid /);
      }),
    );
  });
});

/** https://hl7.org/fhir/R4/xml.html */
describe('FHIR XML', () => {
  const patient = (inner: string) => `<Patient xmlns="http://hl7.org/fhir">${inner}</Patient>`;

  it('reads types and lists from the definitions', () => {
    expect(
      xml(
        patient(
          '<id value="a"/><active value="true"/><name><given value="A"/></name><multipleBirthInteger value="2"/>',
        ),
      ),
    ).toEqual({
      resourceType: 'Patient',
      id: 'a',
      active: true,
      name: [{ given: ['A'] }],
      multipleBirthInteger: 2,
    });
  });

  it('pairs a list of primitives with its extensions', () => {
    const given =
      '<name><given value="A"/><given id="x"><extension url="u"><valueCode value="c"/></extension></given></name>';
    const expected = {
      given: ['A', null],
      _given: [null, { id: 'x', extension: [{ url: 'u', valueCode: 'c' }] }],
    };
    expect(xml(patient(given))['name']).toEqual([expected]);
    const written = writeFhir(xml(patient(given)), { format: 'xml', version: R4 }).toString();
    expect(written).toContain(given);
  });

  it('keeps narrative, contained resources and line breaks', () => {
    const inner =
      '<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>a &amp; b<br/></p></div></text>' +
      '<contained><Organization><id value="o"/></Organization></contained><name><text value="a&#10;b"/></name>';
    const read = xml(patient(inner));
    expect(read['contained']).toEqual([{ resourceType: 'Organization', id: 'o' }]);
    expect(writeFhir(read, { format: 'xml', version: R4 }).toString()).toContain(inner);
  });

  it('keeps what STU3 does not know', () => {
    const text = patient('<shoeSize value="42"/><hat><colour value="red"/></hat>');
    const read = readFhir(Buffer.from(text), { format: 'xml', version: STU3 });
    expect(read).toEqual({ resourceType: 'Patient', shoeSize: '42', hat: { colour: 'red' } });
    expect(writeFhir(read, { format: 'xml', version: STU3 }).toString()).toContain(text);
  });

  it.each([
    [
      'a DOCTYPE',
      '<!DOCTYPE Patient [<!ENTITY a "b">]><Patient xmlns="http://hl7.org/fhir"/>',
      'xml-doctype',
    ],
    ['another namespace', '<Patient xmlns="http://example.org"/>', 'xml-namespace'],
    ['an unknown type', '<Patent xmlns="http://hl7.org/fhir"/>', 'resource-type-unknown'],
    ['text between elements', patient('text'), 'xml-text'],
    [
      'another encoding',
      '<?xml version="1.0" encoding="ISO-8859-1"?><Patient xmlns="http://hl7.org/fhir"/>',
      'xml-encoding',
    ],
    ['too deep nesting', patient(`${'<a>'.repeat(150)}${'</a>'.repeat(150)}`), 'xml-depth'],
    ['too many attributes', `<Patient ${'xmlns:a="urn:a" '.repeat(200)}`, 'xml-attribute'],
    ['an unfinished element', '<Patient xmlns="http://hl7.org/fhir">', 'xml'],
  ])('refuses %s', (_name, text, code) => {
    expect(codeOf(() => xml(text))).toBe(`invalid ${code}`);
  });

  it('does not let a narrative break out of its element', () => {
    const evil = {
      resourceType: 'Patient',
      text: { status: 'generated', div: '<div></div></text><active value="true"/><text>' },
    };
    const written = writeFhir(evil, { format: 'xml', version: R4 }).toString();
    expect(xml(written)['active']).toBeUndefined();
  });

  it.each([R4, STU3])('is the same after XML and back, for every type of $name', (version) => {
    const types = resourceTypes(version).filter((type) => type !== 'Parameters');
    fc.assert(
      fc.property(
        fc.constantFrom(...types).chain((type) => arbitraryResource(version, type)),
        (resource) => {
          const text = writeFhir(resource, { format: 'xml', version });
          const back = readFhir(text, { format: 'xml', version });
          expect(JSON.parse(JSON.stringify(back))).toEqual(JSON.parse(JSON.stringify(resource)));
          const pretty = writeFhir(resource, { format: 'xml', version, pretty: true });
          expect(
            writeFhir(readFhir(pretty, { format: 'xml', version }), {
              format: 'xml',
              version,
            }).equals(text),
          ).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('media types', () => {
  it.each([
    ['application/fhir+json; fhirVersion=4.0', 'json'],
    ['application/fhir+xml', 'xml'],
    ['text/xml; charset=utf-8', 'xml'],
    ['json', 'json'],
    ['text/html', undefined],
  ])('%s is %s', (mediaType, format) => {
    expect(formatOf(mediaType)).toBe(format);
  });
});
