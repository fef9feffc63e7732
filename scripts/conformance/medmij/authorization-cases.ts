/** Section 10.1: the authorization request. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { Cases } from './case.ts';
import { C1, C2, DOTTED, P, P2, type Stage } from './stage.ts';
import { authorize, type Params, params, redirectOf, told } from './walk.ts';
import { type Reply, send } from './wire.ts';

/** A page of ours: nothing leads to an app. */
function isPage(reply: Reply): void {
  assert.equal(reply.status, 400);
  assert.equal(reply.headers['location'], undefined);
  assert.match(String(reply.headers['content-type']), /text\/html/);
  assert.match(reply.text, /Trace ID/);
  assert.match(reply.text, /Session ID/);
  assert.doesNotMatch(reply.text, /href="https?:\/\/(pgo|attacker)/);
}

async function page(stage: Stage, change: Params): Promise<void> {
  isPage(await authorize(stage, change));
}

async function back(stage: Stage, change: Params, error: string): Promise<Record<string, string>> {
  const reply = told(await authorize(stage, change));
  assert.equal(reply['status'], '302');
  assert.equal(reply['at'], redirectOf(C1));
  assert.equal(reply['error'], error);
  if (change['state'] === undefined && !('state' in change)) {
    assert.equal(reply['state'], 'staat-van-de-app');
  }
  return reply;
}

async function landing(
  stage: Stage,
  change: Params = {},
  shows = /Inloggen met DigiD/,
): Promise<void> {
  const reply = await authorize(stage, change);
  assert.equal(reply.status, 200, JSON.stringify(told(reply)));
  assert.match(reply.text, shows);
}

export const AUTHORIZATION: Cases = {
  'AUT-01': async (stage) => {
    const ids = { 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': randomUUID() };
    const reply = await authorize(stage, ids);
    assert.equal(reply.status, 200);
    assert.match(reply.text, /UMC Harderwijk/);
    assert.match(reply.text, /Annuleren/);
    const rows = (await stage.chain()).filter(
      ({ event }) => event.trace_id === ids['X-Correlation-ID'],
    );
    const types = rows.map(({ event }) => event.type);
    assert.deepEqual(types, ['receive_authorization_request', 'show_landing_page']);
    assert.ok(rows.every(({ request }) => request?.['id'] === ids['MedMij-Request-ID']));
  },
  'AUT-02': (stage) => page(stage, { client_id: undefined, redirect_uri: redirectOf(C1) }),
  'AUT-03': (stage) => page(stage, { client_id: 'unknown.example.nl' }),
  'AUT-04': (stage) => page(stage, { redirect_uri: undefined }),
  'AUT-05': (stage) => page(stage, { redirect_uri: 'http://pgo.example.nl/cb' }),
  'AUT-06': (stage) => page(stage, { redirect_uri: 'https://pgo.example.nl.attacker.example/cb' }),
  'AUT-07': (stage) => page(stage, { redirect_uri: 'https://pgo.example.nl@attacker.example/cb' }),
  'AUT-08': (stage) => page(stage, { redirect_uri: 'https://pgo.example.nl/cb#here' }),
  'AUT-09': (stage) => page(stage, { redirect_uri: encodeURIComponent(redirectOf(C1)) }),
  'AUT-10': (stage) => page(stage, { client_id: [C1, C2], redirect_uri: redirectOf(C1) }),
  'AUT-11': async (stage) => {
    await back(stage, { response_type: 'token' }, 'unsupported_response_type');
  },
  'AUT-12': async (stage) => {
    await back(stage, { response_type: undefined }, 'invalid_request');
  },
  'AUT-13': async (stage) => {
    const reply = await back(stage, { state: undefined }, 'invalid_request');
    assert.equal(reply['state'], undefined);
  },
  'AUT-14': async (stage) => {
    const state = `${'aB+/%25='.repeat(62)}====`;
    assert.equal(state.length, 500);
    const reply = await back(stage, { response_type: 'token', state }, 'unsupported_response_type');
    assert.equal(reply['state'], state);
  },
  'AUT-15': async (stage) => {
    await back(stage, { scope: undefined }, stage.house.rooms.config.medmij.missingScope);
  },
  'AUT-16': async (stage) => {
    await back(stage, { scope: `${P}@medmij` }, 'invalid_scope');
  },
  'AUT-17': async (stage) => {
    await back(stage, { scope: `${P}  ${P}` }, 'invalid_scope');
    await back(stage, { scope: ` ${P}` }, 'invalid_scope');
  },
  'AUT-18': async (stage) => {
    await back(stage, { scope: 'eldersgeserveerd' }, 'invalid_scope');
    await back(stage, { scope: 'nergensbekend' }, 'invalid_scope');
  },
  'AUT-19': (stage) => landing(stage, { scope: `${P}~48 ${P}~49` }),
  'AUT-20': async (stage) => {
    await back(stage, { scope: `${P}~48 ${P2}~49` }, 'invalid_scope');
  },
  'AUT-21': (stage) => landing(stage, { scope: `${P}~53` }, /Gegevens delen/),
  'AUT-22': async (stage) => {
    await back(stage, { scope: `${P}~53 ${P}~57` }, 'invalid_scope');
    await back(stage, { scope: `${P}~53 ${P}~48` }, 'invalid_scope');
  },
  'AUT-23': async (stage) => {
    const reply = told(await authorize(stage, { client_id: C2, scope: `${P}~53` }));
    assert.equal(reply['at'], redirectOf(C2));
    assert.equal(reply['error'], 'invalid_scope');
  },
  'AUT-24': async (stage) => {
    await back(stage, { 'MedMij-Request-ID': undefined }, 'invalid_request');
  },
  'AUT-25': async (stage) => {
    await back(stage, { 'X-Correlation-ID': 'abc' }, 'invalid_request');
  },
  'AUT-26': (stage) => landing(stage, { foo: 'bar' }),
  'AUT-27': async (stage) => {
    const reply = await send(stage.line, '/medmij/authorize', {
      form: Object.fromEntries(params()),
    });
    assert.equal(reply.status, 405);
    assert.equal(reply.headers['allow'], 'GET');
  },
  'AUT-28': (stage) => landing(stage, { scope: DOTTED }, /Interoplab/),
  'AUT-29': async (stage) => {
    for (const reply of [await authorize(stage), await authorize(stage, { client_id: 'x' })]) {
      assert.match(String(reply.headers['content-security-policy']), /frame-ancestors 'none'/);
      assert.equal(reply.headers['x-frame-options'], 'DENY');
      assert.equal(reply.headers['cache-control'], 'no-store');
      assert.equal(reply.headers['referrer-policy'], 'no-referrer');
    }
  },
};
