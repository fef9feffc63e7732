/** Section 10.6: the chain log, and what the ledger says of a resource call. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { Cases } from './case.ts';
import { C1, HOSPITAL, type Stage } from './stage.ts';
import { ask, authorize, byCode, grant, tokenFor } from './walk.ts';

const STEPS = [
  'receive_authorization_request',
  'show_landing_page',
  'send_authentication_request',
  'receive_authentication_response',
  'show_consent_page',
  'send_authorization_response',
  'receive_token_request',
  'send_token_response',
  'receive_resource_request',
  'send_resource_response',
];

export const LOGGING: Cases = {
  'LOG-01': async (stage) => {
    const correlationId = randomUUID();
    const granted = await grant(stage, { change: { 'X-Correlation-ID': correlationId } });
    const { body } = await byCode(stage, granted);
    const headers = { 'X-Correlation-ID': correlationId };
    await ask(stage, body['access_token'], 'Patient', { headers });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const rows = (await stage.chain()).filter(({ event }) => event.trace_id === correlationId);
    assert.deepEqual(
      rows.map(({ event }) => event.type),
      STEPS,
    );
    const incoming = rows.filter(
      ({ event }) => event.type.startsWith('receive_') && event.type.endsWith('_request'),
    );
    const ids = incoming.map(({ request }) => request?.['id']);
    assert.equal(new Set(ids).size, 3);
    assert.ok(ids.every(Boolean));
  },
  'LOG-02': async (stage) => {
    const { access, refresh, granted } = await tokenFor(stage, { longLived: true });
    await ask(stage, access, 'Patient');
    const { bsn, family } = stage.people.adult;
    const text = [...stage.logged, JSON.stringify(await stage.chain())].join('\n');
    for (const secret of [bsn, family, access, refresh ?? 'none', granted.code, 'Conformans1']) {
      if (secret === 'Conformans1' || secret === family) {
        assert.ok(!new RegExp(`\\b${secret}\\b`).test(text), 'a name');
      } else assert.ok(!text.includes(secret), 'a secret');
    }
    for (const one of Object.values(stage.people)) assert.ok(!text.includes(one.bsn), 'a BSN');
  },
  'LOG-03': async (stage) => {
    const trace = randomUUID();
    await authorize(stage, { client_id: 'unknown.example.nl', 'X-Correlation-ID': trace });
    assert.deepEqual(await typesOf(stage, trace), [
      'receive_authorization_request',
      'authorization_request_error',
      'show_authorization_request_error_page',
    ]);
  },
  'LOG-04': async (stage) => {
    const trace = randomUUID();
    await authorize(stage, { response_type: 'token', 'X-Correlation-ID': trace });
    const row = (await stage.chain()).find(
      ({ event }) => event.trace_id === trace && event.type === 'send_authorization_request_error',
    );
    assert.equal(row?.error?.code, 'unsupported_response_type');
  },
  'LOG-05': async (stage) => {
    const { medmij } = stage.house.rooms;
    stage.logs.status = 503;
    await medmij.deliverChainLog();
    await grant(stage);
    await medmij.deliverChainLog();
    assert.equal(stage.logs.received.length, 0);
    stage.logs.status = 200;
    await medmij.deliverChainLog();
    await medmij.deliverChainLog();
    const { rows } = await stage.house.rooms.database.query<{ n: number }>(
      'select count(*)::int as n from medmij_chain_event',
    );
    const batches = stage.logs.received;
    const events = batches.flatMap(({ body }) => JSON.parse(body) as unknown[]);
    assert.equal(events.length, rows[0]?.n);
    assert.ok(batches.every(({ body }) => body.length <= 62_914_560));
    const ids = batches.map(({ headers }) => headers['x-aanlevering-id']);
    assert.equal(new Set(ids).size, batches.length);
    assert.ok(batches.every(({ hasCertificate }) => hasCertificate));
  },
  'LOG-06': async (stage) => {
    const { access } = await tokenFor(stage);
    const id = randomUUID();
    await ask(stage, access, 'Condition', { headers: { 'MedMij-Request-ID': id } });
    const { ledger } = stage.house.rooms;
    const { entries } = await ledger.search({ organisation: HOSPITAL.id, limit: 20 });
    const entry = entries.find(({ record }) => JSON.stringify(record).includes(id));
    assert.ok(entry, 'an entry with the id of the request');
    const { record } = entry;
    assert.equal(record.outcome, 0);
    assert.ok(record.patient && record.at);
    const text = JSON.stringify(record);
    for (const part of [C1, HOSPITAL.id, '48', 'medmij', 'Condition']) {
      assert.ok(text.includes(part), part);
    }
  },
  'LOG-07': async (stage) => {
    const reply = await authorize(stage, { redirect_uri: undefined });
    const ids = [...reply.text.matchAll(/<dd>([0-9a-f-]{36})<\/dd>/g)].map(([, id]) => id);
    assert.equal(ids.length, 2);
    const text = JSON.stringify(await stage.chain());
    for (const id of ids) assert.ok(text.includes(id ?? 'none'));
  },
};

async function typesOf(stage: Stage, trace: string): Promise<string[]> {
  const rows = await stage.chain();
  return rows.filter(({ event }) => event.trace_id === trace).map(({ event }) => event.type);
}
