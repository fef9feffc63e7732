/** A large resource that may not be seen is refused as if it were not there (consent.md 7). */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  condition,
  HOSPITALS_TO_GPS,
  observation,
  patientOf,
  person,
} from '../support/people.ts';

const LARGE = 3_000_000;
const one = person(172);
let gateway: Gateway;
let token: string;
let sender: string;

const put = async (path: string, resource: Record<string, unknown>) => {
  const made = await gateway.ask(`/fhir/r4/${path}`, {
    token: sender,
    method: 'PUT',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ ...resource, id: path.split('/')[1] }),
  });
  expect([200, 201], made.body.slice(0, 500)).toContain(made.statusCode);
};

beforeAll(async () => {
  gateway = await openGateway();
  sender = await gateway.token('epd-proef');
  await put('Patient/large-kept', patientOf(one));
  const note = [{ text: randomBytes(LARGE).toString('base64') }];
  for (const _version of [1, 2]) {
    const hidden = condition('large-hidden', 'Patient/large-kept', { note });
    await put('Condition/large-hidden', hidden);
    note[0] = { text: randomBytes(LARGE).toString('base64') };
  }
  await put('Observation/shown', observation('shown', 'Patient/large-kept'));
  await choose(gateway, one, [
    HOSPITALS_TO_GPS,
    { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'type', value: 'Condition' } },
  ]);
  token = await gateway.token('partner-huisarts');
});
afterAll(() => gateway.close());

/** Bytes that the database gave for one question. */
async function asked(path: string, as: string) {
  let bytes = 0;
  const { database } = gateway.rooms;
  const query = database.query as (...all: unknown[]) => Promise<{ rows?: object[] }>;
  const counted = async (...all: unknown[]) => {
    const answer = await query(...all);
    for (const row of answer.rows ?? []) {
      for (const value of Object.values(row)) if (Buffer.isBuffer(value)) bytes += value.length;
    }
    return answer;
  };
  const spy = vi.spyOn(database, 'query').mockImplementation(counted as never);
  try {
    const { statusCode, body } = await gateway.ask(`/fhir/${path}`, { token: as });
    return { statusCode, body, bytes };
  } finally {
    spy.mockRestore();
  }
}

describe('of three megabytes, looked for by whoever may not see it', () => {
  it.each([
    ['r4/Condition/large-hidden', 404],
    ['stu3/Condition/large-hidden', 404],
    ['r4/Condition/large-hidden/_history/1', 404],
    ['stu3/Condition/large-hidden/_history/2', 404],
    ['r4/Condition/large-hidden/_history', 404],
    ['stu3/Condition/large-hidden/_history', 404],
    ['stu3/Condition?patient=large-kept', 200],
    ['r4/Condition/_history?patient=large-kept', 200],
    ['stu3/Patient/large-kept/$everything', 200],
  ])('its bytes stay in the database: %s', async (path, status) => {
    const { statusCode, body, bytes } = await asked(path, token);
    expect(statusCode, body.slice(0, 500)).toBe(status);
    expect(body).not.toContain('large-hidden');
    expect(bytes).toBeLessThan(100_000);
  });

  it('and come to whoever may', async () => {
    const { statusCode, bytes } = await asked('stu3/Condition/large-hidden', sender);
    expect(statusCode).toBe(200);
    expect(bytes).toBeGreaterThan(LARGE);
  });
});
