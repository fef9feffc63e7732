/** What is permitted for research only, and nobody makes pseudonymous, leaves by no door. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, openGateway, purposeOf } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

const PSY = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' }];

let gateway: Gateway;
const one = person(121);
beforeAll(async () => {
  gateway = await openGateway();
  const self = urn(one.bsn);
  const entries = [
    entry(self, patientOf(one)),
    entry(urn('c121'), condition('c121', self)),
    entry(urn('p121'), condition('p121', self, { meta: { security: PSY } })),
  ];
  expect((await gateway.send('epd-proef', transaction(entries))).statusCode).toBe(200);
});
afterAll(() => gateway.close());

async function asked(purpose: string, path: string) {
  const token = await gateway.token('partner-huisarts', purposeOf(purpose));
  const form = {
    [path === 'Patient' ? 'identifier' : 'patient.identifier']: `${BSN_SYSTEM}|${one.bsn}`,
  };
  return (await gateway.ask(`/fhir/r4/${path}/_search`, { token, form })).json();
}

it('a permission for research shows no name, number or item', async () => {
  await choose(gateway, one, [
    { ...HOSPITALS_TO_GPS, purpose: ['HRESCH'] },
    { ...HOSPITALS_TO_GPS, purpose: ['TREAT'] },
  ]);
  expect(await asked('TREAT', 'Condition')).toMatchObject({ total: 1 });
  for (const path of ['Condition', 'Patient']) {
    const answer = await asked('HRESCH', path);
    expect([answer.resourceType, answer.total]).toEqual(['Bundle', 0]);
    expect(JSON.stringify(answer)).not.toContain(one.family);
  }
  const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, one));
  const line = entries.find(({ record }) => record.purpose === 'HRESCH')?.record;
  expect(line).toMatchObject({ outcome: 4, reason: 'obligation', route: 'none' });
});

it('labelled data says wherever it leaves to a partner that it goes no further', async () => {
  await choose(gateway, one, [
    HOSPITALS_TO_GPS,
    { ...HOSPITALS_TO_GPS, data: { level: 'label', value: 'PSY' } },
  ]);
  const token = await gateway.token('partner-huisarts', purposeOf('TREAT'));
  interface Answered {
    id: string;
    meta?: { security?: { code?: string }[] };
  }
  const isBound = (resource: Answered) =>
    resource.meta?.security?.filter(({ code }) => code === 'NORDSCLCD').length ?? 0;
  const found = await asked('TREAT', 'Condition');
  const resources: Answered[] = found.entry.map(({ resource }: { resource: Answered }) => resource);
  expect(resources.map(isBound).toSorted()).toEqual([0, 1]);
  const labelled = resources.find((resource) => isBound(resource) === 1)?.id ?? '';
  for (const base of ['r4', 'stu3']) {
    for (const way of [labelled, `${labelled}/_history/1`, `${labelled}?_summary=true`]) {
      const answer = await gateway.ask(`/fhir/${base}/Condition/${way}`, { token });
      expect([answer.statusCode, isBound(answer.json())], `${base} ${way}`).toEqual([200, 1]);
    }
    const history = await gateway.ask(`/fhir/${base}/Condition/${labelled}/_history`, { token });
    expect(history.json().entry.map((at: { resource: Answered }) => isBound(at.resource))).toEqual([
      1,
    ]);
  }
  const xml = { accept: 'application/fhir+xml' };
  const answer = await gateway.ask(`/fhir/r4/Condition/${labelled}`, { token, headers: xml });
  expect(answer.body.match(/NORDSCLCD/g)).toHaveLength(1);
});

it('what is labelled only by its sources does not tell of a source that stays hidden', async () => {
  const other = person(122);
  const self = urn(other.bsn);
  const measured = (name: string, more: object) =>
    entry(urn(name), {
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
      subject: { reference: self },
      effectiveDateTime: '2025-01-01',
      ...more,
    });
  const sent = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(other)),
      measured('source122', { meta: { security: PSY } }),
      measured('derived122', { derivedFrom: [{ reference: urn('source122') }] }),
      entry(urn('c122'), condition('c122', self)),
    ]),
  );
  const id = /Observation\/([^/]+)/.exec(sent.json().entry[2].response.location)?.[1];
  const plain = /Condition\/([^/]+)/.exec(sent.json().entry[3].response.location)?.[1];
  await choose(
    gateway,
    other,
    [`Observation/${id}`, `Condition/${plain}`].map((value) => ({
      ...HOSPITALS_TO_GPS,
      data: { level: 'instance', value },
    })),
  );
  const token = await gateway.token('partner-huisarts', purposeOf('TREAT'));
  const answer = await gateway.ask(`/fhir/r4/Observation/${id}`, { token });
  expect(answer.statusCode, answer.body).toBe(200);
  expect(answer.json()).not.toHaveProperty('derivedFrom');
  expect(answer.body).not.toContain('NORDSCLCD');
  // Nor does the provenance of the message, which names all that may be seen.
  const origin = await gateway.ask(`/fhir/r4/Provenance?target=Condition/${plain}`, { token });
  expect(origin.json().entry[0].resource.target, origin.body).toHaveLength(3);
  expect(origin.body).not.toContain('NORDSCLCD');
});
