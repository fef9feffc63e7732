/** Section 10.3: codes, tokens and refresh tokens. */
import { strict as assert } from 'node:assert';
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { createSealedState } from '../../../src/identity/index.ts';
import type { Cases } from './case.ts';
import { ready } from './consent-cases.ts';
import { C1, C2, P, type Stage } from './stage.ts';
import { ask, byCode, byRefresh, grant, revocation, type TokenReply, tokenFor } from './walk.ts';
import { send } from './wire.ts';

function fault({ status, body }: TokenReply, error: string, expected = 400): void {
  assert.deepEqual([status, body['error']], [expected, error]);
  assert.equal(body['access_token'], undefined);
}

const longLived = (stage: Stage) => tokenFor(stage, { longLived: true });
const DAY = 86_400;

export const TOKEN: Cases = {
  'TOK-01': async (stage) => {
    const { status, headers, body } = await byCode(stage, await grant(stage));
    assert.equal(status, 200);
    assert.equal(body['token_type'], 'Bearer');
    assert.ok(Number(body['expires_in']) <= 900);
    assert.ok(body['scope']?.split(' ').includes('48'));
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['pragma'], 'no-cache');
    assert.ok(Buffer.from(body['access_token'] ?? '', 'base64url').length >= 32);
  },
  'TOK-02': async (stage) => {
    fault(
      await byCode(stage, await grant(stage), {}, { certificate: 'none' }),
      'invalid_client',
      401,
    );
  },
  'TOK-03': async (stage) => {
    fault(
      await byCode(stage, await grant(stage), {}, { certificate: 'c2' }),
      'invalid_client',
      401,
    );
  },
  'TOK-04': async (stage) => {
    const granted = await grant(stage);
    await stage.publish({ nodes: ['dva.zorgsluis.example', C2] });
    const reply = await byCode(stage, granted).finally(() => stage.publish());
    fault(reply, 'invalid_client', 401);
  },
  'TOK-05': async (stage) => {
    const { access, granted } = await tokenFor(stage);
    fault(await byCode(stage, granted), 'invalid_grant');
    await revocation();
    assert.equal((await ask(stage, access, 'Patient')).status, 401);
  },
  'TOK-06': async (stage) => {
    const granted = await grant(stage);
    fault(await byCode(stage, granted, { redirect_uri: `https://${C1}/other` }), 'invalid_grant');
    fault(await byCode(stage, granted), 'invalid_grant');
  },
  'TOK-07': async (stage) => {
    const granted = await grant(stage);
    fault(await byCode(stage, granted, { redirect_uri: undefined }), 'invalid_request');
    fault(await byCode(stage, granted), 'invalid_grant');
  },
  'TOK-08': async (stage) => {
    const granted = await grant(stage);
    await stage.later(stage.house.rooms.config.medmij.codeSeconds + 1);
    fault(await byCode(stage, granted), 'invalid_grant');
  },
  'TOK-09': async (stage) => {
    const granted = await grant(stage, { change: { client_id: C2 } });
    fault(await byCode(stage, { ...granted, client: C1 }), 'invalid_grant');
  },
  'TOK-10': async (stage) => {
    const { refresh } = await longLived(stage);
    fault(
      await byRefresh(stage, refresh, { grant_type: 'refresh_code' }),
      'unsupported_grant_type',
    );
    assert.equal((await byRefresh(stage, refresh)).status, 200);
  },
  'TOK-11': async (stage) => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const reply = await send(stage.line, '/medmij/token', { method });
      assert.equal(reply.status, 405);
      assert.equal(reply.headers['allow'], 'POST');
    }
  },
  'TOK-12': async (stage) => {
    const headers = { 'X-Correlation-ID': randomUUID() };
    fault(await byCode(stage, await grant(stage), {}, { headers }), 'invalid_request');
  },
  'TOK-13': async (stage) => {
    const correlationId = randomUUID();
    const reply = await byCode(stage, await grant(stage), {}, { correlationId });
    const isTaken = stage.house.rooms.config.medmij.correlationMismatch === 'accept';
    assert.equal(reply.status, isTaken ? 200 : 400);
    const rows = (await stage.chain()).filter(({ event }) => event.trace_id === correlationId);
    assert.ok(rows.some(({ event }) => event.flags?.includes('correlation-id-differs')));
  },
  'TOK-14': async (stage) => {
    const reply = await byCode(stage, await grant(stage), { foo: 'bar', scope: 'alles' });
    assert.equal(reply.status, 200);
  },
  'TOK-15': async (stage) => {
    const { access, refresh } = await longLived(stage);
    const { status, body } = await byRefresh(stage, refresh);
    assert.equal(status, 200);
    assert.ok(body['access_token'] && body['access_token'] !== access);
    assert.ok(body['refresh_token'] && body['refresh_token'] !== refresh);
    assert.equal((await byRefresh(stage, body['refresh_token'])).status, 200);
  },
  'TOK-16': async (stage) => {
    const { refresh } = await longLived(stage);
    const { body } = await byRefresh(stage, refresh);
    await stage.later(stage.house.rooms.config.medmij.refreshRetrySeconds + 1);
    fault(await byRefresh(stage, refresh), 'invalid_grant');
    fault(await byRefresh(stage, body['refresh_token']), 'invalid_grant');
    await revocation();
    assert.equal((await ask(stage, body['access_token'], 'Patient')).status, 401);
  },
  'TOK-17': async (stage) => {
    const { refresh } = await longLived(stage);
    await stage.later(184 * DAY);
    fault(await byRefresh(stage, refresh), 'invalid_grant');
    await stage.publish();
  },
  'TOK-18': async (stage) => {
    const { refresh, granted } = await longLived(stage);
    await endConsentOf(stage, granted.correlationId);
    fault(await byRefresh(stage, refresh), 'invalid_grant');
  },
  'TOK-19': async (stage) => {
    const { refresh } = await tokenFor(stage, { longLived: true, change: { client_id: C2 } });
    fault(await byRefresh(stage, refresh), 'invalid_grant');
  },
  'TOK-20': async (stage) => {
    const { database, state, clock } = stage.house.rooms;
    const handles = new Set<string>();
    for (let turn = 0; turn < 100; turn += 1) {
      const options = { kind: 'access-token', seconds: 60 } as const;
      const some = Array.from({ length: 100 }, () => state.put(database, { turn }, options));
      for (const handle of await Promise.all(some)) handles.add(handle);
    }
    assert.equal(handles.size, 10_000);
    const draws = [Buffer.alloc(32, 7), Buffer.alloc(32, 7), randomBytes(32)];
    const key = createSecretKey(randomBytes(32));
    const rigged = createSealedState(clock, key, () => draws.shift() ?? randomBytes(32));
    const first = await rigged.put(database, 1, { kind: 'code', seconds: 60 });
    const second = await rigged.put(database, 2, { kind: 'code', seconds: 60 });
    assert.notEqual(first, second);
    assert.equal(draws.length, 0);
  },
  'TOK-21': async (stage) => {
    const granted = await grant(stage);
    const replies = await Promise.all(Array.from({ length: 6 }, () => byCode(stage, granted)));
    assert.equal(replies.filter(({ status }) => status === 200).length, 1);
    assert.ok(
      replies.every(({ status, body }) => status === 200 || body['error'] === 'invalid_grant'),
    );
  },
  'TOK-22': async (stage) => {
    const granted = await grant(stage, { change: { scope: `${P}~53` } });
    const { status, body } = await byCode(stage, granted);
    assert.equal(status, 200);
    assert.equal(body['refresh_token'], undefined);
    assert.equal(body['scope'], `${P}~53`);
  },
  'TOK-23': async (stage) => {
    const granted = [];
    for (let turn = 0; turn < 20; turn += 1) granted.push(await grant(stage));
    const replies = await Promise.all(granted.map((one) => byCode(stage, one)));
    assert.ok(replies.every(({ status }) => status === 200));
    assert.ok(replies.every(({ ms }) => ms < 10_000));
  },
  'TOK-24': async (stage) => {
    const granted = await grant(stage);
    stage.database.cut();
    const reply = await byCode(stage, granted).finally(() => stage.database.restore());
    assert.equal(reply.status, 503);
    assert.ok(reply.headers['retry-after']);
    await ready(stage);
    assert.equal((await byCode(stage, granted)).status, 200);
  },
  'TOK-25': async (stage) => {
    const { refresh } = await longLived(stage);
    const first = await byRefresh(stage, refresh);
    const again = await byRefresh(stage, refresh);
    assert.deepEqual(again.body, first.body);
    const other = await byRefresh(stage, refresh, { client_id: C2 });
    fault(other, 'invalid_grant');
    fault(await byRefresh(stage, first.body['refresh_token']), 'invalid_grant');
  },
};

/** As the person does on the own page: the consent of this run ends. */
async function endConsentOf(stage: Stage, correlationId: string): Promise<void> {
  const { database, tokens } = stage.house.rooms;
  assert.ok(correlationId);
  const { rows } = await database.query<{ id: string }>(
    `update toestemming set ended = now() where ended is null and given =
       (select max(given) from toestemming) returning id`,
  );
  for (const { id } of rows) await tokens.revokeFamily(database, id);
}
