/**
 * The national register of choices, asked and heard: what it answers counts, its silence closes the
 * same for everybody, and a refusal that it notifies works at once. consent.md 4.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toldRows } from '../../src/audit/index.ts';
import { R4, readFhir } from '../../src/conformance/index.ts';
import { erasePerson, TOLD_NOTICES } from '../../src/consent/index.ts';
import { readClosedAnswer, writeClosedQuestion } from '../../src/consent/mitz/closed-question.ts';
import { readNotification } from '../../src/consent/mitz/notification.ts';
import { type StandInMitz, startStandInMitz } from '../../src/demo/stand-in-mitz.ts';
import { notificationOf } from '../../src/demo/stand-in-mitz-messages.ts';
import { categoryOfType, recipientCode } from '../../src/permission/index.ts';
import { asOwner } from '../audit/ledgers.ts';
import { type Gateway, HOSPITAL, openGateway, PRACTICE } from '../support/gateway.ts';
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
} from '../support/people.ts';

let gateway: Gateway;
let mitz: StandInMitz;
let number = 60;
const BSN = 'http://fhir.nl/fhir/NamingSystem/bsn';

beforeAll(async () => {
  mitz = await startStandInMitz({
    host: '127.0.0.1',
    port: 0,
    recipientCodeOf: (type) => recipientCode(categoryOfType(type) ?? 'OVZ'),
    notify: async (endpoint, body) => {
      const answer = await notify(new URL(endpoint).pathname, body);
      expect(answer.statusCode).toBe(200);
    },
  });
  gateway = await openGateway({
    config: (config) => ({ ...config, mitz: { ...config.mitz, url: mitz.url, answerMsMax: 500 } }),
  });
});
afterAll(async () => {
  await gateway.close();
  await mitz.close();
});
beforeEach(() => {
  mitz.setDown(false);
  // What was answered in the test before is not held any more, nor is the breaker open.
  gateway.later(600);
});

const notify = (path: string, body: string) =>
  gateway.ask(path, { body, headers: { 'content-type': 'application/fhir+xml' } });

/** A person of the hospital. */
async function known(number: number): Promise<Person> {
  const one = person(number);
  const self = urn(one.bsn);
  const both = [entry(self, patientOf(one)), entry(urn(`c${one.bsn}`), condition(one.bsn, self))];
  expect((await gateway.send('epd-proef', transaction(both))).statusCode).toBe(200);
  return one;
}

async function ask(one: Person, type = 'Condition') {
  const token = await gateway.token('partner-huisarts');
  const name = type === 'Patient' ? 'identifier' : 'patient.identifier';
  return gateway.ask(`/fhir/r4/${type}/_search`, { token, form: { [name]: `${BSN}|${one.bsn}` } });
}

const seen = async (one: Person): Promise<number> => (await ask(one)).json().total;

const decide = (one: Person, permit: boolean) =>
  mitz.choose({
    bsn: one.bsn,
    holder: HOSPITAL.ura,
    holderType: HOSPITAL.type,
    recipient: 'RPZAC001',
    permit,
  });

describe('what the register answers', () => {
  it('opens on yes, closes on no, and leaves to the rest what nobody chose', async () => {
    const [yes, no, silent] = [await known(11), await known(12), await known(13)];
    await decide(yes, true);
    await decide(no, false);
    expect(await seen(yes)).toBe(1);
    expect(await seen(no)).toBe(0);
    expect(await seen(silent)).toBe(0);
    await choose(gateway, silent, [HOSPITALS_TO_GPS]);
    expect(await seen(silent)).toBe(1);
  });

  it('gives way only to a choice that names both sides', async () => {
    const one = await known(14);
    await decide(one, false);
    await choose(gateway, one, [HOSPITALS_TO_GPS]);
    expect(await seen(one)).toBe(0);
    await choose(gateway, one, [
      {
        type: 'permit',
        holder: { level: 'org', value: HOSPITAL.id },
        recipient: { level: 'org', value: PRACTICE.id },
        data: { level: 'all' },
      },
    ]);
    expect(await seen(one)).toBe(1);
  });

  it('is held for a minute and no longer', async () => {
    const one = await known(15);
    await decide(one, true);
    expect(await seen(one)).toBe(1);
    const before = mitz.asked();
    expect(await seen(one)).toBe(1);
    expect(mitz.asked()).toBe(before);
    gateway.later(61);
    expect(await seen(one)).toBe(1);
    expect(mitz.asked()).toBe(before + 1);
  });

  it('shows on the person’s page, and in no table', async () => {
    const one = await known(16);
    await decide(one, true);
    await seen(one);
    const answers = await gateway.rooms.consent.register?.lastAnswers(await vaultOf(gateway, one));
    expect(answers).toMatchObject([
      { recipient: PRACTICE.id, answers: [{ holder: HOSPITAL.id, answer: 'Permit' }] },
    ]);
    const { rows } = await gateway.db.database.query('select * from register_answer');
    expect(JSON.stringify(rows)).not.toContain(PRACTICE.id);
    const dump = JSON.stringify(
      (await gateway.db.database.query('select * from register_subscription')).rows,
    );
    expect(dump).not.toContain(one.bsn);
  });
});

