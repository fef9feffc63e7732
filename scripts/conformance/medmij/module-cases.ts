/** Section 10.7: modules of providers, started by a PGO (9.1); a draft behind its switch. */
import { strict as assert } from 'node:assert';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Cases } from './case.ts';
import { recordOf } from './people.ts';
import { C1, HOST, type Stage } from './stage.ts';
import { MODULE_SECRET } from './surroundings.ts';
import { byCode, grant, lineAs, redirectOf, revocation } from './walk.ts';
import { type Browser, type Reply, send } from './wire.ts';
import { MODULE, TASK_GIVER } from './world.ts';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
const BASE = `https://${HOST}/medmij/module/${TASK_GIVER.aanbieder}/fhir`;

type Body = Record<string, string>;
const bodyOf = (reply: Reply): Body => JSON.parse(reply.text || '{}') as Body;
const s256 = (text: string) => createHash('sha256').update(text).digest('base64url');

function post(stage: Stage, path: string, form: Body, more: Parameters<typeof send>[2] = {}) {
  return send(stage.line, `/medmij/module/${path}`, { form, ...lineAs(stage, 'c1'), ...more });
}

/** A task of the adult, sent by its provider once; the id that it got. */
async function taskOf(stage: Stage, access: string, status = 'requested'): Promise<string> {
  const key = `taak-${randomUUID()}`;
  const record = recordOf(stage.people.adult, 'module') as { entry: unknown[]; identifier: object };
  const task = {
    resourceType: 'Task',
    identifier: [{ system: 'urn:conformance:task', value: key }],
    ...{ status, intent: 'order' },
    for: { reference: 'urn:uuid:00000000-0000-4000-8000-00000000aaaa' },
    code: { text: 'Vragenlijst invullen' },
  };
  const sent = {
    ...record,
    identifier: { system: 'urn:conformance:message', value: key },
    entry: [
      record.entry[0],
      {
        fullUrl: `urn:uuid:${randomUUID()}`,
        resource: task,
        request: { method: 'POST', url: 'Task' },
      },
    ],
  };
  await stage.bring(sent, 'epd-taken');
  const found = await send(
    stage.line,
    `/medmij/${TASK_GIVER.aanbieder}/9000104/fhir/Task?identifier=urn:conformance:task|${key}`,
    { headers: headersOf(access), ...lineAs(stage, 'c1') },
  );
  const { entry = [] } = JSON.parse(found.text) as { entry?: { resource: { id: string } }[] };
  assert.ok(entry[0], found.text.slice(0, 300));
  return entry[0].resource.id;
}

const headersOf = (access: string) => ({
  authorization: `Bearer ${access}`,
  'MedMij-Request-ID': randomUUID(),
  'X-Correlation-ID': randomUUID(),
});

/** What the PGO holds: the token of a collect run at the provider that sets tasks. */
async function collect(stage: Stage) {
  await stage.bring(recordOf(stage.people.adult, 'module'), 'epd-taken').catch(() => undefined);
  const granted = await grant(stage, { change: { scope: TASK_GIVER.aanbieder } });
  const { body } = await byCode(stage, granted);
  assert.ok(body['access_token'], JSON.stringify(body));
  return { access: body['access_token'] ?? '', browser: granted.browser };
}

async function push(stage: Stage, access: string) {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomUUID();
  const reply = await post(stage, 'par', {
    ...{ response_type: 'code', client_id: C1, redirect_uri: redirectOf(C1), state },
    ...{ audience: MODULE.id, subject_token: access, subject_token_type: ACCESS },
    acr_values: 'urn:medmij:oauth2:acr-value:launch-authorization',
    ...{ code_challenge: s256(verifier), code_challenge_method: 'S256' },
  });
  return { reply, verifier, state, uri: bodyOf(reply)['request_uri'] ?? '' };
}

type Pushed = Awaited<ReturnType<typeof push>>;

const launchPath = ({ uri, state }: Pick<Pushed, 'uri' | 'state'>) =>
  `/medmij/module/authorize?${new URLSearchParams({ client_id: C1, request_uri: uri, state })}`;

