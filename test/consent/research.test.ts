/** Secondary use by name of nobody: the export of a study (consent.md section 12). */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, openGateway, PRACTICE } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  type Json,
  observation,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
  withdraw,
} from '../support/people.ts';
import {
  addStudies,
  dropRuns,
  finished,
  HEART_STUDY,
  kickOff,
  LUNG_STUDY,
  pathOf,
  runStudy,
  type StudyFiles,
  tokenOf,
  toResearch,
} from '../support/studies.ts';

const PSY = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' }];

/** Permits the heart study; both; treatment only; researchers but not these; one that leaves. */
const heart = person(231);
const both = person(232);
const treated = person(233);
const notThese = person(234);
const leaving = person(235);
const PEOPLE = [heart, both, treated, notThese, leaving];

let gateway: Gateway;
let left: string[] = [];
beforeAll(async () => {
  gateway = await openGateway();
  await addStudies(gateway);
  for (const one of PEOPLE) await sent(one);
  await choose(gateway, heart, [toResearch(HEART_STUDY)]);
  await choose(gateway, both, [toResearch()]);
  await choose(gateway, treated, [HOSPITALS_TO_GPS, { ...toResearch(), purpose: ['TREAT'] }]);
  const { purpose: _purpose, ...ordinary } = toResearch();
  await choose(gateway, treated, [ordinary]);
  await choose(gateway, notThese, [toResearch(), toResearch(HEART_STUDY, { type: 'deny' })]);
  left = await choose(gateway, leaving, [toResearch(HEART_STUDY)]);
});
afterEach(() => dropRuns(gateway));
afterAll(() => gateway.close());

async function sent(one: Person): Promise<void> {
  const self = urn(one.bsn);
  const answer = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(one, { gender: 'female', address: [{ city: 'Heiloo' }] })),
      entry(urn(`c${one.bsn}`), condition(`c${one.bsn}`, self, { note: [{ text: one.family }] })),
      entry(urn(`p${one.bsn}`), condition(`p${one.bsn}`, self, { meta: { security: PSY } })),
      entry(urn(`o${one.bsn}`), observation(`o${one.bsn}`, self)),
    ]),
  );
  expect(answer.statusCode, answer.body).toBe(200);
}

const run = async (of = HEART_STUDY): Promise<StudyFiles> =>
  runStudy(gateway, await tokenOf(gateway, of));

const linesOf = (text = ''): (Json & { id: string; subject?: { reference: string } })[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

const told = ({ manifest }: StudyFiles) => manifest.extension['urn:zorgsluis:study-run'];

describe('the export of a study', () => {
  it('gives those who permit this study, and nobody else', async () => {
    const found = await run();
    expect(told(found)).toMatchObject({ people: 3, removed: [] });
    expect(linesOf(found.files['Patient'])).toHaveLength(3);
    expect(linesOf(found.files['Condition'])).toHaveLength(3);
    expect(told(await run(LUNG_STUDY)).people).toBe(2);
  });

  it('names nobody and no place, and says that it goes no further', async () => {
    const { files, manifest } = await run();
    const all = JSON.stringify(manifest) + Object.values(files).join('\n');
    const ids = await realIds();
    expect(ids.length).toBeGreaterThan(10);
    for (const secret of [
      ...PEOPLE.flatMap(({ bsn, family, birthDate }) => [bsn, family, birthDate]),
      ...ids,
      ...[HOSPITAL.id, HOSPITAL.ura, HOSPITAL.name, 'Heiloo', 'Hypertensie', '2026-01-05'],
    ]) {
      expect(all).not.toContain(secret);
    }
    for (const line of Object.values(files).flatMap((text) => linesOf(text))) {
      const codes = (line['meta'] as { security: { code: string }[] }).security.map(
        ({ code }) => code,
      );
      expect(codes).toEqual(expect.arrayContaining(['NORDSCLCD', 'PSEUDED']));
    }
    const [patient] = linesOf(files['Patient']);
    expect(patient).toMatchObject({ gender: 'female', birthDate: '1970' });
    const [weight] = linesOf(files['Observation']);
    expect(weight).toMatchObject({ valueQuantity: { value: 70, code: 'kg' }, status: 'final' });
    expect(weight?.['effectiveDateTime']).toMatch(/^202[45]-\d\d-\d\d$/);
    const known = linesOf(files['Patient']).map(({ id }) => `Patient/${id}`);
    expect(known).toContain(weight?.subject?.reference);
  });

  it('gives labelled data only under a permission that names its label', async () => {
    const label = { level: 'label', value: 'PSY' } as const;
    const ids = await choose(gateway, heart, [toResearch(HEART_STUDY, { data: label })]);
    expect(linesOf((await run()).files['Condition'])).toHaveLength(4);
    await withdraw(gateway, heart, [ids.at(-1) ?? '']);
    expect(linesOf((await run()).files['Condition'])).toHaveLength(3);
  });

  it('calls a person the same in each run, and otherwise in another study', async () => {
    const [one, again, other] = [await run(), await run(), await run(LUNG_STUDY)];
    const idsOf = ({ files }: StudyFiles) =>
      Object.values(files).flatMap((text) => linesOf(text).map(({ id }) => id));
    expect(idsOf(again).toSorted()).toEqual(idsOf(one).toSorted());
    const known = new Set(idsOf(one));
    expect(idsOf(other).filter((id) => known.has(id))).toEqual([]);
    const daysOf = ({ files }: StudyFiles) =>
      linesOf(files['Observation']).map((line) => line['effectiveDateTime']);
    expect(daysOf(other)).not.toEqual(daysOf(one));
    const order = linesOf(one.files['Patient']).map(({ id }) => id);
    expect(order).toEqual(order.toSorted());
  });

  it('shows what was given to whom in the ledger, and of the run how many', async () => {
    const { job } = await run();
    const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, heart));
    const line = entries.find(
      ({ record }) => record.purpose === 'HRESCH' && record.released === 3,
    )?.record;
    expect(line).toMatchObject({ event: 'export', outcome: 0, route: 'explicit', released: 3 });
    expect(line?.obligations).toEqual(expect.arrayContaining(['PSEUDONYMISE', 'NO-REDISCLOSURE']));
    const all = await gateway.rooms.ledger.search({
      organisation: HEART_STUDY.id,
      purpose: 'HRESCH',
    });
    const about = all.entries.filter(({ record }) => record.counts?.['people'] !== undefined);
    const own = about.find(({ record }) => job.endsWith(record.detail?.['run'] ?? '-'))?.record;
    expect(own).toMatchObject({ event: 'export', counts: { people: 3, leftOut: 2, removed: 0 } });
    expect(own?.patient).toBeUndefined();
  });
});

