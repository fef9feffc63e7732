/**
 * Who acts for a person sees what the mandate allows and nothing that tells of more; quiet mode
 * hides the record from the person's own apps, and from nobody else. capabilities D8, D9;
 * consent.md 10.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { R4 } from '../../src/conformance/index.ts';
import { mergePeople } from '../../src/consent/index.ts';
import type { AccessRequest } from '../../src/permission/index.ts';
import { type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  observation,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

const BSN = 'http://fhir.nl/fhir/NamingSystem/bsn';
const BY = { agent: { kind: 'person' as const, id: 'test' }, requestId: 'test' };
const helper = person(61);

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

async function known(number: number, more: object = {}): Promise<Person> {
  const one = person(number);
  const self = urn(one.bsn);
  const laboratory = {
    system: 'http://terminology.hl7.org/CodeSystem/observation-category',
    code: 'laboratory',
  };
  const answer = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(one, { ...more })),
      entry(urn(`c${one.bsn}`), condition(one.bsn, self)),
      entry(
        urn(`o${one.bsn}`),
        observation(one.bsn, self, { category: [{ coding: [laboratory] }] }),
      ),
    ]),
  );
  expect(answer.statusCode).toBe(200);
  return one;
}

const act = (vault: string) => ({
  performers: [{ rel: 'self' as const }],
  agent: { kind: 'person' as const, id: vault },
  channel: 'portal',
  text: { version: '2026-1', language: 'nl' as const, digest: 'd'.repeat(64) },
});

/** Types that an app gets of this person, by a token as MedMij gives it. */
async function atApp(one: Person, representative?: { subject: string; authority: string }) {
  const { rooms } = gateway;
  const claims = {
    kind: 'medmij' as const,
    client: PGO,
    vault: await vaultOf(gateway, one),
    aanbieder: HOSPITAL.id,
    services: ['48'],
    consent: randomUUID(),
    correlationId: randomUUID(),
    ...(representative ? { representative } : {}),
  };
  const { token } = await rooms.tokens.issue(rooms.database, claims);
  const answer = await gateway.ask('/medmij/ziekenhuisproef/48/fhir/Condition', {
    token,
    headers: {
      'medmij-request-id': randomUUID(),
      'x-correlation-id': claims.correlationId,
      accept: 'application/fhir+json',
    },
  });
  return { status: answer.statusCode, body: answer.json(), total: answer.json().total };
}

/** Types that somebody sees on the pages for whoever acts for another. */
async function acting(one: Person, mandate: string, proxy: string): Promise<string[]> {
  const access: AccessRequest = {
    id: randomUUID(),
    correlationId: randomUUID(),
    door: 'web',
    client: 'web',
    address: '',
    actor: { kind: 'representative', subject: proxy, authority: `mandate:${mandate}` },
    purpose: 'PWATRNY',
    tokenId: 'test',
  };
  const { views } = gateway.rooms;
  const question = { version: R4, path: 'x', base: '' };
  const types: string[] = [];
  for await (const part of views.everything(access, await vaultOf(gateway, one), question)) {
    types.push(...part.resources.map(({ type }) => type));
  }
  return types.sort();
}

