/**
 * What a patient chose at the desk of a provider, as that provider sends it: in force with the
 * answer, with evidence, about what it holds itself, and never over what was chosen later.
 * consent.md 3.1, 4 and 15.1 (15, 16).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { R4, readFhir, writeFhir } from '../../src/conformance/index.ts';
import {
  BSN_SYSTEM,
  type Gateway,
  HOSPITAL,
  OTHER_HOSPITAL,
  openGateway,
} from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  type Json,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
  withdraw,
} from '../support/people.ts';

let gateway: Gateway;
let number = 100;

beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

async function somebody(more: Json = {}): Promise<Person> {
  number += 1;
  const one = person(number);
  const self = urn(one.bsn);
  const both = [
    entry(self, patientOf(one, more)),
    entry(urn(`c${one.bsn}`), condition(one.bsn, self)),
  ];
  expect((await gateway.send('epd-proef', transaction(both))).statusCode).toBe(200);
  return one;
}

const coded = (system: string, code: string) => ({ coding: [{ system, code }] });
const ROLES = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const URA = 'http://fhir.nl/fhir/NamingSystem/ura';
const actor = (role: string, system: string, value: string) => ({
  role: coded(ROLES, role),
  reference: { identifier: { system, value } },
});
const HOLDER = actor('CST', URA, HOSPITAL.ura);
const GPS = actor(
  'IRCP',
  'http://fhir.nl/otv/CodeSystem/raadplegende-zorgaanbiedercategorie',
  'RPZAC001',
);

/** A permission for general practices, or with `more` something else. */
function consentOf(one: Person, more: Json = {}, provision: Json = {}): Json {
  const patient = { identifier: { system: BSN_SYSTEM, value: one.bsn } };
  return {
    resourceType: 'Consent',
    identifier: [{ system: 'urn:test:choice', value: 'keuze-1' }],
    status: 'active',
    scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
    category: [coded('http://loinc.org', '59284-0'), coded('urn:zorgsluis:consent-source', 'dhtv')],
    patient,
    dateTime: moment(0),
    performer: [patient],
    sourceReference: { display: 'Formulier 12, map 3' },
    policy: [{ uri: 'urn:test:folder:2026-1' }],
    provision: { type: 'permit', actor: [HOLDER, GPS], ...provision },
    ...more,
  };
}

/** Minutes before now, or after it. */
const moment = (minutes: number) =>
  new Date(gateway.rooms.clock().getTime() + minutes * 60_000).toISOString();

async function tell(consent: Json, sender = 'epd-proef', mediaType = 'application/fhir+json') {
  const body = mediaType.includes('xml')
    ? writeFhir(readFhir(Buffer.from(JSON.stringify(consent)), { format: 'json', version: R4 }), {
        ...{ format: 'xml', version: R4, pretty: false },
      })
    : JSON.stringify(consent);
  const token = await gateway.token(sender);
  const headers = { 'content-type': mediaType };
  return gateway.ask(`/intake/${sender}/choices`, { token, method: 'POST', body, headers });
}

async function seen(one: Person): Promise<number> {
  const token = await gateway.token('partner-huisarts');
  const form = { 'patient.identifier': `${BSN_SYSTEM}|${one.bsn}` };
  return (await gateway.ask('/fhir/r4/Condition/_search', { token, form })).json().total;
}

async function standing(one: Person) {
  const { choices } = await gateway.rooms.consent.choices.list(await vaultOf(gateway, one));
  return choices.map(({ rule }) => `${rule.type} ${rule.status} ${rule.version}`);
}

