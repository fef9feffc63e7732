import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BSN_SYSTEM,
  isBsnSystem,
  normaliseBsn,
  passesElevenTest,
} from '../../src/conformance/bsn.ts';
import { R4, STU3 } from '../../src/conformance/fhir-version.ts';
import { maskForEgress } from '../../src/conformance/mask-for-egress.ts';
import type { Resource } from '../../src/conformance/resource.ts';

/** Nine digits whose last makes the eleven-test pass. */
const bsn = fc
  .integer({ min: 10_000_000, max: 99_999_999 })
  .map(String)
  .map((digits) => ({
    digits,
    check: [...digits].reduce((sum, d, at) => sum + Number(d) * (9 - at), 0) % 11,
  }))
  .filter(({ check }) => check < 10)
  .map(({ digits, check }) => `${digits}${check}`);

describe('the BSN', () => {
  it('passes the eleven-test, and with another last digit it does not', () => {
    fc.assert(
      fc.property(bsn, fc.integer({ min: 1, max: 9 }), (number, more) => {
        expect(passesElevenTest(number)).toBe(true);
        expect(passesElevenTest(`${number.slice(0, 8)}${(Number(number[8]) + more) % 10}`)).toBe(
          false,
        );
      }),
    );
  });

  it('is nine digits, with the zeros a sender left out', () => {
    expect(normaliseBsn('12345672')).toBe('012345672');
    expect(normaliseBsn('123.456.782')).toBe('123456782');
    expect(normaliseBsn('123456789')).toBeUndefined();
    expect(normaliseBsn('000000000')).toBeUndefined();
    expect(isBsnSystem('URN:OID:2.16.840.1.113883.2.4.6.3')).toBe(true);
    expect(isBsnSystem('http://fhir.nl/fhir/NamingSystem/ura')).toBe(false);
  });
});

describe('masking on the way out', () => {
  const masked = {
    system: BSN_SYSTEM,
    _value: {
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' },
      ],
    },
  };

  it('replaces the value in identifiers wherever they stand', () => {
    const identifier = { use: 'official', system: BSN_SYSTEM, value: '123456782' };
    const resource: Resource = {
      resourceType: 'Observation',
      contained: [{ resourceType: 'Patient', identifier: [identifier] }],
      subject: { identifier, display: 'de heer 123456782' },
      performer: [{ reference: `Patient?identifier=${BSN_SYSTEM}|123456782` }],
      text: { status: 'generated', div: '<div>BSN: 123456782</div>' },
    };
    const result = maskForEgress(resource, R4);
    expect(result['contained']).toEqual([
      { resourceType: 'Patient', identifier: [{ use: 'official', ...masked }] },
    ]);
    expect(JSON.stringify(result)).not.toContain('123456782');
    expect(maskForEgress(result, R4)).toBe(result);
  });

  it('leaves a resource without a BSN as the same object', () => {
    const resource: Resource = {
      resourceType: 'Patient',
      identifier: [{ system: 'urn:oid:1.2', value: '123456782' }],
    };
    expect(maskForEgress(resource, STU3)).toBe(resource);
    expect(JSON.stringify(maskForEgress(resource, STU3, { known: ['123456782'] }))).not.toContain(
      '123456782',
    );
  });

  it('lets no BSN through, wherever a sender put it', () => {
    const place = fc.constantFrom<(number: string) => object>(
      (number) => ({ identifier: [{ system: BSN_SYSTEM, value: number }] }),
      (number) => ({
        identifier: [{ system: 'urn:oid:2.16.840.1.113883.2.4.6.3', value: number }],
        note: [{ text: `nr ${number}.` }],
      }),
      (number) => ({ code: { coding: [{ system: BSN_SYSTEM, code: number }] } }),
      (number) => ({
        subject: { reference: `Patient?identifier=${encodeURIComponent(BSN_SYSTEM)}%7C${number}` },
      }),
      (number) => ({ comment: `burgerservicenummer ${number}` }),
    );
    fc.assert(
      fc.property(bsn, place, (number, put) => {
        const resource = { resourceType: 'Basic', ...put(number) };
        expect(JSON.stringify(maskForEgress(resource, R4))).not.toContain(number);
      }),
    );
  });
});