describe('a mandate', () => {
  const until = () => new Date(gateway.rooms.clock().getTime() + 7 * 86_400_000).toISOString();

  async function given(one: Person, kinds?: { level: 'type'; value: string }[]) {
    const { mandates } = gateway.rooms.consent;
    const vault = await vaultOf(gateway, one);
    const draft = { proxyBsn: helper.bsn, name: 'Marieke', principal: 'Oma', until: until() };
    await mandates.give(vault, { ...draft, ...(kinds ? { kinds } : {}) }, BY);
    const proxy = mandates.proxyOf(helper.bsn);
    const found = (await mandates.forProxy(proxy)).find((two) => two.vault === vault);
    if (!found) throw new Error('no mandate');
    return { vault, proxy, id: found.id };
  }

  it('shows the kinds that it names, and no other', async () => {
    const one = await known(62);
    const { id, proxy } = await given(one, [{ level: 'type', value: 'Condition' }]);
    expect(await acting(one, id, proxy)).toEqual(['Condition', 'Patient']);
    const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, one));
    const line = entries.find(({ record }) => record.agent.kind === 'representative');
    expect(line?.record.agent.onBehalfOf).toBeDefined();
    expect(line?.record.obligations).toContain('AUDIT-ON-BEHALF');
  });

  it('ends at once, by itself at its end, and is nobody else’s', async () => {
    const one = await known(63);
    const { id, proxy, vault } = await given(one);
    expect(await acting(one, id, proxy)).toContain('Observation');
    const stranger = gateway.rooms.consent.mandates.proxyOf(person(64).bsn);
    await expect(acting(one, id, stranger)).rejects.toMatchObject({ kind: 'forbidden' });
    await gateway.rooms.consent.mandates.end(vault, id, BY);
    await expect(acting(one, id, proxy)).rejects.toMatchObject({ code: 'authority-ended' });
    const again = await given(one);
    gateway.later(8 * 86_400);
    await expect(acting(one, again.id, proxy)).rejects.toMatchObject({ code: 'authority-ended' });
  });

  it('stands beside that of another, each with its own end', async () => {
    const one = await known(67);
    const vault = await vaultOf(gateway, one);
    const { mandates } = gateway.rooms.consent;
    const two = person(68);
    await given(one);
    const draft = { proxyBsn: two.bsn, name: 'Piet', principal: 'Oma', until: until() };
    await mandates.give(vault, draft, BY);
    const of = async (bsn: string) =>
      (await mandates.forProxy(mandates.proxyOf(bsn))).filter((found) => found.vault === vault);
    const [[first], [second]] = [await of(helper.bsn), await of(two.bsn)];
    expect([first?.version, second?.version]).toEqual([1, 1]);
    await mandates.end(vault, first?.id ?? '', BY);
    expect([(await of(helper.bsn)).length, (await of(two.bsn)).length]).toEqual([0, 1]);
    // Who has one does not come in by that of another, nor by one that ended.
    const proxy = mandates.proxyOf(two.bsn);
    expect(await acting(one, second?.id ?? '', proxy)).toContain('Observation');
    await expect(acting(one, first?.id ?? '', proxy)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(mandates.end(vault, first?.id ?? '', BY)).rejects.toMatchObject({
      kind: 'not-found',
    });
    expect(await of(two.bsn)).toHaveLength(1);
  });

  it('of somebody under 16 opens nothing', async () => {
    const birthDate = `${new Date().getUTCFullYear() - 14}-01-01`;
    const one = await known(65, { birthDate });
    const { id, proxy } = await given(one);
    await expect(acting(one, id, proxy)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('tells no number and no name in its table', async () => {
    const one = await known(66);
    await given(one);
    const { rows } = await gateway.db.database.query('select * from mandate');
    const dump = JSON.stringify(rows);
    for (const word of ['Marieke', 'Oma', helper.bsn]) expect(dump).not.toContain(word);
  });
});

describe('at an app', () => {
  it('whoever acts with a mandate from the log-in sees the record', async () => {
    const one = await known(71);
    const voluntary = { subject: 's', authority: 'voluntary:alles' };
    expect(await atApp(one, voluntary)).toMatchObject({ status: 200, total: 1 });
    const parent = { subject: 's', authority: 'parental' };
    expect((await atApp(one, parent)).status).toBe(401);
  });

  it('whoever acts with a mandate for some kinds sees those, while it stands', async () => {
    const one = await known(75);
    const by = (authority: string) => atApp(one, { subject: 's', authority });
    expect(await by('voluntary:klachten')).toMatchObject({ status: 200, total: 1 });
    expect(await by('voluntary:medicijnen+uitslagen')).toMatchObject({ status: 200, total: 0 });
    const inMs = (ms: number) => new Date(gateway.rooms.clock().getTime() + ms).toISOString();
    expect(await by(`voluntary:alles:${inMs(60_000)}`)).toMatchObject({ status: 200, total: 1 });
    expect((await by(`voluntary:alles:${inMs(-1)}`)).status).toBe(401);
    // From before mandates named what they are for: log in again.
    expect((await by('voluntary')).status).toBe(401);
  });
});

describe('quiet mode', () => {
  it('answers an app as for somebody with nothing, and providers as before', async () => {
    const one = await known(72);
    await choose(gateway, one, [HOSPITALS_TO_GPS]);
    const vault = await vaultOf(gateway, one);
    const { quiet } = gateway.rooms.consent;
    expect((await atApp(one)).total).toBe(1);
    await quiet.turnOn(vault, 'geheime zin', act(vault));
    expect(await atApp(one)).toMatchObject({ status: 200, total: 0 });
    const voluntary = { subject: 's', authority: 'voluntary:alles' };
    expect((await atApp(one, voluntary)).total).toBe(0);
    const token = await gateway.token('partner-huisarts');
    const form = { 'patient.identifier': `${BSN}|${one.bsn}` };
    const provider = await gateway.ask('/fhir/r4/Condition/_search', { token, form });
    expect(provider.json().total).toBe(1);
    await quiet.turnOff(vault, act(vault));
    expect((await atApp(one)).total).toBe(1);
  });

  it('is lifted by the code only, and not by trying many', async () => {
    const one = await known(73);
    const vault = await vaultOf(gateway, one);
    const { quiet } = gateway.rooms.consent;
    await expect(quiet.turnOn(vault, 'kort', act(vault))).rejects.toMatchObject({
      code: 'quiet-code',
    });
    expect(await quiet.isOn(vault)).toBe(false);
    await quiet.turnOn(vault, 'geheime zin', act(vault));
    expect(await quiet.isCode(vault, 'geheime zin')).toBe(true);
    for (let index = 0; index < 5; index += 1) {
      expect(await quiet.isCode(vault, `fout ${index}`)).toBe(false);
    }
    expect(await quiet.isCode(vault, 'geheime zin')).toBe(false);
    gateway.later(901);
    expect(await quiet.isCode(vault, 'geheime zin')).toBe(true);
    const { rows } = await gateway.db.database.query('select * from person_setting');
    expect(JSON.stringify(rows)).not.toContain('geheim');
  });

  it('stands in no list of choices, and keeps how the person wants to be told', async () => {
    const one = await known(74);
    const vault = await vaultOf(gateway, one);
    const { quiet, choices, own } = gateway.rooms.consent;
    await own.keepSettings(vault, { notices: 'each' }, BY.agent, 'test');
    await quiet.turnOn(vault, 'geheime zin', act(vault));
    expect((await choices.list(vault)).choices).toEqual([]);
    expect((await own.settings(vault)).notices).toBe('each');
  });

  it('of a record that is joined with another goes along', async () => {
    const [stays, goes] = [await known(75), await known(76)];
    const [vault, merged] = [await vaultOf(gateway, stays), await vaultOf(gateway, goes)];
    await gateway.rooms.consent.quiet.turnOn(merged, 'geheime zin', act(merged));
    const { rooms } = gateway;
    const { choices, relations, own } = rooms.consent;
    const operator = { kind: 'operator' as const, id: 'test' };
    await mergePeople({ ...rooms, choices, relations, own }, vault, merged, operator);
    expect(await rooms.consent.quiet.isOn(vault)).toBe(true);
    expect(await rooms.consent.quiet.isCode(vault, 'geheime zin')).toBe(true);
  });
});
