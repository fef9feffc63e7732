/**
 * What a provider's Consent is read as: a limit in another form than FHIR gives it is refused, one
 * that is not understood opens nothing and closes all that it may cover. consent.md 3.1.
 */
import { describe, expect, it } from 'vitest';
import { readProviderConsent } from '../../src/consent/provider-consent.ts';

const BSN = { system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: '999990019' };
const URA = 'http://fhir.nl/fhir/NamingSystem/ura';
const UZI = 'http://fhir.nl/fhir/NamingSystem/uzi-nr-pers';
const REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const TYPES = 'http://hl7.org/fhir/resource-types';
const CATEGORY = 'http://fhir.nl/otv/CodeSystem/gegevenscategorie';
const RECIPIENT = 'http://fhir.nl/otv/CodeSystem/raadplegende-zorgaanbiedercategorie';

type Json = Record<string, unknown>;
const coded = (system: string, code: string) => ({ coding: [{ system, code }] });
const party = (role: string, reference: Json): Json => ({
  role: coded('urn:role', role),
  reference,
});
const named = (system: string, value: string) => ({ identifier: { system, value } });
const HOLDER = party('CST', named(URA, '90001001'));
const GPS = party('IRCP', named(RECIPIENT, 'RPZAC001'));
const scope = (code: string) => coded('http://terminology.hl7.org/CodeSystem/consentscope', code);
const category = (...more: Json[]) => [coded('urn:zorgsluis:consent-source', 'dhtv'), ...more];

function read(more: Json, provision: Json, type: 'permit' | 'deny' = 'permit') {
  const patient = { identifier: BSN };
  const consent = {
    resourceType: 'Consent',
    identifier: [{ system: 'urn:test', value: '1' }],
    status: 'active',
    scope: scope('patient-privacy'),
    category: category(),
    patient,
    dateTime: '2026-03-01T10:00:00+01:00',
    performer: [patient],
    sourceReference: { display: 'Formulier 12' },
    policy: [{ uri: 'urn:test:folder' }],
    provision: { type, actor: [HOLDER, GPS], ...provision },
    ...more,
  };
  return readProviderConsent(consent, {
    ...{ organisation: 'own', ura: '90001001', at: new Date('2026-03-10T10:00:00Z') },
    regions: new Set(['noord']),
    organisationOf: (system, value) => (system === URA && value === '90001001' ? 'own' : undefined),
  }).rules;
}

describe('what has another form than FHIR gives it, or may turn the meaning around', () => {
  it.each<[string, string, Json, Json?]>([
    ['a class that is no list', 'class', {}, { class: { system: TYPES, code: 'Condition' } }],
    ['an actor that is no list', 'actor', {}, { actor: HOLDER }],
    ['a purpose that is no list', 'purpose', {}, { purpose: { system: REASON, code: 'HRESCH' } }],
    ['an action that is no list', 'action', {}, { action: coded('urn:x', 'correct') }],
    ['exceptions that are no list', 'provision', {}, { provision: { type: 'deny' } }],
    ['a period that is none', 'period', {}, { period: '2020' }],
    [
      'a modifier of an actor',
      'actor[1].modifierExtension',
      {},
      { actor: [HOLDER, { ...GPS, modifierExtension: [{ url: 'urn:x', valueBoolean: true }] }] },
    ],
    ['implicit rules', 'Consent.implicitRules', { implicitRules: 'urn:x' }],
    ['a day', 'Consent.dateTime', { dateTime: '2026-03-01' }],
    ['a moment without offset', 'Consent.dateTime', { dateTime: '2026-03-01T10:00:00' }],
    ['what is no moment', 'Consent.dateTime', { dateTime: '1' }],
    [
      'a holder by an id of its own',
      'Consent.organization',
      { organization: [{ reference: 'Organization/1' }] },
    ],
    ['a holder that is no list', 'Consent.organization', { organization: named(URA, '90001002') }],
  ])('%s is refused with its place', (_what, place, more, provision = {}) => {
    const expected = place.startsWith('Consent') ? place : `Consent.provision.${place}`;
    expect(() => read(more, provision)).toThrow(
      expect.objectContaining({ kind: 'unprocessable', expression: [expected] }),
    );
  });

  it('a choice of millions of pairs is refused before they are made', () => {
    const many = <T>(of: (at: number) => T) => Array.from({ length: 199 }, (_, at) => of(at));
    const actor = many((at) => party('IRCP', named(UZI, `${100_000_000 + at}`)));
    const code = many((at) => coded('http://snomed.info/sct', String(at)));
    expect(() => read({}, { actor, code })).toThrow(/rules at most/);
    expect(() => read({}, { actor: [...actor, ...actor] })).toThrow(/at most/);
    expect(() => read({}, { actor, provision: many(() => ({ type: 'deny' })) })).toThrow(
      /rules at most/,
    );
  });
});