describe('a choice that a provider sends', () => {
  it('counts with the answer: opened, and closed again by the next version', async () => {
    const one = await somebody();
    expect(await seen(one)).toBe(0);
    const opened = await tell(consentOf(one));
    expect(opened.statusCode, opened.body).toBe(201);
    expect(opened.json()).toMatchObject({ state: 'recorded', understood: true });
    expect(await seen(one)).toBe(1);
    const closed = await tell(consentOf(one, { dateTime: moment(1) }, { type: 'deny' }));
    expect(closed.json()).toMatchObject({ state: 'recorded' });
    expect(await seen(one)).toBe(0);
    expect(await standing(one)).toEqual(['deny active 2']);
  });

  it('may come as XML, names who told it in the ledger, and has a receipt', async () => {
    const one = await somebody();
    const answer = await tell(consentOf(one), 'epd-proef', 'application/fhir+xml');
    expect(answer.statusCode, answer.body).toBe(201);
    const vault = await vaultOf(gateway, one);
    const { choices } = gateway.rooms.consent;
    const receipt = await choices.receipt(vault, answer.json().receipt);
    expect(receipt).toMatchObject({
      channel: 'fhir',
      text: { version: 'urn:test:folder:2026-1', evidence: 'Formulier 12, map 3' },
    });
    expect(receipt.rules[0]?.holder).toEqual({ level: 'org', value: HOSPITAL.id });
    const { entries } = await gateway.rooms.ledger.ofPatient(vault, { limit: 20 });
    const line = entries.find(({ record }) => record.event === 'consent-change');
    expect(line?.record).toMatchObject({
      agent: { kind: 'system', organisation: HOSPITAL.id },
      detail: { channel: 'fhir', receipt: receipt.id },
    });
  });

  it('the same again changes nothing, five at once neither', async () => {
    const one = await somebody();
    const consent = consentOf(one);
    const answers = await Promise.all(Array.from({ length: 5 }, () => tell(consent)));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([
      200, 200, 200, 200, 201,
    ]);
    expect((await tell(consent)).json()).toEqual({ state: 'unchanged', understood: true });
    expect(await standing(one)).toEqual(['permit active 1']);
  });

  it('is taken back by the same choice as inactive, whichever of the two comes first', async () => {
    const [one, other] = [await somebody(), await somebody()];
    const ends = { status: 'inactive' };
    await tell(consentOf(one, { dateTime: moment(-2) }));
    expect((await tell(consentOf(one, { ...ends, dateTime: moment(-1) }))).json()).toMatchObject({
      state: 'withdrawn',
    });
    await tell(consentOf(other, { ...ends, dateTime: moment(-1) }));
    expect((await tell(consentOf(other, { dateTime: moment(-2) }))).json().state).toBe('unchanged');
    expect([await seen(one), await seen(other)]).toEqual([0, 0]);
    expect((await tell(consentOf(other, { dateTime: moment(0) }))).json().state).toBe('recorded');
    expect(await seen(other)).toBe(1);
  });

  it('of two at one instant the refusal stands', async () => {
    const one = await somebody();
    const dateTime = moment(-3);
    await tell(consentOf(one, { dateTime }, { type: 'deny' }));
    expect((await tell(consentOf(one, { dateTime }))).json().state).toBe('unchanged');
    expect(await standing(one)).toEqual(['deny active 1']);
  });

  it('never undoes what the person did on the pages later', async () => {
    const one = await somebody();
    const consent = consentOf(one, { dateTime: moment(-5) });
    await tell(consent);
    const vault = await vaultOf(gateway, one);
    const [choice] = (await gateway.rooms.consent.choices.list(vault)).choices;
    await withdraw(gateway, one, [choice?.rule.id ?? '']);
    const again = await tell({ ...consent, dateTime: moment(-4) });
    expect(again.json().state).toBe('unchanged');
    expect(await seen(one)).toBe(0);
    gateway.later(120);
    expect((await tell({ ...consent, dateTime: moment(0) })).json().state).toBe('recorded');
    expect(await seen(one)).toBe(1);
  });

  it('with fewer recipients than before ends what it no longer names', async () => {
    const one = await somebody();
    const pharmacies = { ...GPS, reference: { identifier: { ...GPS.reference.identifier } } };
    pharmacies.reference.identifier.value = 'RPZAC005';
    await tell(consentOf(one, { dateTime: moment(-2) }, { actor: [HOLDER, pharmacies, GPS] }));
    expect(await seen(one)).toBe(1);
    await tell(consentOf(one, { dateTime: moment(-1) }, { actor: [HOLDER, pharmacies] }));
    expect(await seen(one)).toBe(0);
  });

  it('a limit that is not understood opens nothing, and closes all that it may cover', async () => {
    const one = await somebody();
    const data = [{ meaning: 'dependents', reference: { reference: 'Condition/c' } }];
    const permit = await tell(consentOf(one, {}, { data }));
    expect(permit.json()).toMatchObject({ state: 'recorded', understood: false });
    expect(await seen(one)).toBe(0);
    await choose(gateway, one, [HOSPITALS_TO_GPS]);
    expect(await seen(one)).toBe(1);
    await tell(consentOf(one, { dateTime: moment(1) }, { type: 'deny', data }));
    expect(await seen(one)).toBe(0);
  });
});