/** Steps 1 and 2. */
async function authorized(stage: Stage) {
  const { access, browser } = await collect(stage);
  const pushed = await push(stage, access);
  const back = await browser.go(launchPath(pushed));
  const code = new URL(String(back.headers['location'])).searchParams.get('code') ?? '';
  return { access, browser, pushed, back, code };
}

type Authorized = Awaited<ReturnType<typeof authorized>>;

const exchange = (stage: Stage, { access, pushed, code }: Authorized, more: Body = {}) =>
  post(stage, 'token', {
    ...{ grant_type: EXCHANGE, client_id: C1, audience: MODULE.id },
    ...{ subject_token: access, subject_token_type: ACCESS, actor_token: code },
    actor_token_type: 'urn:medmij:token-type:launch-authorization-code',
    requested_token_type: 'urn:medmij:token-type:launch-code',
    code_verifier: pushed.verifier,
    ...more,
  });

const basic = `Basic ${Buffer.from(`${MODULE.id}:${MODULE_SECRET}`).toString('base64')}`;

/** The person ticks everything that the module asks. */
async function allowAll(browser: Browser, address: string): Promise<Reply> {
  const { text } = await browser.go(address);
  const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
  const boxes = [...text.matchAll(/name="mag" value="([^"]+)"/g)];
  assert.ok(boxes.length > 0, text.slice(0, 300));
  const ticked = boxes.map(([, name]): [string, string] => ['mag', name ?? '']);
  return browser.go(address, [['csrf', csrf], ['keuze', 'ja'], ...ticked]);
}

/** Step 6 in the browser of the person. */
async function smart(browser: Browser, launch: string) {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: MODULE.id, redirect_uri: MODULE.redirectUri },
    ...{
      launch,
      aud: BASE,
      state: 's',
      scope: 'launch fhirUser patient/*.read patient/Task.write',
    },
    ...{ code_challenge: s256(verifier), code_challenge_method: 'S256' },
  });
  const asked = await browser.go(`/medmij/module/authorize?${query}`);
  const at = String(asked.headers['location']);
  const back = at.startsWith('/') ? await allowAll(browser, at) : asked;
  const answer = new URL(String(back.headers['location'])).searchParams;
  return { answer, verifier, code: answer.get('code') ?? '' };
}

const asModule = (stage: Stage, path: string, form: Body) =>
  send(stage.line, `/medmij/module/${path}`, { form, headers: { authorization: basic } });

/** All the way to the token of the module. */
async function session(stage: Stage) {
  const one = await authorized(stage);
  const launch = bodyOf(await exchange(stage, one))['access_token'] ?? '';
  const { code, verifier } = await smart(one.browser, launch);
  const reply = await asModule(stage, 'token', {
    ...{ grant_type: 'authorization_code', code, redirect_uri: MODULE.redirectUri },
    code_verifier: verifier,
  });
  assert.equal(reply.status, 200, reply.text);
  return { ...one, launch, token: bodyOf(reply) };
}

const fetchTask = (stage: Stage, access: string, id = '') =>
  send(stage.line, `${BASE}/Task${id === '' ? '' : `/${id}`}`, { headers: headersOf(access) });

function patchStatus(stage: Stage, access: string, id: string, status: string) {
  const part = [
    { name: 'type', valueCode: 'replace' },
    { name: 'path', valueString: 'Task.status' },
    { name: 'value', valueCode: status },
  ];
  return send(stage.line, `${BASE}/Task/${id}`, {
    method: 'PATCH',
    headers: { ...headersOf(access), 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'operation', part }] }),
  });
}

