/** Modules of providers that an app starts for its person (medmij-protocol.md 9.1), a draft. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Gateway,
  HOSPITAL,
  OTHER_PGO,
  openGateway,
  PGO,
  PUBLIC_URL,
} from '../support/gateway.ts';
import { browser, type TestBrowser } from '../support/medmij-walk.ts';
import { entry, patientOf, person, transaction, urn, vaultOf } from '../support/people.ts';

const MODULE = 'module.test.example';
const BACK = `https://${MODULE}/terug`;
const SECRET = 'geheim: met tekens';
const BASE = `${PUBLIC_URL}/medmij/module/ziekenhuisproef/fhir`;
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
const s256 = (text: string) => createHash('sha256').update(text).digest('base64url');

let gateway: Gateway;
let off: Gateway;
const own = person(1);

beforeAll(async () => {
  const module = {
    ...{ id: MODULE, name: 'Vragenlijsten', redirectUris: [BACK] },
    secretDigest: createHash('sha256').update(SECRET).digest('hex'),
  };
  gateway = await openGateway({
    config: (config) => ({ ...config, medmij: { ...config.medmij, modules: [module] } }),
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

async function collectToken(services = ['9000104']): Promise<string> {
  const { rooms } = gateway;
  const issued = await rooms.tokens.issue(rooms.database, {
    ...{ kind: 'medmij', client: PGO, vault: await vaultOf(gateway, own), services },
    ...{ aanbieder: HOSPITAL.id, consent: randomUUID(), correlationId: randomUUID() },
  });
  return issued.token;
}

const post = async (path: string, form: Record<string, string>, authorization?: string) => {
  const headers = authorization === undefined ? {} : { authorization };
  const answer = await gateway.ask(`/medmij/module/${path}`, { form, headers });
  return { status: answer.statusCode, ...(answer.body === '' ? {} : answer.json()) };
};

async function push(access: string, change: Record<string, string> = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const told = await post('par', {
    ...{ response_type: 'code', client_id: PGO, redirect_uri: `https://${PGO}/cb`, state: 'st' },
    ...{ audience: MODULE, subject_token: access, subject_token_type: ACCESS },
    acr_values: 'urn:medmij:oauth2:acr-value:launch-authorization',
    ...{ code_challenge: s256(verifier), code_challenge_method: 'S256' },
    ...change,
  });
  return { ...told, verifier };
}

/** A launch code, and the browser that is known by its cookie. */
async function launched(): Promise<{ launch: string; person: TestBrowser }> {
  const access = await collectToken();
  const { request_uri, verifier } = await push(access);
  const person = browser(gateway);
  const query = new URLSearchParams({ client_id: PGO, request_uri, state: 'st' });
  const back = await person.go(`/medmij/module/authorize?${query}`);
  const code = new URL(String(back.headers.location)).searchParams.get('code') ?? '';
  const told = await post('token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    ...{ client_id: PGO, audience: MODULE, subject_token: access, subject_token_type: ACCESS },
    ...{ actor_token: code, code_verifier: verifier },
    actor_token_type: 'urn:medmij:token-type:launch-authorization-code',
    requested_token_type: 'urn:medmij:token-type:launch-code',
  });
  expect(told).toMatchObject({ status: 200, token_type: 'N_A', expires_in: 180 });
  return { launch: told.access_token, person };
}

async function smart(person: TestBrowser, launch: string, change: Record<string, string> = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: MODULE, redirect_uri: BACK, state: 's', launch },
    ...{ aud: BASE, scope: 'launch fhirUser patient/*.read patient/Task.write system/*.*' },
    ...{ code_challenge: s256(verifier), code_challenge_method: 'S256' },
    ...change,
  });
  const back = await person.go(`/medmij/module/authorize?${query}`);
  const answer = new URL(String(back.headers.location ?? 'https://none.example/')).searchParams;
  return { status: back.statusCode, answer, verifier };
}

const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;

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
    const form = {
      ...{ grant_type: 'authorization_code', code: answer.get('code') ?? '' },
      ...{ redirect_uri: BACK, code_verifier: verifier },
    };
    const token = await post('token', form, basic(MODULE, SECRET));
    expect(token).toMatchObject({ status: 200, scope: scope.replace(/ ?patient\/Secret.*/, '') });
    const path = BASE.replace(PUBLIC_URL, '');
    const ask = async (what: string) =>
      (await gateway.ask(`${path}/${what}`, { token: token.access_token })).statusCode;
    expect([await ask('Task'), await ask(`Patient/${token.patient}`)]).toEqual(statuses);
  });

  it('is started by the app, reads its person’s tasks, and moves them on', async () => {
    const { launch, person } = await launched();
    const { answer, verifier } = await smart(person, launch);
    expect(answer.get('state')).toBe('s');
    const form = {
      ...{ grant_type: 'authorization_code', code: answer.get('code') ?? '' },
      ...{ redirect_uri: BACK, code_verifier: verifier },
    };
    const token = await post('token', form, basic(MODULE, SECRET));
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
    // The code is spent, and the token opens no other address.
    expect(await post('token', form, basic(MODULE, SECRET))).toMatchObject({
      error: 'invalid_grant',
    });
    const other = await gateway.ask('/medmij/ziekenhuisproef/9000104/fhir/Task', {
      token: token.access_token,
    });
    expect(other.statusCode).toBe(403);
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