it('a subscription has a line, and is named when its row is taken out or ended', async () => {
  const one = await known(18);
  await gateway.rooms.consent.register?.subscriptions.sweep();
  const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, one));
  expect(entries.find(({ record }) => record.event === 'register-subscription')).toMatchObject({
    record: { holders: [HOSPITAL.id], detail: { state: 'active' } },
  });
  const found = async () => {
    const { database, ledger, clock } = gateway.rooms;
    const check = toldRows(database, TOLD_NOTICES, clock());
    const until = new Date(clock().getTime() + 1_000);
    for await (const line of ledger.lines(new Date(0), until)) check.hear(line);
    return check.findings();
  };
  expect(await found()).toEqual([]);
  const { ownerUrl } = gateway.db;
  await asOwner(ownerUrl, 'create table kept as table register_subscription');
  for (const sql of [
    'delete from register_subscription',
    `update register_subscription set state = 'ended'`,
    'update register_subscription set id = gen_random_uuid()',
  ]) {
    await asOwner(ownerUrl, sql);
    expect((await found())[0], sql).toMatchObject({ fault: 'register-subscription' });
    await asOwner(ownerUrl, 'delete from register_subscription');
    await asOwner(ownerUrl, 'insert into register_subscription select * from kept');
  }
  await asOwner(ownerUrl, 'drop table kept');
});

describe('while the register is silent', () => {
  it('everybody is told the same, known here or not, open or closed', async () => {
    const [open, closed] = [await known(21), await known(22)];
    await choose(gateway, open, [HOSPITALS_TO_GPS]);
    await decide(closed, false);
    mitz.setDown(true);
    // The outage is met by somebody.
    await ask(open);
    const answers = [await ask(open), await ask(closed), await ask(person(23))];
    const patients = [await ask(closed, 'Patient'), await ask(person(23), 'Patient')];
    for (const answer of [...answers, ...patients]) {
      expect(answer.statusCode).toBe(503);
      expect(answer.headers['retry-after']).toBe('15');
    }
    const plain = (body: string) => body.replace(/[0-9a-f-]{36}/g, 'id');
    expect(new Set(answers.map(({ body }) => plain(body))).size).toBe(1);
    const token = await gateway.token('partner-huisarts');
    const read = await gateway.ask('/fhir/r4/Condition/nooit-geweest', { token });
    expect(read.statusCode).toBe(503);
  });

  it.each([
    ['an error', { setDown: true }],
    ['nothing for a long time', { setDown: false }],
  ])(
    'whoever is first to meet it is told as little as of nobody: %s',
    async (_how, { setDown }) => {
      const number = setDown ? 27 : 28;
      const [one, again] = [await known(number), await known(number + 100)];
      await decide(one, false);
      await ask(again);
      if (setDown) mitz.setDown(true);
      else mitz.setSilentAbout(one.bsn);
      try {
        const took = async (asked: Person) => {
          const started = performance.now();
          const { statusCode, body } = await ask(asked);
          return { statusCode, total: JSON.parse(body).total, ms: performance.now() - started };
        };
        const nobody = await took(person(number + 200));
        const first = await took(one);
        expect(first).toMatchObject({ statusCode: 200, total: 0 });
        expect(nobody).toMatchObject({ statusCode: 200, total: 0 });
        // Not until the register gives up, which is half a second here.
        expect(first.ms).toBeLessThan(nobody.ms + 400);
        for (const asked of [one, person(number + 201)]) {
          expect((await took(asked)).statusCode).toBe(503);
        }
        // An answer about somebody else ends the silence for all.
        mitz.setDown(false);
        gateway.later(61);
        await ask(again);
        expect((await took(person(number + 202))).statusCode).toBe(200);
        expect((await took(one)).statusCode).toBe(200);
      } finally {
        mitz.setSilentAbout(undefined);
      }
    },
  );

  it('a choice that names both sides still opens', async () => {
    const one = await known(24);
    await choose(gateway, one, [
      {
        type: 'permit',
        holder: { level: 'org', value: HOSPITAL.id },
        recipient: { level: 'org', value: PRACTICE.id },
        data: { level: 'all' },
      },
    ]);
    mitz.setDown(true);
    expect(await seen(one)).toBe(1);
  });

  it('the person and the sender notice nothing', async () => {
    const one = await known(25);
    mitz.setDown(true);
    await ask(one);
    const token = await gateway.token('epd-proef');
    const form = { 'patient.identifier': `${BSN}|${one.bsn}` };
    const answer = await gateway.ask('/fhir/r4/Condition/_search', { token, form });
    expect(answer.json().total).toBe(1);
  });

  it('it is not asked by everybody: the breaker opens after five failures', async () => {
    const one = await known(26);
    mitz.setDown(true);
    for (let index = 0; index < 6; index += 1) {
      await ask(one);
      gateway.later(2);
    }
    mitz.setDown(false);
    const before = mitz.asked();
    await ask(one);
    expect(mitz.asked()).toBe(before);
    gateway.later(16);
    await decide(one, true);
    expect(await seen(one)).toBe(1);
  });
});