export const MODULES: Cases = {
  'MOD-01': async (stage) => {
    const { access } = await collect(stage);
    const { reply, uri } = await push(stage, access);
    assert.equal(reply.status, 201);
    assert.ok(uri.startsWith('urn:ietf:params:oauth:request_uri:'));
    assert.equal(Number(bodyOf(reply)['expires_in']), 90);
  },
  'MOD-02': async (stage) => {
    const { access, browser } = await collect(stage);
    const pushed = await push(stage, access);
    await stage.later(91);
    const late = await browser.go(launchPath(pushed));
    assert.equal(late.status, 400);
    assert.equal(late.headers['set-cookie'], undefined);
    assert.equal(late.headers['location'], undefined);
  },
  'MOD-03': async (stage) => {
    const { back, pushed, code } = await authorized(stage);
    assert.equal(back.status, 302);
    const url = new URL(String(back.headers['location']));
    assert.equal(`${url.origin}${url.pathname}`, redirectOf(C1));
    assert.equal(url.searchParams.get('state'), pushed.state);
    assert.ok(code.length >= 43);
    assert.match(
      String(back.headers['set-cookie']),
      /^__Host-medmij-module=.*Max-Age=180.*HttpOnly/,
    );
  },
  'MOD-04': async (stage) => {
    const one = await authorized(stage);
    const wrong = await exchange(stage, one, { code_verifier: 'x'.repeat(43) });
    assert.deepEqual([wrong.status, bodyOf(wrong)['error']], [400, 'invalid_grant']);
  },
  'MOD-05': async (stage) => {
    const reply = await exchange(stage, await authorized(stage));
    assert.equal(reply.status, 200, reply.text);
    const body = bodyOf(reply);
    assert.equal(body['token_type'], 'N_A');
    assert.equal(Number(body['expires_in']), 180);
    assert.equal(body['issued_token_type'], 'urn:medmij:token-type:launch-code');
  },
  'MOD-06': async (stage) => {
    const launch = bodyOf(await exchange(stage, await authorized(stage)))['access_token'] ?? '';
    assert.ok(launch);
    assert.equal((await fetchTask(stage, launch)).status, 401);
  },
  'MOD-07': async (stage) => {
    const { browser, launch, token } = await session(stage);
    assert.equal((await fetchTask(stage, token['access_token'] ?? '')).status, 200);
    const again = await smart(browser, launch);
    assert.equal(again.code, '');
    assert.equal(again.answer.get('error'), 'access_denied');
  },
  'MOD-08': async (stage) => {
    const one = await authorized(stage);
    const task = await taskOf(stage, one.access);
    const own = await exchange(stage, one, { resource: `Task/${task}` });
    assert.equal(own.status, 200, own.text);
    const other = await exchange(stage, await authorized(stage), { resource: 'Task/other' });
    assert.deepEqual([other.status, bodyOf(other)['error']], [400, 'invalid_target']);
  },
  'MOD-09': async (stage) => {
    const { access, token } = await session(stage);
    const module = token['access_token'] ?? '';
    const id = await taskOf(stage, access);
    for (const status of ['received', 'accepted', 'in-progress', 'completed']) {
      const reply = await patchStatus(stage, module, id, status);
      assert.equal(reply.status, 200, `${status}: ${reply.text.slice(0, 300)}`);
    }
    assert.equal((await patchStatus(stage, module, id, 'requested')).status, 422);
    const now = JSON.parse((await fetchTask(stage, module, id)).text) as { status: string };
    assert.equal(now.status, 'completed');
  },
  'MOD-10': async (stage) => {
    const { token } = await session(stage);
    const module = token['access_token'] ?? '';
    assert.equal((await fetchTask(stage, module)).status, 200);
    assert.equal((await asModule(stage, 'revoke', { token: module })).status, 200);
    await revocation();
    assert.equal((await fetchTask(stage, module)).status, 401);
    assert.equal((await asModule(stage, 'revoke', { token: module })).status, 200);
  },
  'MOD-11': async (stage) => {
    let { token } = await session(stage);
    const refresh = async () => {
      const form = { grant_type: 'refresh_token', refresh_token: token['refresh_token'] ?? '' };
      return asModule(stage, 'token', form);
    };
    for (let minutes = 0; minutes + 14 < 180; minutes += 14) {
      await stage.later(14 * 60);
      const reply = await refresh();
      assert.equal(reply.status, 200, `${minutes + 14} minutes: ${reply.text}`);
      token = bodyOf(reply);
    }
    await stage.later(14 * 60);
    const over = await refresh();
    assert.deepEqual([over.status, bodyOf(over)['error']], [400, 'invalid_grant']);
  },
};
