/** `zorgsluis decide FILE`: what cannot be read is told with its place, and never decided. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decideCommand } from '../../src/cli/decide-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-decide-'));
afterAll(() => rmSync(folder, { recursive: true }));

const RULE = {
  id: 'r1',
  type: 'permit',
  source: 'dhtv',
  status: 'active',
  dateTime: '2026-01-01T09:00:00+01:00',
  holder: { level: 'cat', value: 'ZKH' },
  recipient: { level: 'cat', value: 'HA' },
  data: { level: 'ggc', value: 'GGC002' },
  performers: [{ rel: 'self' }],
};
const CASE = {
  id: 'one',
  now: '2026-03-10T10:00:00+01:00',
  patient: { id: 'anna', birthDate: '1980-05-02' },
  consents: [RULE],
  request: {
    actor: 'practitioner',
    interaction: 'read',
    holder: 'hospital',
    recipient: 'practice',
    purpose: 'TREAT',
    role: '01.015',
    resources: [{ ref: 'Condition/c1', ggc: 'GGC002' }],
  },
};
const FILE = {
  organisations: {
    hospital: { type: 'V6', category: 'ZKH', regions: ['noord'] },
    practice: { type: 'Z3', category: 'HA', regions: ['noord'] },
  },
  regions: {
    noord: { active: true, purposes: ['TREAT'], basePolicy: 'deny', emergencyAgreement: true },
  },
};

async function decide(content: unknown) {
  const file = join(folder, 'cases.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  const said = { out: '', err: '' };
  const code = await decideCommand({
    args: [file],
    variables: {},
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
  });
  const lines = said.out.split('\n').filter((line) => line !== '');
  return { code, decided: lines.map((line) => JSON.parse(line)), err: said.err };
}

const withCase = (more: object) => ({ ...FILE, cases: [{ ...CASE, ...more }] });
const withRule = (more: object) => withCase({ consents: [{ ...RULE, ...more }] });
const asking = (more: object) => withCase({ request: { ...CASE.request, ...more } });

describe('zorgsluis decide', () => {
  it('decides a case of the form', async () => {
    const { code, decided, err } = await decide(withCase({}));
    expect([code, err]).toEqual([0, '']);
    expect(decided).toMatchObject([{ id: 'one', decision: 'permit', basis: ['r1'] }]);
  });

  it.each<[string, unknown]>([
    ['cases[0].consents[0].type', withRule({ type: 'maybe' })],
    ['cases[0].consents[0].type', withRule({ type: 'Permit' })],
    ['cases[0].consents[0].holder.level', withRule({ holder: { level: 'everybody' } })],
    ['cases[0].consents[0].recipient.value', withRule({ recipient: { level: 'org' } })],
    ['cases[0].consents[0].data.value', withRule({ data: { level: 'label', value: 3 } })],
    [
      'cases[0].consents[0].data.value[1]',
      withRule({ data: { level: 'dataPeriod', value: ['2020-01-01', 'x'] } }),
    ],
    ['cases[0].consents[0].dateTime', withRule({ dateTime: 'yesterday' })],
    ['cases[0].consents[0].period.end', withRule({ period: { end: 20260101 } })],
    ['cases[0].consents[0].performers[0].rel', withRule({ performers: [{ rel: 'neighbour' }] })],
    ['cases[0].consents[0].context.kind', withRule({ context: { kind: 'mood', value: 'x' } })],
    ['cases[0].consents', withCase({ consents: 'r1' })],
    ['cases[0].now', withCase({ now: '' })],
    ['cases[0].patient.birthDate', withCase({ patient: { id: 'anna', birthDate: '2 mei' } })],
    ['cases[0].request.actor', asking({ actor: 'doctor' })],
    ['cases[0].request.resources[0].ref', asking({ resources: [{ ref: 'c1' }] })],
    ['cases[0].request.emergency.level', asking({ emergency: { level: 'high' } })],
    ['cases[0]', { ...FILE, cases: [null] }],
    ['cases', FILE],
    [
      'organisations.hospital.regions',
      { ...withCase({}), organisations: { hospital: { type: 'V6', category: 'ZKH' } } },
    ],
    ['$', []],
    ['cases.json', '{"cases":'],
    ['cases.json', '"text"'],
  ])('names %s', async (place, content) => {
    const { code, decided, err } = await decide(content);
    expect(code).toBe(2);
    expect(decided).toEqual([]);
    expect(err).toContain(`${place}: `);
  });

  it('decides the others', async () => {
    const wrong = { ...CASE, id: 'two', now: 'never' };
    const { code, decided, err } = await decide({ ...FILE, cases: [CASE, wrong, CASE] });
    expect(code).toBe(2);
    expect(decided).toHaveLength(2);
    expect(err).toContain('1 of 3 cases were not decided');
  });
});

describe('an odd case', () => {
  const one = async (content: unknown) => (await decide(content)).decided[0];
  const denial = {
    ...RULE,
    id: 'no',
    type: 'deny',
    recipient: { level: 'org', value: 'practice' },
  };
  const both = (more: object) => withCase({ consents: [RULE, { ...denial, ...more }] });

  it.each<[string, object]>([
    ['a limit that nobody knows', { weekday: 'monday' }],
    ['a limit inside a part', { data: { level: 'ggc', value: 'GGC002', sample: 'blood' } }],
    ['a status of another list', { status: 'granted' }],
    ['a choice of tomorrow', { dateTime: '2026-03-11T09:00:00+01:00' }],
    ['nobody behind it', { performers: [] }],
    ['no performers at all', { performers: null }],
    ['no purpose in its list', { purpose: [] }],
    ['an end at this very second', { period: { end: '2026-03-10T10:00:00+01:00' } }],
    ['an end on a Dutch clock', { period: { end: '2026-03-10T10:00:00' } }],
    ['an end on this day', { period: { end: '2026-03-10' } }],
    ['a begin a second later', { period: { start: '2026-03-10T09:00:01Z' } }],
  ])('permits nothing by a rule with %s', async (_name, more) => {
    expect(await one(withRule(more))).toMatchObject({ decision: 'deny', visible: { http: 404 } });
  });

  it.each<[string, object]>([
    ['a note for people', { note: 'aan de balie' }],
    ['what is null', { period: null, purpose: null, context: null }],
    ['a begin at this very second', { period: { start: '2026-03-10T10:00:00' } }],
    ['a choice made just now', { dateTime: '2026-03-10T10:00:30+01:00' }],
  ])('permits by a rule with %s', async (_name, more) => {
    expect(await one(withRule(more))).toMatchObject({ decision: 'permit' });
  });

  it.each<[string, object]>([
    ['a limit that nobody knows', { weekday: 'monday' }],
    ['a status of another list', { status: 'granted' }],
    ['nobody behind it', { performers: [] }],
    ['no purpose in its list', { purpose: [] }],
    ['a purpose that nobody knows', { purpose: ['TREATMENT'] }],
    [
      'a version in the name of its resource',
      {
        recipient: { level: 'cat', value: 'HA' },
        data: { level: 'instance', value: 'Condition/c1/_history/2' },
      },
    ],
  ])('is refused by a refusal with %s', async (_name, more) => {
    expect(await one(both(more))).toMatchObject({ decision: 'deny', basis: ['no'] });
  });

  it('is decided with the category of its type where none is given', async () => {
    const medication = { data: { level: 'ggc', value: 'GGC013' } };
    const asked = (ref: string) => ({
      consents: [{ ...RULE, ...medication }],
      request: { ...CASE.request, resources: [{ ref }] },
    });
    expect(await one(withCase(asked('MedicationRequest/m1')))).toMatchObject({
      decision: 'permit',
    });
    expect(await one(withCase(asked('Condition/c1')))).toMatchObject({ decision: 'deny' });
  });

  it('gives a document whole or not at all', async () => {
    const resources = [{ ref: 'Composition/a' }, { ref: 'Observation/b', labels: ['R', 'HIV'] }];
    expect(await one(asking({ interaction: 'document', resources }))).toMatchObject({
      ...{ decision: 'deny', released: [], withheld: ['Composition/a', 'Observation/b'] },
      visible: { http: 404 },
    });
    expect(await one(asking({ interaction: 'search', resources }))).toMatchObject({
      decision: 'partial',
    });
  });

  it('about nothing permits nothing', async () => {
    expect(await one(asking({ resources: [] }))).toMatchObject({ decision: 'deny' });
  });

  it.each([
    ['2026-09-30T23:59:59+02:00', 'permit'],
    ['2026-10-01', 'permit'],
    ['2026-12-31T23:00:00Z', 'deny'],
    ['2027-01-01', 'deny'],
  ])('at %s has the members of that moment: %s', async (now, decision) => {
    const practice = {
      ...{ type: 'Z3', category: 'HA' },
      regions: [{ id: 'noord', from: '2026-01-01', until: '2027-01-01' }],
    };
    const file = withCase({ now });
    const organisations = { ...FILE.organisations, practice };
    const decided = await one({ ...file, organisations });
    expect(decided.decision).toBe(decision);
    if (decision === 'deny') expect(decided.reason).toBe('no-region-agreement');
  });

  it('of a partner that is suspended ends before any choice', async () => {
    const practice = { ...FILE.organisations.practice, suspended: true };
    const file = { ...withCase({}), organisations: { ...FILE.organisations, practice } };
    expect(await one(file)).toMatchObject({ reason: 'partner-suspended', visible: { http: 403 } });
  });

  it.each<[string, object, string | null]>([
    ['stands', {}, 'representative'],
    ['was revoked', { revoked: true }, 'authority-ended'],
    ['was revoked a minute ago', { revokedAt: '2026-03-10T09:59:00' }, 'authority-ended'],
    ['is revoked in a minute', { revokedAt: '2026-03-10T10:01:00' }, 'representative'],
    ['has another status', { status: 'ended' }, 'authority-ended'],
    ['ends at this second', { period: { end: '2026-03-10T09:00:00Z' } }, 'authority-ended'],
    ['begins tomorrow', { period: { start: '2026-03-11' } }, 'authority-ended'],
    ['is to decide alone', { scope: 'manage-consent' }, 'scope'],
  ])('of a mandate that %s', async (_name, more, reason) => {
    const representative = { rel: 'proxy', scope: 'read', ...more };
    const decided = await one(asking({ actor: 'representative', representative, recipient: null }));
    expect(decided.reason).toBe(reason);
  });

  it.each([
    ['2026-03-09T23:59:59+01:00', '2014-03-10', 'representative'],
    ['2026-03-10T00:00:00+01:00', '2014-03-10', 'child-agreement-missing'],
    ['2026-03-09T23:00:00Z', '2014-03-10', 'child-agreement-missing'],
    ['2026-03-10', '2010-03-10', 'age-16'],
    ['2026-03-09T22:59:59Z', '2010-03-10', 'child-agreement-missing'],
    ['2026-02-28T23:59:00+01:00', '2012-02-29', 'child-agreement-missing'],
    ['2028-02-28T23:59:00+01:00', '2012-02-29', 'child-agreement-missing'],
    ['2028-02-29', '2012-02-29', 'age-16'],
  ])('of a parent at %s of a child born %s: %s', async (now, birthDate, reason) => {
    const representative = { rel: 'parent', custody: true };
    const request = { ...CASE.request, actor: 'representative', representative };
    const decided = await one(withCase({ now, patient: { id: 'kind', birthDate }, request }));
    expect(decided.reason).toBe(reason);
  });

  it('of a mentor is for adults', async () => {
    const request = { ...CASE.request, actor: 'representative', representative: { rel: 'mentor' } };
    const of = (birthDate: string) => ({ id: 'x', birthDate, incapacity: true });
    const young = withCase({ patient: of('2009-03-10'), request });
    expect((await one(young)).reason).toBe('no-incapacity');
    const adult = withCase({ patient: of('2008-03-10'), request });
    expect((await one(adult)).reason).toBe('representative');
  });

  it('in an emergency after a lock stays shut, and without one opens what helps', async () => {
    const lock = {
      ...{ ...RULE, id: 'lock', type: 'deny', absolute: true },
      ...{ holder: { level: 'any' }, recipient: { level: 'any' }, data: { level: 'all' } },
    };
    const emergency = {
      ...{ level: 'vital', patientIncapable: true },
      ...{ reasonCode: 'BEWUSTELOOS', reasonText: 'niet aanspreekbaar na val' },
    };
    const request = { ...CASE.request, purpose: 'ETREAT', emergency, recipient: 'post' };
    const file = {
      ...FILE,
      organisations: {
        ...FILE.organisations,
        post: { type: 'N6', category: 'HA', regions: ['noord'] },
      },
      regions: { noord: { ...FILE.regions.noord, purposes: ['TREAT', 'ETREAT'] } },
    };
    const asked = (consents: object[]) => ({ ...file, cases: [{ ...CASE, consents, request }] });
    expect(await one(asked([lock]))).toMatchObject({ decision: 'deny', visible: { http: 404 } });
    const ended = { ...lock, status: 'inactive' };
    const opened = await one(asked([ended, { ...denial, purpose: ['TREAT'] }]));
    expect(opened).toMatchObject({ decision: 'permit' });
    expect(opened.obligations).toContain('AUDIT-BTG');
  });

  it('for research is not opened by an agreement that opens care', async () => {
    const open = { ...FILE.regions.noord, basePolicy: 'permit', purposes: ['TREAT', 'HRESCH'] };
    const file = (purpose: string) => ({
      ...{ ...FILE, regions: { noord: open } },
      cases: [{ ...CASE, consents: [], request: { ...CASE.request, purpose } }],
    });
    expect(await one(file('TREAT'))).toMatchObject({ decision: 'permit' });
    expect(await one(file('HRESCH'))).toMatchObject({ decision: 'deny' });
  });
});

describe('a FHIR Consent among the choices of a case', () => {
  const coded = (system: string, code: string) => ({ coding: [{ system, code }] });
  const consent = (more: object = {}, provision: object = {}) => ({
    ...{ resourceType: 'Consent', id: 'c1', status: 'active' },
    scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
    category: [coded('urn:zorgsluis:consent-source', 'dhtv')],
    patient: { reference: 'Patient/anna' },
    performer: [{ reference: 'Patient/anna' }],
    dateTime: '2026-01-01T09:00:00+01:00',
    provision: {
      type: 'permit',
      actor: [
        {
          role: coded('http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'IRCP'),
          reference: { identifier: { system: 'urn:any:category', value: 'HA' } },
        },
      ],
      ...provision,
    },
    ...more,
  });
  const systems = { 'urn:any:category': 'recipientCategory' };
  const ask = (...consents: object[]) =>
    decide({ ...FILE, systems, cases: [{ ...CASE, consents }] });

  it('is read as the gateway reads it, beside the compact ones', async () => {
    const { code, decided: made } = await ask(consent());
    expect([code, made]).toMatchObject([0, [{ decision: 'permit', basis: ['c1'] }]]);
    const refusal = {
      ...RULE,
      id: 'no',
      type: 'deny',
      recipient: { level: 'org', value: 'practice' },
    };
    const both = await ask(consent(), refusal);
    expect(both.decided).toMatchObject([{ decision: 'deny' }]);
    // A refusal without a performer is the patient's.
    const deny = await ask(consent({ performer: [{ display: '?' }] }, { type: 'deny' }));
    expect(deny.decided).toMatchObject([{ decision: 'deny', basis: ['c1'] }]);
  });

  it.each([
    ['a modifier', consent({ modifierExtension: [{}] }), 'Consent.modifierExtension'],
    ['no moment', consent({ dateTime: undefined }), 'Consent.dateTime'],
    ['somebody else', consent({ patient: { reference: 'Patient/ben' } }), 'Consent.patient'],
  ])('with %s is not decided upon, and the place is told', async (_what, wrong, place) => {
    const { code, decided: made, err } = await ask(wrong);
    expect([code, made]).toEqual([2, []]);
    expect(err).toContain(`cases[0].consents[0]: ${place}: `);
  });
});
