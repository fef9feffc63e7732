/** Section 10.4: the resource interface. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { Cases } from './case.ts';
import { person, recordOf } from './people.ts';
import { QUERIES_48 } from './queries.ts';
import { P, type Stage } from './stage.ts';
import { ask, bundle, revocation, tokenFor } from './walk.ts';
import { type Reply, send } from './wire.ts';

const challenge = (reply: Reply): string => String(reply.headers['www-authenticate']);

function outcome(reply: Reply, status: number): void {
  assert.equal(reply.status, status, reply.text.slice(0, 200));
  assert.equal(bundle(reply).resourceType, 'OperationOutcome');
}

/** One token for the cases that change nothing about it; renewed when the clock moved on. */
let kept: { access: string; at: number } | undefined;

async function token(stage: Stage): Promise<string> {
  const now = stage.house.rooms.clock().getTime();
  if (!kept || now - kept.at > 600_000) {
    kept = { access: (await tokenFor(stage)).access, at: now };
  }
  return kept.access;
}

export const RESOURCE: Cases = {
  'RES-01': async (stage) => {
    const reply = await ask(stage, await token(stage), 'Patient');
    assert.equal(reply.status, 200);
    const { type, entry = [] } = bundle(reply);
    assert.equal(type, 'searchset');
    assert.deepEqual(
      entry.map(({ resource }) => resource.resourceType),
      ['Patient'],
    );
    assert.ok(!reply.text.includes(stage.people.adult.bsn));
  },
  'RES-02': async (stage) => {
    const reply = await ask(stage, undefined, 'Patient');
    outcome(reply, 401);
    assert.match(challenge(reply), /^Bearer/);
    assert.doesNotMatch(challenge(reply), /error=/);
  },
  'RES-03': async (stage) => {
    const reply = await ask(stage, undefined, `Patient?access_token=${await token(stage)}`);
    assert.ok(reply.status === 401 || reply.status === 400);
    assert.doesNotMatch(reply.text, /searchset/);
  },
  'RES-04': async (stage) => {
    const access = await token(stage);
    await stage.later(901);
    const reply = await ask(stage, access, 'Patient');
    outcome(reply, 401);
    assert.match(challenge(reply), /error="invalid_token"/);
  },
  'RES-05': async (stage) => {
    const { access } = await tokenFor(stage, { change: { scope: `${P}~48` } });
    const reply = await ask(stage, access, 'Patient', { service: '49' });
    outcome(reply, 403);
    assert.match(challenge(reply), /error="insufficient_scope"/);
    assert.match(challenge(reply), /scope="49"/);
  },
  'RES-06': async (stage) => {
    for (const certificate of ['c2', 'none'] as const) {
      outcome(await ask(stage, await token(stage), 'Patient', { certificate }), 401);
    }
  },
  'RES-07': async (stage) => {
    const { bsn } = stage.people.adult;
    const system = encodeURIComponent('http://fhir.nl/fhir/NamingSystem/bsn');
    for (const query of ['patient=Patient/1', `patient.identifier=${system}|${bsn}`, 'subject=x']) {
      outcome(await ask(stage, await token(stage), `Observation?${query}`), 400);
    }
    assert.ok(stage.logged.every((text) => !text.includes(bsn)));
  },
  'RES-08': async (stage) => {
    const other = await tokenFor(stage, { digid: { bsn: stage.people.sixteen.bsn } });
    const own = bundle(await ask(stage, other.access, 'Observation')).entry?.[0]?.resource.id;
    assert.ok(own);
    outcome(await ask(stage, await token(stage), `Observation/${own}`), 404);
    assert.equal((await ask(stage, other.access, `Observation/${own}`)).status, 200);
  },
  'RES-09': async (stage) => {
    outcome(
      await ask(stage, await token(stage), 'Patient', { headers: { accept: 'text/html' } }),
      406,
    );
  },
  'RES-10': async (stage) => {
    const accept = 'application/fhir+json; fhirVersion=4.0';
    const reply = await ask(stage, await token(stage), 'Patient', { headers: { accept } });
    assert.ok(reply.status === 400 || reply.status === 406);
    outcome(reply, reply.status);
    const own = { accept: 'application/fhir+json; fhirVersion=3.0' };
    assert.equal((await ask(stage, await token(stage), 'Patient', { headers: own })).status, 200);
  },
  'RES-11': async (stage) => {
    const headers = { 'MedMij-Request-ID': randomUUID() };
    for (let turn = 0; turn < 2; turn += 1) {
      assert.equal((await ask(stage, await token(stage), 'Patient', { headers })).status, 200);
    }
    const rows = (await stage.chain()).filter(
      ({ event, request }) =>
        event.type === 'receive_resource_request' &&
        request?.['id'] === headers['MedMij-Request-ID'],
    );
    const flags = rows.map(({ event }) => event.flags?.includes('request-id-repeated') ?? false);
    assert.deepEqual(flags, [false, true]);
  },
  'RES-12': async (stage) => {
    const headers = { 'MedMij-Request-ID': randomUUID() };
    const reply = await ask(stage, await token(stage), 'Patient', { headers });
    assert.equal(reply.headers['medmij-request-id'], headers['MedMij-Request-ID']);
  },
  'RES-13': async (stage) => {
    const access = await token(stage);
    for (const path of ['Condition', 'Observation']) {
      const reply = await ask(stage, access, path);
      const { entry = [] } = bundle(reply);
      const inside = new Set(entry.map(({ resource: r }) => `${r.resourceType}/${r.id}`));
      const references = [...reply.text.matchAll(/"reference":\s*"([A-Z][A-Za-z]+\/[^"]+)"/g)];
      assert.ok(references.length > 0);
      for (const [, reference = ''] of references) {
        if (inside.has(reference)) continue;
        assert.equal((await ask(stage, access, reference)).status, 200, reference);
      }
    }
  },
  'RES-14': async (stage) => {
    const query = 'code=http%3A%2F%2Floinc.org%7C29463-7';
    const reply = await ask(stage, await token(stage), `Observation?${query}`);
    const self = bundle(reply).link?.find(({ relation }) => relation === 'self')?.url ?? '';
    const { searchParams } = new URL(self);
    assert.equal(searchParams.get('code'), 'http://loinc.org|29463-7');
    assert.ok(!self.includes(stage.people.adult.bsn));
  },
  'RES-15': async (stage) => {
    const limit = stage.house.rooms.config.medmij.resourceMsMax;
    stage.faults.set(`${P}/48`, { kind: 'slow', ms: limit + 1_500 });
    const reply = await ask(stage, await token(stage), 'Patient').finally(() =>
      stage.faults.clear(),
    );
    outcome(reply, 504);
    assert.ok(reply.ms < limit + 1_000);
    const types = (await stage.chain()).map(({ event }) => event.type);
    assert.ok(types.includes('send_resource_error_response'));
  },
  'RES-16': async (stage) => {
    const mixed = recordOf(person(60), 'mixed') as {
      entry: { resource: Record<string, unknown> }[];
    };
    const third = mixed.entry[2];
    if (third) {
      third.resource['subject'] = {
        identifier: {
          system: 'http://fhir.nl/fhir/NamingSystem/bsn',
          value: stage.people.adult.bsn,
        },
      };
    }
    await stage.bring(mixed).catch(() => undefined);
    const reply = await ask(stage, await token(stage), 'Observation');
    const { entry = [] } = bundle(reply);
    assert.equal(entry.filter(({ resource }) => resource.resourceType === 'Observation').length, 1);
    assert.ok(!reply.text.includes('mixed-observation'));
    const { rows } = await stage.house.rooms.database.query<{ state: string }>(
      'select state from delivery order by received desc limit 1',
    );
    assert.ok(rows.length > 0);
  },
  'RES-17': async (stage) => {
    const { access } = await tokenFor(stage, { change: { scope: `${P}~53` } });
    const headers = {
      'MedMij-Request-ID': randomUUID(),
      'content-type': 'application/fhir+json',
    };
    const body = JSON.stringify(MEASUREMENT);
    const post = () => ask(stage, access, 'Observation', { service: '53', body, headers });
    const first = await post();
    assert.equal(first.status, 201, first.text.slice(0, 200));
    assert.ok(first.headers['location']);
    const second = await post();
    assert.ok(second.status === 201 || second.status === 200);
    assert.equal(second.headers['location'], first.headers['location']);
  },
  'RES-18': async (stage) => {
    const { access } = await tokenFor(stage, { longLived: true });
    assert.equal((await ask(stage, access, 'Patient')).status, 200);
    const { database, tokens } = stage.house.rooms;
    const { rows } = await database.query<{ id: string }>(
      'update toestemming set ended = now() where given = (select max(given) from toestemming) returning id',
    );
    for (const { id } of rows) await tokens.revokeFamily(database, id);
    await revocation();
    const reply = await ask(stage, access, 'Patient');
    outcome(reply, 401);
    assert.match(challenge(reply), /error="invalid_token"/);
    kept = undefined;
  },
  'RES-19': async (stage) => {
    const access = await token(stage);
    stage.faults.set(`${P}/48`, { kind: 'down' });
    const reply = await ask(stage, access, 'Patient').finally(() => stage.faults.clear());
    outcome(reply, 503);
    assert.ok(Number(reply.headers['retry-after']) > 0);
  },
  'RES-20': async (stage) => {
    const access = await token(stage);
    const replies = await Promise.all(
      Array.from({ length: 200 }, () => ask(stage, access, 'Observation')),
    );
    const wrong = replies.filter(({ status }) => status !== 200);
    assert.equal(wrong.length, 0, `${wrong.length}, as ${wrong[0]?.status} ${wrong[0]?.text}`);
    const quick = replies.filter(({ ms }) => ms < 60_000).length;
    assert.ok(quick / replies.length >= 0.985);
  },
  'RES-21': async (stage) => {
    const access = await token(stage);
    for (const query of QUERIES_48) {
      const reply = await ask(stage, access, query);
      assert.equal(reply.status, 200, `${query}: ${reply.text.slice(0, 200)}`);
      const { type, link = [] } = bundle(reply);
      assert.equal(type, 'searchset', query);
      const self = new URL(
        link.find(({ relation }) => relation === 'self')?.url ?? 'https://none/',
      );
      for (const [name, value] of new URL(query, 'https://x/').searchParams) {
        assert.ok(self.searchParams.getAll(name).includes(value), `${query}: ${self.search}`);
      }
    }
  },
  'RES-22': async (stage) => {
    const table = 'https://referentiemodel.nhg.org/tabellen/nhg-tabel-45-diagnostische-bepalingen|';
    const { access } = await tokenFor(stage, { change: { scope: `${P}~49` } });
    const query = `Observation?code=${table}&_include=Observation:related-target&_include=Observation:specimen`;
    const reply = await ask(stage, access, query, { service: '49' });
    assert.equal(reply.status, 200, reply.text.slice(0, 200));
    const self = bundle(reply).link?.find(({ relation }) => relation === 'self')?.url ?? '';
    assert.equal(new URL(self).searchParams.get('code'), table);
  },
  'RES-23': async (stage) => {
    const id = randomUUID();
    const { cert, key } = stage.certificates.c1;
    const reply = await send(stage.line, `/medmij/${P}/48/fhir/Patient`, {
      headers: { authorization: `Bearer ${await token(stage)}`, 'MedMij-Request-ID': id },
      tls: { cert, key },
    });
    assert.equal(reply.status, 200);
    const row = (await stage.chain()).find(({ request }) => request?.['id'] === id);
    assert.ok(row?.event.flags?.includes('correlation-id-generated'));
  },
};

const MEASUREMENT = {
  resourceType: 'Observation',
  identifier: [{ system: 'urn:conformance:pgo', value: 'meting-1' }],
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
  effectiveDateTime: '2026-02-01T08:00:00+01:00',
  valueQuantity: { value: 71, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
};
