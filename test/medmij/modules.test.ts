/** Modules of providers that an app starts for its person (medmij-protocol.md 9.1), a draft. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Gateway,
  HOSPITAL,
  OTHER_PGO,
  openGateway,
  PGO,
  PUBLIC_URL,
} from '../support/gateway.ts';
import { browser } from '../support/medmij-walk.ts';
import { BASE, basic, MODULE, MODULE_CLIENT, moduleWalk, SECRET } from '../support/module-walk.ts';
import { entry, patientOf, person, transaction, urn } from '../support/people.ts';

let gateway: Gateway;
let off: Gateway;
const own = person(1);
const { collectToken, launched, post, push, redeem, smart } = moduleWalk(() => gateway, own);

beforeAll(async () => {
  gateway = await openGateway({
    config: (config) => ({ ...config, medmij: { ...config.medmij, modules: [MODULE_CLIENT] } }),
  });
  off = await openGateway();
  const { organisations, database } = gateway.rooms;
  await organisations.put(database, { ...HOSPITAL, services: ['9000104'] });
  const self = urn(own.bsn);
  const task = { resourceType: 'Task', status: 'requested', intent: 'order' };
  const sent = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(own)),
      entry(urn('t'), {
        ...task,
        identifier: [{ system: 'urn:test:task', value: 't' }],
        for: { reference: self },
      }),
    ]),
  );
  expect(sent.statusCode, sent.body).toBe(200);
});
afterAll(() => Promise.all([gateway.close(), off.close()]));

describe('a module', () => {
  it('is not there at all while none is named', async () => {
    for (const path of ['authorize?request_uri=x', 'ziekenhuisproef/fhir/Task']) {
      expect((await off.ask(`/medmij/module/${path}`)).statusCode, path).toBe(404);
    }
    const form = { client_id: PGO };
    expect((await off.ask('/medmij/module/par', { form })).statusCode).toBe(404);
  });

  it.each([
    ['launch patient/Task.write', [404, 404]],
    ['launch patient/Task.read', [200, 404]],
    ['patient/Patient.rs patient/Secret-thing.read', [404, 200]],
  ])('reads what its scope says and no more: %s', async (scope, statuses) => {
    const { launch, person } = await launched();
    const { answer, verifier } = await smart(person, launch, { scope });
    const token = await redeem(answer.get('code'), verifier);
    expect(token).toMatchObject({ status: 200, scope: scope.replace(/ ?patient\/Secret.*/, '') });
    const path = BASE.replace(PUBLIC_URL, '');
    const ask = async (what: string) =>
      (await gateway.ask(`${path}/${what}`, { token: token.access_token })).statusCode;
    expect([await ask('Task'), await ask(`Patient/${token.patient}`)]).toEqual(statuses);
  });

  it('is started with a code that is no token', async () => {
    expect((await launched()).told).toMatchObject({
      status: 200,
      token_type: 'N_A',
      expires_in: 180,
    });
  });

  it('is started by the app, reads its person’s tasks, and moves them on', async () => {
    const { launch, person } = await launched();
    const { answer, verifier } = await smart(person, launch);
    expect(answer.get('state')).toBe('s');
    const token = await redeem(answer.get('code'), verifier);
    expect(token).toMatchObject({
      ...{ status: 200, token_type: 'Bearer', expires_in: 900 },
      // What it asked beyond what a module may is left out.
      scope: 'launch fhirUser patient/*.read patient/Task.write',
    });
    const found = await gateway.ask(`${BASE.replace(PUBLIC_URL, '')}/Task`, {
      token: token.access_token,
    });
    expect(found.statusCode, found.body).toBe(200);
    expect(found.json().entry).toHaveLength(1);
    expect(found.body).not.toContain(own.bsn);
    expect(token.patient).toMatch(/^[A-Za-z0-9.-]+$/);
    const other = async () =>
      (
        await gateway.ask('/medmij/ziekenhuisproef/9000104/fhir/Task', {
          token: token.access_token,
        })
      ).statusCode;
    // The token opens no other address, and ends when its code is offered again.
    expect(await other()).toBe(403);
    expect(await redeem(answer.get('code'), verifier)).toMatchObject({ error: 'invalid_grant' });
    expect(await other()).toBe(401);
    const refresh = { grant_type: 'refresh_token', refresh_token: token.refresh_token };
    expect(await post('token', refresh, basic())).toMatchObject({ error: 'invalid_grant' });
  });

  it('lets nobody in by a launch code in another browser, and not twice', async () => {
    const first = await launched();
    expect((await smart(browser(gateway), first.launch)).answer.get('error')).toBe('access_denied');
    // Whoever tried has used it up.
    expect((await smart(first.person, first.launch)).answer.get('error')).toBe('access_denied');
  });

  it('goes back to its own address only', async () => {
    const { launch, person } = await launched();
    const evil = { redirect_uri: `https://${MODULE}.evil.example/terug` };
    expect((await smart(person, launch, evil)).status).toBe(400);
    const wrong = await smart(person, launch, { aud: `${PUBLIC_URL}/medmij/module/ander/fhir` });
    expect(wrong.answer.get('error')).toBe('invalid_request');
  });

  it('needs its secret', async () => {
    const form = { grant_type: 'refresh_token', refresh_token: 'x' };
    for (const header of [undefined, basic(MODULE, 'anders'), basic('x', SECRET), 'Basic !!!']) {
      expect(await post('token', form, header)).toMatchObject({ error: 'invalid_client' });
    }
    expect(await post('token', form, basic(MODULE, SECRET))).toMatchObject({
      error: 'invalid_grant',
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ['no PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['another module', { audience: 'onbekend.test.example' }, 'invalid_target'],
    ['an address of somebody else', { redirect_uri: 'https://evil.example/' }, 'invalid_request'],
    ['another acr', { acr_values: 'x' }, 'invalid_request'],
    ['a made-up token', { subject_token: 'x' }, 'invalid_grant'],
    [
      'another client',
      { client_id: OTHER_PGO, redirect_uri: `https://${OTHER_PGO}/` },
      'invalid_grant',
    ],
  ])('is not pushed with %s', async (_name, change, error) => {
    expect(await push(await collectToken(), change)).toMatchObject({ status: 400, error });
  });

  it('is not started without consent to start tasks', async () => {
    expect(await push(await collectToken(['48']))).toMatchObject({ error: 'invalid_scope' });
  });
});
