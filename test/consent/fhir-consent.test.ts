/** FHIR Consent in and out: consent.md 3.1 and 3.2. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Resource } from '../../src/conformance/index.ts';
import { CONSENT_SYSTEMS } from '../../src/consent/fhir-consent-elements.ts';
import { fromFhirConsent } from '../../src/consent/from-fhir-consent.ts';
import { RULE } from '../permission/random-world.ts';
import { toFhirConsent } from './to-fhir-consent.ts';

const reading = {
  at: new Date('2026-03-10T10:00:00+01:00'),
  organisationOf: (system: string, value: string) =>
    system === CONSENT_SYSTEMS.ura && value.length === 8 ? value : undefined,
};

const consent = (more: object = {}, provision: object = {}): Resource => ({
  resourceType: 'Consent',
  id: 'c',
  status: 'active',
  scope: { coding: [] },
  category: [{ coding: [{ system: CONSENT_SYSTEMS.source, code: 'dhtv' }] }],
  patient: { reference: 'Patient/p' },
  performer: [{ reference: 'Patient/p' }],
  dateTime: '2026-01-01T00:00:00+01:00',
  provision: { type: 'permit', ...provision },
  ...more,
});

const party = (role: string, value: string) => ({
  role: { coding: [{ system: CONSENT_SYSTEMS.participation, code: role }] },
  reference: { identifier: { system: CONSENT_SYSTEMS.ura, value } },
});

describe('a Consent', () => {
  it('reads back as the rule that it was written from', () => {
    const known = {
      ...reading,
      organisationOf: (_: string, value: string) => value,
    };
    fc.assert(
      fc.property(RULE, fc.boolean(), (made, lock) => {
        const rule = { ...made, id: 'r', ...(lock ? { absolute: true } : {}) };
        const written = toFhirConsent(rule, {
          patient: 'Patient/p',
          identifierOf: () => undefined,
        });
        const [read] = fromFhirConsent(written, { ...known, performers: rule.performers });
        const { data, within, ...rest } = rule as typeof rule & { within?: unknown };
        // A period of data alone stands as a further limit on all data: the same resources.
        const expected =
          data.level === 'dataPeriod'
            ? { ...rest, data: { level: 'all' }, within: [data] }
            : { ...rest, data };
        expect(read).toEqual(expected);
      }),
    );
  });

  it('of the register says no by being inactive without a type', () => {
    const [rule] = fromFhirConsent(
      consent({
        status: 'inactive',
        extension: [
          {
            url: CONSENT_SYSTEMS.providerCategory,
            valueCodeableConcept: { coding: [{ system: 's', code: 'RPZAC001' }] },
          },
        ],
        provision: {},
      }),
      reading,
    );
    expect(rule).toMatchObject({
      source: 'otv',
      type: 'deny',
      status: 'active',
      recipient: { level: 'cat', value: 'HA' },
    });
  });

  it('with exceptions becomes a rule and its opposites', () => {
    const nested = [{ actor: [party('IRCP', '90000001')] }];
    const rules = fromFhirConsent(consent({}, { provision: nested }), reading);
    expect(rules.map(({ type, recipient }) => [type, recipient.level])).toEqual([
      ['permit', 'any'],
      ['deny', 'org'],
    ]);
  });

  it('makes an exception to a refusal within that refusal only', () => {
    const holder = party('CST', '90000001');
    const refusal = {
      type: 'deny',
      actor: [holder],
      period: { start: '2026-01-01', end: '2026-06-01' },
      class: [{ system: CONSENT_SYSTEMS.resourceTypes, code: 'Observation' }],
    };
    const exceptionTo = (nested: object) =>
      fromFhirConsent(consent({}, { ...refusal, provision: [nested] }), reading)[1];
    const open = exceptionTo({ actor: [party('IRCP', '90000002')] });
    expect(open).toMatchObject({
      type: 'permit',
      holder: { level: 'org', value: '90000001' },
      recipient: { level: 'org', value: '90000002' },
      data: { level: 'type', value: 'Observation' },
      period: refusal.period,
    });
    expect(open?.notUnderstood).toBeUndefined();
    expect(exceptionTo({ period: { start: '2026-02-01', end: '2026-03-01' } })).not.toHaveProperty(
      'notUnderstood',
    );
    for (const wider of [
      { actor: [party('CST', '90000003')] },
      { class: [{ system: CONSENT_SYSTEMS.resourceTypes, code: 'Condition' }] },
      { period: { start: '2026-02-01' } },
      { period: { start: '2025-02-01', end: '2026-03-01' } },
    ]) {
      expect(exceptionTo(wider), JSON.stringify(wider)).toMatchObject({ notUnderstood: true });
    }
  });

  it('with a limit that is not understood says so', () => {
    const data = [{ meaning: 'dependents', reference: { reference: 'Condition/c' } }];
    const [rule] = fromFhirConsent(consent({}, { data }), reading);
    expect(rule?.notUnderstood).toBe(true);
    const [unknown] = fromFhirConsent(consent({}, { actor: [party('IRCP', '1')] }), reading);
    expect(unknown).toMatchObject({ notUnderstood: true, recipient: { level: 'any' } });
  });

  const deep = { provision: [{ provision: [{ provision: [{}] }] }] };
  it.each([
    ['a modifier extension', consent({ modifierExtension: [{ url: 'x' }] })],
    ['a third level', consent({}, deep)],
    [
      'two custodians',
      consent({}, { actor: [party('CST', '90000001'), party('CST', '90000002')] }),
    ],
    [
      'a period that ends before it starts',
      consent({}, { period: { start: '2026-02-01', end: '2026-01-01' } }),
    ],
    ['a moment in the future', consent({ dateTime: '2026-03-10T10:02:00+01:00' })],
    ['no patient', consent({ patient: undefined })],
    ['no type', consent({ provision: {} })],
  ])('with %s is refused', (_, resource) => {
    expect(() => fromFhirConsent(resource, reading)).toThrow(
      expect.objectContaining({ kind: 'unprocessable' }),
    );
  });
});