describe('whoever takes the permission back', () => {
  it('is not in files that were made before, nor in the next run, which says so', async () => {
    const token = await tokenOf(gateway, HEART_STUDY);
    const before = await run();
    await withdraw(gateway, leaving, left);
    for (const { type, url } of before.manifest.output) {
      const after = (await gateway.ask(pathOf(url), { token })).body;
      expect(linesOf(after)).toHaveLength(linesOf(before.files[type]).length * (2 / 3));
    }
    const next = await run();
    expect(told(next).people).toBe(2);
    const stays = new Set(linesOf(next.files['Patient']).map(({ id }) => id));
    const gone = linesOf(before.files['Patient']).filter(({ id }) => !stays.has(id));
    expect(told(next).removed).toEqual(gone.map(({ id }) => id));
    expect(told(next).epochs).not.toBe(told(before).epochs);
  });
});

describe('an attempt at more', () => {
  it('finds no such operation under another purpose, and no file either', async () => {
    const { job, manifest } = await run();
    const client = `partner-${HEART_STUDY.ura}`;
    for (const purpose of ['TREAT', 'COC', 'PUBHLTH', 'HOPERAT']) {
      const token = await tokenOf(gateway, HEART_STUDY, purpose, { client });
      const asked = await kickOff(gateway, token);
      expect([purpose, asked.statusCode, asked.body]).toEqual([
        purpose,
        400,
        expect.stringContaining('unknown-operation'),
      ]);
      const paths = [job, ...manifest.output.map(({ url }) => pathOf(url))];
      for (const path of paths) {
        expect((await gateway.ask(path, { token })).statusCode).toBe(403);
      }
    }
    const other = await tokenOf(gateway, LUNG_STUDY);
    expect((await gateway.ask(job, { token: other })).statusCode).toBe(404);
  });

  it('gets nothing by name: no read, no search, no export of one person', async () => {
    const token = await tokenOf(gateway, HEART_STUDY);
    const [id] = await realIds('Patient');
    expect((await gateway.ask(`/fhir/r4/Patient/${id}`, { token })).statusCode).toBe(404);
    const headers = { prefer: 'respond-async' };
    const one = await gateway.ask(`/fhir/r4/Patient/${id}/$export`, { token, headers });
    const job = pathOf(one.headers['content-location']);
    expect((await finished(gateway, token, job)).json().output).toEqual([]);
    await gateway.ask(job, { token, method: 'DELETE' });
  });

  it.each(['?_since=2026-01-01', '?patient=Patient/1', '?_typeFilter=Condition%3Fcode=1'])(
    'is told which parameter a study has not: %s',
    async (query) => {
      const answer = await kickOff(gateway, await tokenOf(gateway, HEART_STUDY), query);
      expect([answer.statusCode, answer.body]).toEqual([
        400,
        expect.stringContaining(query.slice(1).split('=')[0] ?? ''),
      ]);
    },
  );

  it('is refused for types that have no form without names', async () => {
    const token = await tokenOf(gateway, HEART_STUDY);
    const answer = await kickOff(gateway, token, '?_type=DocumentReference,Binary');
    expect(answer.statusCode).toBe(400);
  });

  it('is refused by a region that did not agree to research', async () => {
    const token = await tokenOf(gateway, HEART_STUDY, 'HRESCH', { region: 'midden' });
    expect((await kickOff(gateway, token)).statusCode).toBe(403);
  });

  it('does not reach somebody who permits only an organisation that is no study', async () => {
    const token = await tokenOf(gateway, PRACTICE, 'HRESCH', { client: 'partner-huisarts' });
    const files = await runStudy(gateway, token);
    expect([told(files).people, files.files]).toEqual([0, {}]);
  });
});

/** Ids that the gateway has for what came in. */
async function realIds(type?: string): Promise<string[]> {
  const { store, database } = gateway.rooms;
  const ids: string[] = [];
  for (const one of PEOPLE) {
    const vault = await vaultOf(gateway, one);
    const epoch = await store.epoch(database, vault);
    const types = type === undefined ? {} : { types: [type] };
    const { rows } = await store.candidates(database, { vault, epoch, ...types });
    ids.push(...rows.map(({ id }) => id));
  }
  return ids;
}