describe('a limit that is not understood', () => {
  const WHOLE = { data: { level: 'all' }, recipient: { level: 'cat', value: 'HA' } };
  const unknownEnd = { _end: { extension: [{ url: 'urn:x', valueCode: 'unknown' }] } };
  it.each<[string, Json, Json?, Json?]>([
    ['a code in words', { code: [{ text: 'bloeddruk' }] }],
    ['one code in words', { code: [coded('http://snomed.info/sct', '1'), { text: 'bloeddruk' }] }],
    ['an action in words', { action: [{ text: 'corrigeren' }] }],
    ['a label without a code', { securityLabel: [{ display: 'geheim' }] }],
    ['a type that is none', { class: [{ system: TYPES, code: 'Diagnose' }] }],
    ['a purpose that nobody knows', { purpose: [{ system: REASON, code: 'CAREMGT' }] }],
    [
      'one of two purposes',
      { purpose: ['TREAT', 'CAREMGT'].map((code) => ({ system: REASON, code })) },
    ],
    ['an end that is said to be unknown', { period: unknownEnd }],
    ['a kind of data that nobody knows', {}, { category: category(coded(CATEGORY, 'GGC099')) }],
    [
      'a resource elsewhere',
      { data: [{ meaning: 'instance', reference: { reference: 'https://epd.nl/Condition/1' } }] },
    ],
    [
      'two episodes',
      {
        data: ['1', '2'].map((id) => ({
          meaning: 'related',
          reference: { reference: `EpisodeOfCare/${id}` },
        })),
      },
    ],
    [
      'a region that nobody is in',
      { actor: [HOLDER, GPS, party('region', named('urn:zorgsluis:region', 'x'))] },
    ],
    [
      'a professional by an id of the provider',
      { actor: [HOLDER, party('IRCP', { reference: 'Practitioner/1' })] },
      {},
      { recipient: { level: 'any' } },
    ],
    [
      'one recipient of two',
      { actor: [HOLDER, GPS, party('IRCP', { reference: 'Organization/1' })] },
      {},
      { recipient: { level: 'any' } },
    ],
    [
      'a category of nobody',
      { actor: [HOLDER, party('IRCP', named(RECIPIENT, 'XXXX'))] },
      {},
      { recipient: { level: 'any' } },
    ],
  ])('%s opens nothing, and closes all that it may cover', (_what, provision, more = {}, whole) => {
    const [permit] = read(more, provision);
    expect(permit?.notUnderstood).toBe(true);
    const [refusal] = read(more, provision, 'deny');
    expect(refusal).toMatchObject({ ...WHOLE, ...whole, notUnderstood: true });
    expect(refusal?.purpose).toBeUndefined();
    expect(refusal?.context).toBeUndefined();
  });

  it('a category beside another class would have to hold together with it', () => {
    const medication = { category: category(coded(CATEGORY, 'GGC013')) };
    const [both] = read(medication, { class: [{ system: TYPES, code: 'Condition' }] });
    expect(both?.notUnderstood).toBe(true);
    for (const code of ['GGC002', 'GGC013']) {
      const named = { category: category(coded(CATEGORY, code)) };
      const [rule] = read(named, { class: [{ system: CATEGORY, code: 'GGC013' }] });
      expect(rule).toMatchObject({ data: { level: 'ggc', value: 'GGC013' } });
      expect(rule?.notUnderstood).toBeUndefined();
    }
  });
});

describe('a choice about research', () => {
  it('opens nothing for treatment', () => {
    const research = { scope: scope('research') };
    expect(read(research, {})[0]?.purpose).toEqual(['HRESCH']);
    const treatment = [{ system: REASON, code: 'TREAT' }];
    expect(read(research, { purpose: treatment })[0]?.notUnderstood).toBe(true);
    expect(read({}, {})[0]?.purpose).toBeUndefined();
  });
});
