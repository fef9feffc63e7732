/** What research may have of a resource: no word, name or number that came in (consent.md 12). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { R4, STU3 } from '../../src/conformance/fhir-version.ts';
import { writeFhir } from '../../src/conformance/index.ts';
import { pseudonymise, RESEARCH_TYPES } from '../../src/conformance/pseudonymise.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { arbitraryResource } from './arbitrary-resource.ts';

const HOW = {
  reference: (type: string, id: string) => (type === 'Patient' ? `pseudo-${id.length}` : undefined),
  shiftDays: 100,
  year: 2026,
};

const made = (resource: Resource, version = R4) =>
  pseudonymise(resource, version, 'stands-for', HOW);

/** Text that a sender may put anywhere; none of it may come out. */
const PLANTED = 'Jansen-999990019';

/** Every string of free text, address and number replaced by one that is recognised. */
function planted(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => planted(one, name));
  if (value !== null && typeof value === 'object' && !('text' in value && 'valueOf' in value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [
        key,
        key === 'resourceType' ? one : planted(one, key),
      ]),
    );
  }
  const isCoded = typeof value !== 'string' || /^(\d{4}|[a-z]|b-c|D1$)/.test(value);
  return isCoded && name !== 'display' && name !== 'value' ? value : PLANTED;
}

describe.each([R4, STU3])('a resource for research ($name)', (version) => {
  it.each(RESEARCH_TYPES.filter((type) => version === R4 || type !== 'NutritionOrder'))(
    'of type %s holds no free text, whatever came in',
    (type) => {
      fc.assert(
        fc.property(arbitraryResource(version, type), (resource) => {
          const out = made(planted(resource) as Resource, version);
          if (!out) return;
          const text = writeFhir(out, { format: 'json', version }).toString();
          expect(text).not.toContain('Jansen');
          expect(text).not.toContain('9990019');
          expect(text).not.toMatch(/example\.org|"display"|"text"|"extension"|T10:00/);
        }),
        { numRuns: 60 },
      );
    },
  );
});

describe('a resource for research', () => {
  const weight: Resource = {
    resourceType: 'Observation',
    id: 'real-id',
    status: 'final',
    code: {
      coding: [
        { system: 'http://loinc.org', code: '29463-7', display: 'Gewicht' },
        { system: 'urn:oid:1.2.3.4.99', code: 'EIGEN-CODE' },
      ],
      text: 'gewicht van mevrouw',
    },
    subject: { reference: 'Patient/real', display: 'Jansen' },
    performer: [{ reference: 'Practitioner/dr-x' }],
    effectiveDateTime: '2026-03-10T10:00:00+01:00',
    valueQuantity: { value: 70, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
  };

  it('keeps codes of public lists, values, and days that moved', () => {
    expect(made(weight)).toEqual({
      resourceType: 'Observation',
      id: 'stands-for',
      meta: { security: expect.any(Array) },
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
      subject: { reference: 'Patient/pseudo-4' },
      effectiveDateTime: '2025-11-30',
      valueQuantity: { value: 70, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
    });
  });

  it('leaves out what an extension turns round, wherever it stands', () => {
    const turned = [{ url: 'https://example.org/not', valueBoolean: true }];
    expect(made({ ...weight, modifierExtension: turned })).toBeUndefined();
    const component = [{ code: { text: 'x' }, modifierExtension: turned }];
    expect(made({ ...weight, component })).toBeUndefined();
  });

  it.each([
    ['1970-03-01', '1970'],
    ['1937', '1937'],
    ['1936-12-31', undefined],
    ['1920', undefined],
  ])('born %s is told as %s', (birthDate, year) => {
    expect(made({ resourceType: 'Patient', birthDate })?.['birthDate']).toBe(year);
  });

  it('tells of a death that it was, not when', () => {
    const dead = made({ resourceType: 'Patient', deceasedDateTime: '2025-01-02' });
    expect(dead).toMatchObject({ deceasedBoolean: true });
    expect(JSON.stringify(dead)).not.toContain('2025');
  });

  it('keeps the distance between two days of one person', () => {
    const days = fc.date({
      min: new Date('1950-01-01'),
      max: new Date('2026-01-01'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(days, days, fc.integer({ min: 1, max: 365 }), (a, b, shiftDays) => {
        const moved = (day: Date) => {
          const effectiveDateTime = day.toISOString().slice(0, 10);
          const out = pseudonymise({ ...weight, effectiveDateTime }, R4, 'x', {
            ...HOW,
            shiftDays,
          });
          return [Date.parse(effectiveDateTime), Date.parse(String(out?.['effectiveDateTime']))];
        };
        const [a0 = 0, a1 = 0] = moved(a);
        const [b0 = 0, b1 = 0] = moved(b);
        expect(a1 - b1).toBe(a0 - b0);
        expect(a0 - a1).toBe(shiftDays * 86_400_000);
      }),
    );
  });
});