describe('what the register notifies', () => {
  async function subscribed(number: number): Promise<Person> {
    const one = await known(number);
    await gateway.rooms.consent.register?.subscriptions.sweep();
    expect(mitz.subscriptions()).toContainEqual(
      expect.objectContaining({ bsn: one.bsn, holder: HOSPITAL.ura }),
    );
    return one;
  }

  it('a refusal comes as inactive and without a type, and works at once', async () => {
    const one = await subscribed(31);
    await decide(one, true);
    expect(await seen(one)).toBe(1);
    await decide(one, false);
    expect(await seen(one)).toBe(0);
    const { choices } = await gateway.rooms.consent.choices.list(await vaultOf(gateway, one));
    expect(choices.map(({ rule }) => [rule.source, rule.type, rule.version])).toEqual([
      ['otv', 'deny', 2],
    ]);
  });

  it('stands in a preview as at the door: a choice for one holder goes before it', async () => {
    const one = await subscribed(39);
    await decide(one, false);
    const vault = await vaultOf(gateway, one);
    const { own, choices } = gateway.rooms.consent;
    expect((await choices.list(vault)).choices).toHaveLength(1);
    const rule = { ...HOSPITALS_TO_GPS, holder: { level: 'org', value: HOSPITAL.id } } as const;
    const { changes } = await own.preview(vault, [{ kind: 'put', rule }]);
    const said =
      changes.find(({ organisation }) => organisation === PRACTICE.id)?.gains.length ?? 0;
    const before = await seen(one);
    await choose(gateway, one, [rule]);
    gateway.later(61);
    expect([before, before + said]).toEqual([0, await seen(one)]);
    expect(said).toBe(1);
  });

  it('what is older, comes twice, or is about nobody here changes nothing', async () => {
    const one = await subscribed(32);
    await decide(one, false);
    const vault = await vaultOf(gateway, one);
    const { choices } = gateway.rooms.consent;
    const { change } = await choices.list(vault);
    const old = { holder: HOSPITAL.ura, holderType: 'V4', recipient: 'RPZAC001', permit: true };
    const at = '2020-01-01T00:00:00Z';
    const { register } = gateway.rooms.consent;
    const tell = (bsn: string, holder: string) =>
      register?.notified(
        readFhir(Buffer.from(notificationOf({ ...old, bsn, holder, at })), {
          format: 'xml',
          version: R4,
        }),
        'test',
      );
    expect(await tell(one.bsn, HOSPITAL.ura)).toEqual({ choices: 1, changed: 0 });
    expect(await tell(person(33).bsn, HOSPITAL.ura)).toEqual({ choices: 1, changed: 0 });
    expect(await tell(one.bsn, '99999999')).toEqual({ choices: 1, changed: 0 });
    expect((await choices.list(vault)).change).toBe(change);
  });

  it('what cannot be read is refused with its place, and goes to no other address', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    expect((await notify(`/regio/mitz/${id}`, '<Bundle/>')).statusCode).toBe(404);
    const bundle = { resourceType: 'Bundle', entry: [{ resource: { resourceType: 'Consent' } }] };
    expect(() => readNotification(bundle, new Date())).toThrow(/no patient/);
  });

  /** The bundle of one choice as the register sends it, with its Consent changed. */
  function changed(one: Person, permit: boolean, change: (consent: Json) => Json) {
    const at = '2026-01-01T00:00:00Z';
    const said = { holder: HOSPITAL.ura, holderType: 'V4', recipient: 'RPZAC001', permit, at };
    const bundle = readFhir(Buffer.from(notificationOf({ ...said, bsn: one.bsn })), {
      ...{ format: 'xml', version: R4 },
    }) as Json & { resourceType: string; entry: { resource: Json }[] };
    const [first, ...parties] = bundle.entry;
    return {
      ...bundle,
      entry: [{ ...first, resource: change(first?.resource ?? {}) }, ...parties],
    };
  }
  const limited = (more: Json) => (consent: Json) => ({
    ...consent,
    provision: { ...(consent['provision'] as Json), ...more },
  });
  const READER = {
    role: { coding: [{ system: 'urn:role', code: 'IRCP' }] },
    reference: { identifier: { system: 'urn:ura', value: '90001003' } },
  };

  it('a period counts, of the choice and of the data', () => {
    const period = { start: '2026-01-01', end: '2026-02-01' };
    const read = (more: Json) =>
      readNotification(changed(person(40), true, limited(more)), new Date())[0]?.limits;
    expect(read({})).toEqual({});
    expect(read({ period })).toEqual({ period });
    expect(read({ dataPeriod: period })).toEqual({ within: [{ level: 'dataPeriod', ...period }] });
  });

  const actorsWith = (more: Json) => (consent: Json) => {
    const provision = consent['provision'] as Json & { actor: Json[] };
    return { ...consent, provision: { ...provision, actor: [...provision.actor, more] } };
  };

  it.each<[string, (consent: Json) => Json]>([
    ['another purpose', limited({ purpose: [{ system: 'urn:any', code: 'HRESCH' }] })],
    ['exceptions', limited({ provision: [{ type: 'deny' }] })],
    ['a label', limited({ securityLabel: [{ system: 'urn:any', code: 'R' }] })],
    ['an act in words', limited({ action: [{ text: 'corrigeren' }] })],
    ['an end that is said to be unknown', limited({ period: { _end: { extension: [{}] } } })],
    ['another act', limited({ action: [{ coding: [{ system: 'urn:any', code: 'correct' }] }] })],
    ['readers by name', actorsWith(READER)],
  ])('a choice with %s opens nothing, and closes all that it may cover', async (_what, change) => {
    const one = await subscribed(number);
    number += 1;
    const { register } = gateway.rooms.consent;
    await register?.notified(changed(one, true, change) as never, 'test');
    expect(await seen(one)).toBe(0);
    const vault = await vaultOf(gateway, one);
    const rule = async () => {
      const { choices } = await gateway.rooms.consent.choices.list(vault);
      return choices.map((choice) => choice.rule);
    };
    expect(await rule()).toMatchObject([{ type: 'permit', notUnderstood: true }]);
    const refusal = changed(one, false, change);
    await register?.notified(refusal as never, 'test');
    const data = { level: 'ggc', value: 'GGC002' };
    expect(await rule()).toMatchObject([{ type: 'deny', status: 'active', data }]);
  });

  it.each<[string, string, (consent: Json) => Json]>([
    ['a modifier', 'modifierExtension', (consent) => ({ ...consent, modifierExtension: [{}] })],
    [
      'a modifier of the holder',
      'provision.actor[0].modifierExtension',
      (consent: Json) => {
        const provision = consent['provision'] as { actor: Json[] };
        const actor = provision.actor.map((one) => ({ ...one, modifierExtension: [{}] }));
        return { ...consent, provision: { ...provision, actor } };
      },
    ],
    ['a modifier inside', 'provision.modifierExtension', limited({ modifierExtension: [{}] })],
    [
      'a third level',
      'provision.provision.provision',
      limited({ provision: [{ provision: [{}] }] }),
    ],
    [
      'an end before its start',
      'provision.period',
      limited({ period: { start: '2026', end: '2025' } }),
    ],
    [
      'a moment to come',
      'dateTime',
      (consent) => ({ ...consent, dateTime: '2099-01-01T00:00:00Z' }),
    ],
    [
      'two holders',
      'provision.actor',
      (consent) => {
        const provision = consent['provision'] as Json & { actor: Json[] };
        const twice = [...provision.actor, ...provision.actor];
        return { ...consent, provision: { ...provision, actor: twice } };
      },
    ],
  ])('with %s it is refused with its place', (_what, place, change) => {
    const bundle = changed(person(40), true, change);
    expect(() => readNotification(bundle, new Date())).toThrow(
      expect.objectContaining({ expression: [`Bundle.entry[0].resource.${place}`] }),
    );
  });

  it('what it takes back stays taken back, whichever of the two comes first', async () => {
    const [first, last] = [await subscribed(47), await subscribed(48)];
    const { register, choices } = gateway.rooms.consent;
    const mistaken = (consent: Json) => ({ ...consent, status: 'entered-in-error' });
    const stands = async (one: Person) =>
      (await choices.list(await vaultOf(gateway, one))).choices.map(({ rule }) => rule.status);
    const tell = async (one: Person, change: (consent: Json) => Json) =>
      register?.notified(changed(one, true, change) as never, 'test');
    const same = (consent: Json) => consent;
    for (const change of [same, mistaken, same]) await tell(first, change);
    for (const change of [mistaken, same, mistaken]) await tell(last, change);
    expect([await stands(first), await stands(last)]).toEqual([['inactive'], ['inactive']]);
    expect([await seen(first), await seen(last)]).toEqual([0, 0]);
    const unknown = (consent: Json) => ({ ...mistaken(consent), category: [] });
    expect(() => readNotification(changed(first, true, unknown), new Date())).toThrow(/category/);
  });

  it('a subscription ends with the record', async () => {
    const one = await subscribed(34);
    await erasePerson(gateway.rooms, one.bsn, 'test');
    await gateway.rooms.consent.register?.subscriptions.sweep();
    expect(mitz.subscriptions().some(({ bsn }) => bsn === one.bsn)).toBe(false);
  });
});