describe('what is no such choice is refused with its place, and changes nothing', () => {
  const without = (name: string) => ({ [name]: undefined });
  const other = { identifier: { system: BSN_SYSTEM, value: person(248).bsn } };
  it.each<[string, string, Json, Json?]>([
    [
      'a modifier that nobody knows',
      'Consent.modifierExtension',
      { modifierExtension: [{ url: 'x' }] },
    ],
    [
      'a third level',
      'Consent.provision.provision.provision',
      {},
      { provision: [{ type: 'deny', provision: [{}] }] },
    ],
    ['two holders', 'Consent.provision.actor', {}, { actor: [HOLDER, HOLDER] }],
    [
      'an end before the start',
      'Consent.provision.period',
      {},
      { period: { start: '2026-02-01', end: '2026-01-01' } },
    ],
    [
      'what another holds',
      'Consent.provision.actor',
      {},
      { actor: [actor('CST', URA, OTHER_HOSPITAL.ura), GPS] },
    ],
    [
      'another organisation',
      'Consent.organization',
      { organization: [{ identifier: { system: URA, value: OTHER_HOSPITAL.ura } }] },
    ],
    ['no evidence', 'Consent.source', without('sourceReference')],
    ['empty evidence', 'Consent.source', { sourceReference: {} }],
    ['no text', 'Consent.policy', without('policy')],
    ['no source', 'Consent.category', { category: [coded('http://loinc.org', '59284-0')] }],
    [
      'the register as source',
      'Consent.category',
      { category: [coded('urn:zorgsluis:consent-source', 'otv')] },
    ],
    [
      'a treatment limit',
      'Consent.scope',
      { scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'treatment') },
    ],
    ['a draft', 'Consent.status', { status: 'draft' }],
    ['no moment', 'Consent.dateTime', without('dateTime')],
    ['a moment to come', 'Consent.dateTime', { dateTime: '2099-01-01T00:00:00Z' }],
    ['no type', 'Consent.provision.type', {}, without('type')],
    ['somebody else deciding', 'Consent.performer', { performer: [other] }],
    ['a relative deciding', 'Consent.performer', { performer: [{ reference: 'RelatedPerson/1' }] }],
    ['nobody deciding', 'Consent.performer', without('performer')],
    ['no name', 'Consent.identifier', without('identifier')],
    ['no patient', 'Consent.patient.identifier', { patient: { reference: 'Patient/1' } }],
    ['somebody unknown', 'Consent.patient.identifier', { patient: other, performer: [other] }],
  ])('%s', async (_what, place, more, provision) => {
    const one = await somebody();
    const answer = await tell(consentOf(one, more, provision));
    expect(answer.statusCode, answer.body).toBe(422);
    expect(answer.json().issue[0].expression).toEqual([place]);
    expect(answer.body).not.toContain(one.bsn);
    expect(await standing(one)).toEqual([]);
    expect(await seen(one)).toBe(0);
  });

  it('somebody whom only another provider knows is nobody, in the same words', async () => {
    const [here, nowhere] = [await somebody(), person(247)];
    const holder = actor('CST', URA, OTHER_HOSPITAL.ura);
    const [known, unknown] = await Promise.all(
      [here, nowhere].map((one) => tell(consentOf(one, {}, { actor: [holder, GPS] }), 'epd-ander')),
    );
    expect(known?.statusCode).toBe(422);
    expect(known?.json().issue[0]).toEqual(unknown?.json().issue[0]);
    expect(await standing(here)).toEqual([]);
  });

  it('a child does not decide alone', async () => {
    number += 1;
    const child = { ...person(number), birthDate: '2020-01-01' };
    const self = urn(child.bsn);
    await gateway.send('epd-proef', transaction([entry(self, patientOf(child))]));
    const answer = await tell(consentOf(child));
    expect([answer.statusCode, answer.json().issue[0].details.coding[0].code]).toEqual([
      403,
      'no-authority',
    ]);
  });

  it('a partner has no such door, nor has a body that is no Consent', async () => {
    const one = await somebody();
    const token = await gateway.token('partner-huisarts');
    const body = JSON.stringify(consentOf(one));
    const headers = { 'content-type': 'application/fhir+json' };
    const path = '/intake/partner-huisarts/choices';
    const partner = await gateway.ask(path, { token, method: 'POST', body, headers });
    expect(partner.statusCode).toBe(401);
    expect((await tell({ resourceType: 'Patient' })).statusCode).toBe(422);
    expect((await tell({} as Json)).statusCode).toBe(400);
  });
});

describe('as clinical data', () => {
  const sharing = (one: Person) => {
    const { performer: _performer, ...consent } = consentOf(one);
    return { ...consent, patient: { reference: urn(one.bsn) } };
  };

  it('a choice is refused and not kept, and the answer says where it goes', async () => {
    const one = await somebody();
    const self = urn(one.bsn);
    const push = await gateway.send(
      'epd-proef',
      transaction([entry(self, patientOf(one)), entry(urn('x'), sharing(one))]),
    );
    expect(push.statusCode).toBe(422);
    expect(push.json().issue[0]).toMatchObject({ expression: ['Bundle.entry[1].resource'] });
    expect(push.json().issue[0].diagnostics ?? push.body).toContain('/choices');
  });

  it('a treatment limit is data as it was', async () => {
    const one = await somebody();
    const self = urn(one.bsn);
    const limit = {
      resourceType: 'Consent',
      status: 'active',
      scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'treatment'),
      category: [coded('http://snomed.info/sct', '11291000146105')],
      patient: { reference: self },
      dateTime: '2026-01-01',
      provision: { type: 'deny' },
    };
    const push = await gateway.send(
      'epd-proef',
      transaction([entry(self, patientOf(one)), entry(urn(`t${one.bsn}`), limit)]),
    );
    expect(push.statusCode, push.body).toBe(200);
    expect(await standing(one)).toEqual([]);
  });
});
