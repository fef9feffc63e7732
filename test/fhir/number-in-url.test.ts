/** A BSN in an address: refused at every FHIR door, told how to ask instead, and logged nowhere. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BSN_SYSTEM, type Gateway, openGateway } from '../support/gateway.ts';
import { entry, patientOf, person, transaction, urn } from '../support/people.ts';

let gateway: Gateway;
let partner: string;
let sender: string;
const one = person(1);

beforeAll(async () => {
  gateway = await openGateway();
  const sent = await gateway.send('epd-proef', transaction([entry(urn('p'), patientOf(one))]));
  expect(sent.statusCode, sent.body).toBe(200);
  partner = await gateway.token('partner-huisarts');
  sender = await gateway.token('epd-proef');
});
afterAll(() => gateway.close());

const number = `${BSN_SYSTEM}|${one.bsn}`;

describe.each(['r4', 'stu3'])('at the door of %s', (version) => {
  const ask = (path: string, token: string, more: object = {}) =>
    gateway.ask(`/fhir/${version}/${path}`, { token, ...more });

  it.each([
    `Patient?identifier=${number}`,
    `Patient?identifier=${encodeURIComponent(number)}`,
    `Patient?identifier=urn:oid:2.16.840.1.113883.2.4.6.3|${one.bsn}`,
    `Patient?identifier=${one.bsn}`,
    `Patient?identifier=|${one.bsn}`,
    `Patient?identifier=urn:x|1,${number}`,
    `Patient?%69dentifier=${number}`,
    `Observation?patient.identifier=${number}`,
    `Observation?subject:Patient.identifier=${number}`,
    `Observation/$lastn?patient.identifier=${number}`,
    `Patient?_has:Observation:patient:subject:identifier=${number}`,
  ])('is refused in a GET, with where it goes instead: %s', async (path) => {
    for (const token of [partner, sender]) {
      const answer = await ask(path, token);
      expect(answer.statusCode).toBe(400);
      expect(answer.json().issue[0]).toMatchObject({ code: 'invalid' });
      expect(answer.json().issue[0].diagnostics).toContain('POST [type]/_search');
      expect(answer.body).not.toContain(one.bsn);
      expect(answer.headers['www-authenticate']).not.toContain(one.bsn);
    }
  });

  it('is refused in the address of a write, and of a POST', async () => {
    const body = JSON.stringify(patientOf(one));
    const headers = { 'content-type': 'application/fhir+json' };
    const written = await ask(`Patient?identifier=${number}`, sender, {
      ...{ method: 'PUT', headers, body },
    });
    expect(written.statusCode).toBe(400);
    expect(written.json().issue[0].diagnostics).toContain('_search');
    const posted = await ask(`Patient/_search?identifier=${number}`, sender, {
      form: { _count: '1' },
    });
    expect(posted.statusCode).toBe(400);
  });

  it('is answered in a form, and its self link is without it', async () => {
    const answer = await ask('Patient/_search', sender, { form: { identifier: number } });
    expect(answer.statusCode).toBe(200);
    expect(answer.json().entry).toHaveLength(1);
    expect(JSON.stringify(answer.json().link)).not.toContain(one.bsn);
  });

  it('is not seen in other numbers', async () => {
    for (const path of [
      `Patient?identifier=urn:oid:1.2.3|${one.bsn}`,
      'Patient?identifier=123456789',
      `Patient?identifier=${BSN_SYSTEM}|`,
    ]) {
      const { statusCode, body } = await ask(path, sender);
      expect(body, path).not.toContain('bsn-in-url');
      expect([200, 400, 403]).toContain(statusCode);
    }
  });
});

it('is a line of the ledger, and in no line of the log', async () => {
  const count = async () =>
    (await gateway.rooms.database.query('select count(*)::int as n from ledger_entry')).rows[0].n;
  const before = await count();
  await gateway.ask(`/fhir/r4/Patient?identifier=${number}`, { token: partner });
  expect(await count()).toBe(before + 1);
  const failing = vi
    .spyOn(gateway.rooms.release, 'refused')
    .mockRejectedValueOnce(new TypeError(`cannot write ${one.bsn}`));
  const failed = await gateway.ask(`/fhir/r4/Patient?identifier=${number}`, { token: partner });
  failing.mockRestore();
  expect(failed.statusCode).toBe(500);
  expect(gateway.logged).not.toEqual([]);
  expect(gateway.logged.join('\n')).not.toContain(one.bsn);
});