describe('the closed question', () => {
  const question = {
    bsn: '999990020',
    holder: { ura: '90001001', type: 'V4' },
    categories: ['GGC002', 'GGC012'],
    recipient: { ura: '90001003', type: 'Z3', role: '01.015', person: '<&">' },
    purpose: 'TREAT' as const,
  };
  const result = (decision: string, code?: string) =>
    `<Result><Decision>${decision}</Decision>${
      code === undefined
        ? ''
        : `<Attributes><Attribute AttributeId="urn:ihe:iti:appc:2016:document-entry:event-code">` +
          `<AttributeValue><CodedValue code="${code}"/></AttributeValue></Attribute></Attributes>`
    }</Result>`;
  const read = (...results: readonly string[]) =>
    Object.fromEntries(
      readClosedAnswer(`<Response>${results.join('')}</Response>`, question.categories),
    );

  it('names the person, both sides, the purpose, and each category in a block of its own', () => {
    const xml = writeClosedQuestion(question, { messageId: 'm', to: 'https://mitz.example/x' });
    expect(xml).toContain('extension="999990020" root="2.16.840.1.113883.2.4.6.3"');
    expect(xml).toContain('extension="90001001" root="2.16.528.1.1007.3.3"');
    expect(xml.match(/attribute-category:action"/g)).toHaveLength(2);
    expect(xml).toContain('extension="&lt;&amp;&quot;&gt;"');
    expect(xml).toContain('code="TREAT"');
  });

  it('is answered for each category by its code, else by its place; the rest is no answer', () => {
    expect(read(result('Deny', 'GGC012'), result('Permit', 'GGC002'))).toEqual({
      GGC002: 'Permit',
      GGC012: 'Deny',
    });
    expect(read(result('Permit'), result('Deny'))).toEqual({ GGC002: 'Permit', GGC012: 'Deny' });
    expect(read(result('Permit'))).toEqual({ GGC002: 'Indeterminate', GGC012: 'Indeterminate' });
    expect(read(result('Sure', 'GGC002'))).toMatchObject({ GGC002: 'Indeterminate' });
    expect(read(result('Deny', 'GGC002'), result('Permit', 'GGC002'))).toMatchObject({
      GGC002: 'Deny',
    });
  });

  it.each(['', 'no xml', '<Fault/>', '<!DOCTYPE a><Response/>', '<Response/>', '<a>'])(
    'is not answered by %j',
    (xml) => {
      expect(() => readClosedAnswer(xml, ['GGC002'])).toThrow();
    },
  );
});
