/** architecture D3: what is derived is decided like its strictest source. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway, PUBLIC_URL } from '../support/gateway.ts';
import {
  choose,
  HOSPITALS_TO_GPS,
  type Json,
  observation,
  patientOf,
  person,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
let sender: string;
let partner: string;
let patient: string;
const one = person(81);

const PSY = {
  security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' }],
};

const put = async (type: string, id: string, resource: Json): Promise<number> => {
  const answer = await gateway.ask(`/fhir/r4/${type}/${id}`, {
    token: sender,
    method: 'PUT',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ resourceType: type, id, ...resource }),
  });
  if (answer.statusCode > 201) throw new Error(answer.body);
  return answer.statusCode;
};

const transact = (entry: readonly Json[]) =>
  gateway.ask('/fhir/r4', {
    token: sender,
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }),
  });

const made = async (type: string, resource: Json): Promise<string> => {
  const answer = await gateway.ask(`/fhir/r4/${type}`, {
    token: sender,
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({
      resourceType: type,
      ...subject(),
      status: type === 'List' ? 'current' : 'final',
      code: { text: 'samen' },
      ...resource,
    }),
  });
  if (answer.statusCode !== 201) throw new Error(answer.body);
  return (answer.json() as { id: string }).id;
};

const seen = async (reference: string): Promise<number> =>
  (await gateway.ask(`/fhir/r4/${reference}`, { token: partner })).statusCode;

const measured = (id: string, more: Json = {}) =>
  put('Observation', id, observation(id, `Patient/${patient}`, more));
const NOTE = {
  code: { coding: [{ system: 'http://fhir.nl/fhir/NamingSystem/journaalregeltypen', code: 'S' }] },
};
const subject = () => ({ subject: { reference: `Patient/${patient}` } });
const list = (id: string, items: readonly string[]) =>
  put('List', id, {
    ...subject(),
    status: 'current',
    mode: 'working',
    entry: items.map((reference) => ({ item: { reference } })),
  });
const report = (id: string, results: readonly string[]) =>
  put('DiagnosticReport', id, {
    ...subject(),
    status: 'final',
    code: { text: 'uitslag' },
    result: results.map((reference) => ({ reference })),
  });

beforeAll(async () => {
  gateway = await openGateway();
  sender = await gateway.token('epd-proef');
  partner = await gateway.token('partner-huisarts');
  await put('Patient', 'labels', patientOf(one));
  patient = 'labels';
  await choose(gateway, one, [HOSPITALS_TO_GPS]);
});
afterAll(() => gateway.close());

describe('what is derived', () => {
  it('has the labels of its sources, also of those of its sources', async () => {
    await measured('s-1', { meta: PSY });
    await measured('s-2');
    await report('r-1', ['Observation/s-1', 'Observation/s-2']);
    await report('r-2', ['Observation/s-2']);
    await list('l-1', ['DiagnosticReport/r-1']);
    await list('l-2', ['DiagnosticReport/r-2']);
    expect(await seen('Observation/s-1')).toBe(404);
    expect(await seen('DiagnosticReport/r-1')).toBe(404);
    expect(await seen('List/l-1')).toBe(404);
    expect(await seen('DiagnosticReport/r-2')).toBe(200);
    expect(await seen('List/l-2')).toBe(200);
  });

  it('is labelled again when a source gets a label, in the same transaction', async () => {
    await measured('s-3');
    await report('r-3', ['Observation/s-3']);
    await list('l-3', ['DiagnosticReport/r-3']);
    expect(await seen('List/l-3')).toBe(200);
    await measured('s-3', { meta: PSY });
    expect(await seen('DiagnosticReport/r-3')).toBe(404);
    expect(await seen('List/l-3')).toBe(404);
  });

  it('waits until the source may be seen, also where that is said later', async () => {
    await measured('s-8');
    await report('r-8', ['Observation/s-8']);
    expect(await seen('DiagnosticReport/r-8')).toBe(200);
    const url = 'https://zorgsluis.example/fhir/StructureDefinition/embargo-until';
    await measured('s-8', { extension: [{ url, valueDateTime: '2999-01-01T00:00:00Z' }] });
    expect(await seen('Observation/s-8')).toBe(404);
    expect(await seen('DiagnosticReport/r-8')).toBe(404);
  });

  it.each([
    ['our own address', () => `${PUBLIC_URL}/fhir/r4/Observation/s-9`],
    ['the address of its sender', () => 'https://epd.example/fhir/Observation/s-9'],
    ['a version of it', () => `${PUBLIC_URL}/fhir/r4/Observation/s-9/_history/1`],
    ['a part of it', () => `${PUBLIC_URL}/fhir/r4/Observation/s-9#part`],
  ])('has the labels of a source that is named by %s', async (_how, reference) => {
    await measured('s-9', { meta: PSY });
    await report('r-9', [reference()]);
    expect(await seen('DiagnosticReport/r-9')).toBe(404);
    const item = { item: { reference: reference() } };
    const id = await made('List', { mode: 'snapshot', entry: [item] });
    expect(await seen(`List/${id}`)).toBe(404);
  });

  it('has the labels of what stands in its sections, however deep', async () => {
    await measured('s-10', { meta: PSY });
    const entry = [{ reference: 'Observation/s-10' }];
    for (const depth of [1, 2, 3, 4]) {
      let section: Json = { title: 'binnen', entry };
      for (let round = 1; round < depth; round += 1) {
        section = { title: 'buiten', section: [section] };
      }
      await put('Composition', `c-${depth}`, {
        ...subject(),
        status: 'final',
        type: { text: 'verslag' },
        date: '2026-01-01',
        author: [{ display: 'arts' }],
        title: 'verslag',
        section: [section],
      });
      expect(await seen(`Composition/c-${depth}`)).toBe(404);
    }
  });

  const listOf = (id: string, ...items: string[]) => ({
    resource: {
      resourceType: 'List',
      id,
      ...subject(),
      status: 'current',
      mode: 'snapshot',
      entry: items.map((reference) => ({ item: { reference } })),
    },
    request: { method: 'PUT', url: `List/${id}` },
  });

  it('has every label of a long chain that gives one more at each step', async () => {
    const labels = 'PSY ETH SEX HIV SDV SUD GDIS SICKLE STD TBOO DEMO EMP LOCIS'.split(' ');
    for (const [nth, code] of labels.entries()) {
      const system = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
      await measured(`step-${nth}`, { meta: { security: [{ system, code }] } });
    }
    const answer = await transact(
      labels.map((_label, nth) => {
        const next = nth + 1 < labels.length ? [`List/steps-${nth + 1}`] : [];
        return listOf(`steps-${nth}`, `Observation/step-${nth}`, ...next);
      }),
    );
    expect(answer.statusCode, answer.body).toBe(200);
    const { store, database } = gateway.rooms;
    const vault = await vaultOf(gateway, one);
    const { rows } = await store.candidates(database, { vault, types: ['List', 'Observation'] });
    const labelsOf = (prefix: string) =>
      rows.filter(({ id }) => id.startsWith(prefix)).flatMap(({ facts }) => facts.labels);
    const all = [...new Set(labelsOf('step-'))].toSorted();
    expect(all.length).toBeGreaterThan(8);
    expect(labelsOf('steps-0')).toEqual(all);
  });

  it('counts through a long chain, in whatever order it comes', async () => {
    const chain = Array.from({ length: 9 }, (_none, nth) => `chain-${nth}`);
    await measured('s-8', { meta: PSY });
    const entry = chain.map((id, nth) =>
      listOf(id, nth === chain.length - 1 ? 'Observation/s-8' : `List/${chain[nth + 1]}`),
    );
    const answer = await transact(entry);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(await Promise.all(chain.map((id) => seen(`List/${id}`)))).toEqual(chain.map(() => 404));
  });

  it('ends where two documents of different kinds are of the same bytes', async () => {
    const document = (id: string, code: string, meta?: Json) => ({
      resource: {
        resourceType: 'DocumentReference',
        id,
        ...subject(),
        ...(meta ? { meta } : {}),
        status: 'current',
        type: { coding: [{ system: 'http://loinc.org', code }] },
        content: [{ attachment: { contentType: 'text/plain', url: 'Binary/shared' } }],
      },
      request: { method: 'PUT', url: `DocumentReference/${id}` },
    });
    const bytes = { resourceType: 'Binary', id: 'shared', contentType: 'text/plain', data: 'QUJD' };
    const answer = await transact([
      document('shared-1', '34133-9'),
      document('shared-2', '11502-2', PSY),
      { resource: bytes, request: { method: 'PUT', url: 'Binary/shared' } },
    ]);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(await seen('Binary/shared')).toBe(404);
    expect(await seen('DocumentReference/shared-2')).toBe(404);
  });

  it('is labelled again where it is a report with a document of megabytes in it', async () => {
    await measured('s-7');
    const data = Buffer.alloc(1_000_000, 'text').toString('base64');
    const form = { contentType: 'text/plain', data };
    await put('DiagnosticReport', 'r-7', {
      ...subject(),
      status: 'final',
      code: { text: 'verslag' },
      result: [{ reference: 'Observation/s-7' }],
      presentedForm: [form],
    });
    expect(await seen('DiagnosticReport/r-7')).toBe(200);
    await measured('s-7', { meta: PSY });
    expect(await seen('DiagnosticReport/r-7')).toBe(404);
    const own = await gateway.ask('/fhir/r4/DiagnosticReport/r-7', { token: sender });
    expect([own.json().meta.versionId, own.json().presentedForm]).toEqual(['2', [form]]);
  });

  it.each([
    ['DiagnosticReport', { result: [{ reference: 'Observation/s-6' }] }],
    ['List', { mode: 'snapshot', entry: [{ item: { reference: 'Observation/s-6' } }] }],
    ['Observation', { hasMember: [{ reference: 'Observation/s-6' }] }],
  ])('counts where a %s is created alone, with an id of ours', async (type, content) => {
    await measured('s-6', { meta: PSY });
    const id = await made(type, content);
    expect(await seen(`${type}/${id}`)).toBe(404);
  });

  it('counts a panel, by its members', async () => {
    await measured('s-4', { meta: PSY });
    await measured('panel', { hasMember: [{ reference: 'Observation/s-4' }] });
    expect(await seen('Observation/panel')).toBe(404);
  });

  it('a journal entry leaves without its working notes, whose references are cut', async () => {
    const line = (letter: string) => ({
      code: {
        coding: [{ system: 'http://fhir.nl/fhir/NamingSystem/journaalregeltypen', code: letter }],
      },
    });
    await measured('note', NOTE);
    await measured('shown', line('E'));
    await put('Composition', 'journal', {
      ...subject(),
      status: 'final',
      type: { coding: [{ system: 'http://loinc.org', code: '67781-5' }] },
      date: '2026-03-01',
      author: [{ display: 'huisarts' }],
      title: 'Contact',
      section: [
        {
          entry: [
            { reference: 'Observation/note' },
            { reference: 'Observation/shown' },
            { reference: `${PUBLIC_URL}/fhir/r4/Observation/note` },
            { reference: 'https://epd.example/fhir/Observation/note/_history/1' },
            { reference: 'https://epd.example/fhir/Observation/note#part' },
            { reference: 'https://epd.example/fhir/Observation/elsewhere' },
          ],
        },
      ],
    });
    const answer = await gateway.ask('/fhir/r4/Composition/journal', { token: partner });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('Observation/shown');
    expect(answer.body).toContain('https://epd.example/fhir/Observation/elsewhere');
    expect(answer.body).not.toContain('Observation/note');
    expect(await seen('Observation/note')).toBe(404);
  });

  it('is found by a source that arrives later', async () => {
    await list('l-5', ['Observation/s-5']);
    expect(await seen('List/l-5')).toBe(200);
    await measured('s-5', { meta: PSY });
    expect(await seen('List/l-5')).toBe(404);
  });
});

describe('the bytes of a document', () => {
  const binary = (id: string) =>
    put('Binary', id, { contentType: 'application/pdf', data: 'JVBERi0xLjQK' });
  const document = (id: string, url: string, meta: Json) =>
    put('DocumentReference', id, {
      ...subject(),
      meta,
      status: 'current',
      content: [{ attachment: { contentType: 'application/pdf', url } }],
    });

  it('are found by the whole address of ours, too', async () => {
    const sent = await gateway.ask('/fhir/r4/Binary', {
      token: sender,
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({
        resourceType: 'Binary',
        contentType: 'application/pdf',
        data: 'JVBERi0xLjQK',
        securityContext: { reference: `Patient/${patient}` },
      }),
    });
    const { id } = sent.json() as { id: string };
    await document('d-whole', `${PUBLIC_URL}/fhir/r4/Binary/${id}`, PSY);
    expect(await seen('DocumentReference/d-whole')).toBe(404);
    expect(await seen(`Binary/${id}`)).toBe(404);
  });

  it('are decided like the document, in whatever order they come', async () => {
    // What names nobody goes along with what is there: the first bytes come with their document.
    const both = await transact([
      ...['b-1', 'b-2'].map((id) => ({
        request: { method: 'PUT', url: `Binary/${id}` },
        resource: {
          resourceType: 'Binary',
          id,
          contentType: 'application/pdf',
          data: 'JVBERi0x',
        },
      })),
      {
        request: { method: 'PUT', url: 'DocumentReference/d-1' },
        resource: {
          resourceType: 'DocumentReference',
          id: 'd-1',
          meta: PSY,
          ...subject(),
          status: 'current',
          content: [{ attachment: { url: 'Binary/b-1' } }],
        },
      },
    ]);
    expect(both.statusCode, both.body).toBe(200);
    expect(await seen('Binary/b-1')).toBe(404);
    await document('d-2', 'Binary/b-2', PSY);
    expect(await seen('Binary/b-2')).toBe(404);
    // New bytes do not open what the document closes.
    await binary('b-2');
    expect(await seen('Binary/b-2')).toBe(404);
  });
});
