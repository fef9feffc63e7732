/** The way in over HTTP: three clear answers, nothing twice, nothing lost, nobody mixed up. */
import { createHash, randomUUID } from 'node:crypto';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, HOSPITAL, openGateway } from '../support/gateway.ts';
import {
  entry,
  type Json,
  letter,
  observation,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
let number = 0;

beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

/** Somebody whom no other test knows. */
function somebody(): Person {
  number += 1;
  return person(100 + number);
}

const bundleOf = (one: Person, more: readonly Json[] = [], id?: string) =>
  transaction([entry(urn(`p${one.bsn}`), patientOf(one)), ...more], id);

const subjectOf = (one: Person) => urn(`p${one.bsn}`);

async function send(bundle: unknown, sender = 'epd-proef') {
  return gateway.send(sender, bundle);
}

async function quarantine(sender = 'epd-proef') {
  const token = await gateway.token(sender);
  const all: { id: string; state: string; reasons: string[]; issues: Json[] }[] = [];
  let after = '';
  do {
    const url = `/intake/${sender}/quarantine?limit=50${after}`;
    const page = (await gateway.ask(url, { token })).json();
    all.push(...page.items);
    after = page.next ? `&after=${encodeURIComponent(page.next)}` : '';
  } while (after !== '');
  return all;
}

/** All rows of a person, whoever is their custodian. */
async function rowsOf(one: Person) {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const epoch = await store.epoch(database, vault);
  return (await store.candidates(database, { vault, epoch, deletedToo: true })).rows;
}

const isKnown = (one: Person) =>
  gateway.rooms.store.findVault(gateway.rooms.database, { system: BSN_SYSTEM, value: one.bsn });

const idOf = (answer: LightMyRequestResponse): string =>
  String(answer.headers.location).split('/').at(-1) ?? '';

const issueOf = (answer: LightMyRequestResponse) => answer.json().issue?.[0];

describe('a body that is right', () => {
  it('is stored once and answered with a receipt and an entry for each entry', async () => {
    const one = somebody();
    const answer = await send(bundleOf(one, [entry(urn('o1'), observation('o1', subjectOf(one)))]));
    expect(answer.statusCode).toBe(200);
    const { entry: entries, type } = answer.json();
    expect(type).toBe('transaction-response');
    expect(entries).toHaveLength(2);
    expect(entries[1].response).toMatchObject({ status: '201 Created', etag: 'W/"1"' });
    expect(entries[1].response.location).toMatch(/\/fhir\/r4\/Observation\/[\w-]+\/_history\/1$/);
    const token = await gateway.token('epd-proef');
    const read = await gateway.ask(new URL(entries[1].response.location).pathname, { token });
    expect(read.statusCode).toBe(200);
    const url = `/intake/epd-proef/receipts/${idOf(answer)}`;
    const receipt = (await gateway.ask(url, { token })).json();
    expect(receipt).toMatchObject({ state: 'accepted', reasons: [] });
  });

  it('sent five times at once gives one record, one receipt and one original', async () => {
    const one = somebody();
    const bundle = bundleOf(one, [entry(urn('five'), observation('five', subjectOf(one)))], 'five');
    const { rows } = await originals();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => send(bundle)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect((await rowsOf(one)).map((row) => `${row.type} ${row.version}`).sort()).toEqual([
      'Observation 1',
      'Patient 1',
    ]);
    expect((await originals()).rows).toEqual([{ n: (rows[0]?.n ?? 0) + 1 }]);
  });

  it('sent again later gets the same receipt and writes nothing', async () => {
    const one = somebody();
    const bundle = bundleOf(one, [], 'again');
    const first = await send(bundle);
    const again = await send(bundle);
    expect(idOf(again)).toBe(idOf(first));
    expect(again.body).toBe(first.body);
    expect((await rowsOf(one)).map((row) => row.version)).toEqual([1]);
  });

  it('with the key of another body is a conflict and waits', async () => {
    const one = somebody();
    await send(bundleOf(one, [], 'key-1'));
    const other = bundleOf(one, [entry(urn('k'), observation('k', subjectOf(one)))], 'key-1');
    const answer = await send(other);
    expect(answer.statusCode).toBe(409);
    expect(issueOf(answer)).toMatchObject({ code: 'conflict' });
    expect((await quarantine()).map(({ reasons }) => reasons)).toContainEqual(['duplicate-key']);
    expect(await rowsOf(one)).toHaveLength(1);
  });

  it('with one key in two bodies at once: one is taken, the other refused', async () => {
    const one = somebody();
    const bodies = [1, 2, 3].map((count) => {
      const name = `race-${count}`;
      return bundleOf(one, [entry(urn(name), observation(name, subjectOf(one)))], 'race');
    });
    const answers = await Promise.all(bodies.map((body) => send(body)));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409, 409]);
  });

  it('about a new person, three at once, makes one record of the person', async () => {
    const one = somebody();
    const bodies = ['a', 'b', 'c'].map((name) =>
      bundleOf(one, [entry(urn(name), observation(`new-${name}`, subjectOf(one)))]),
    );
    const answers = await Promise.all(bodies.map((body) => send(body)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    expect(await rowsOf(one)).toHaveLength(4);
  });
});

const originals = () =>
  gateway.db.database.query<{ n: number }>('select count(*)::int as n from original');

describe('a body that is wrong', () => {
  it.each<[string, string, number]>([
    ['no JSON', '{"resourceType":"Bundle"', 400],
    ['no FHIR', '{"resourceType":"Nonsense"}', 422],
    ['a message of no known kind', 'hello', 400],
    [
      'nested too deeply',
      `${'{"resourceType":"Bundle","a":'.repeat(30_000)}1${'}'.repeat(30_000)}`,
      400,
    ],
    ['a bundle without entries', JSON.stringify(transaction([])), 422],
    ['a history', JSON.stringify({ ...transaction([entry('', {})]), type: 'history' }), 422],
  ])('%s is refused with the place, and waits', async (_name, body, status) => {
    const before = (await quarantine()).length;
    const answer = await send(body);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ resourceType: 'OperationOutcome' });
    expect(issueOf(answer).expression?.length ?? 0).toBeGreaterThan(0);
    expect((await quarantine()).length).toBe(before + 1);
  });

  it.each<[string, Json]>([
    ['a method that only asks', { method: 'GET', url: 'Observation' }],
    ['a patch', { method: 'PATCH', url: 'Observation/1' }],
    ['an address of another type', { method: 'PUT', url: 'Condition/1' }],
    ['an id that is none', { method: 'PUT', url: 'Observation/a b' }],
  ])('an entry with %s refuses the whole bundle', async (_name, request) => {
    const one = somebody();
    const answer = await send(
      bundleOf(one, [entry(urn('r'), observation('r', subjectOf(one)), request)]),
    );
    expect([400, 422]).toContain(answer.statusCode);
    expect(issueOf(answer).expression[0]).toMatch(/^Bundle\.entry\[1\]/);
    expect(await isKnown(one)).toBeUndefined();
  });

  it('is answered in XML when XML was sent', async () => {
    const answer = await gateway.send('epd-proef', '<Bundle xmlns="http://hl7.org/fhir"><nope/>', {
      mediaType: 'application/fhir+xml',
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toContain('application/fhir+xml');
    expect(answer.body).toMatch(/^<(\?xml|OperationOutcome)/);
  });

  it('without content is refused, and so is one beyond the limit', async () => {
    expect((await send('')).statusCode).toBe(400);
    const answer = await send(' '.repeat(56 * 1024 * 1024));
    expect(answer.statusCode).toBe(413);
  });

  it('says nothing of the patient in the outcome', async () => {
    const one = somebody();
    const bad = observation('x', subjectOf(one), { effectiveDateTime: `born ${one.bsn}` });
    const answer = await send(bundleOf(one, [entry(urn('x'), bad, { method: 'GET', url: 'x' })]));
    expect(answer.statusCode).toBe(422);
    expect(answer.body).not.toContain(one.bsn);
    expect(answer.body).not.toContain(one.family);
  });

  it('can be tried again, and is taken once what it waits for is there', async () => {
    const one = somebody();
    const own = { system: 'urn:test:own', value: one.bsn };
    const first = { ...patientOf(one), identifier: [own] };
    const held = await send(
      transaction([
        entry(subjectOf(one), first),
        entry(urn('w'), observation('w', subjectOf(one))),
      ]),
    );
    expect(held.statusCode).toBe(202);
    expect(held.json().entry[0].response.outcome.issue[0]).toMatchObject({
      details: { coding: [{ code: 'no-verified-identifier' }] },
    });
    const known = { ...patientOf(one), identifier: [{ system: BSN_SYSTEM, value: one.bsn }, own] };
    expect((await send(transaction([entry(subjectOf(one), known)]))).statusCode).toBe(200);
    expect(await rowsOf(one)).toHaveLength(1);
    const token = await gateway.token('epd-proef');
    const url = `/intake/epd-proef/quarantine/${idOf(held)}/replay`;
    const replayed = await gateway.ask(url, { token, method: 'POST' });
    expect(replayed.json()).toMatchObject({ id: idOf(held), state: 'accepted' });
    expect(await rowsOf(one)).toHaveLength(2);
    expect((await quarantine()).some(({ id }) => id === idOf(held))).toBe(false);
    const again = await gateway.ask(url, { token, method: 'POST' });
    expect(again.json()).toEqual(replayed.json());
  });
});

describe('what is held', () => {
  const withBsn = (one: Person, value: string, system = BSN_SYSTEM) => ({
    ...patientOf(one),
    identifier: [{ system, value }],
  });

  it.each<[string, (one: Person) => Json, string]>([
    [
      'no number at all',
      (one) => ({ ...patientOf(one), identifier: [] }),
      'no-verified-identifier',
    ],
    [
      'two numbers',
      (one) => ({
        ...patientOf(one),
        identifier: [one.bsn, somebody().bsn].map((value) => ({ system: BSN_SYSTEM, value })),
      }),
      'identifier-conflict',
    ],
  ])(
    '%s: answered 202 with the reason, and nothing of it is stored',
    async (_name, make, reason) => {
      const one = somebody();
      const answer = await send(transaction([entry(subjectOf(one), make(one))]));
      expect(answer.statusCode).toBe(202);
      expect(answer.body).toContain(reason);
      expect(await isKnown(one)).toBeUndefined();
    },
  );

  it('a known number with another birth date or name is held', async () => {
    const one = somebody();
    await send(bundleOf(one));
    for (const [wrong, reason] of [
      [{ ...one, birthDate: '1999-01-01' }, 'birth-date-mismatch'],
      [{ ...one, family: 'Heelanders' }, 'name-mismatch'],
    ] as const) {
      const answer = await send(transaction([entry(subjectOf(one), patientOf(wrong))]));
      expect(answer.statusCode).toBe(202);
      expect(answer.body).toContain(reason);
    }
    expect((await rowsOf(one)).map((row) => row.version)).toEqual([1]);
  });

  it('the number under its OID is the same number', async () => {
    const one = somebody();
    await send(bundleOf(one));
    const again = withBsn(one, one.bsn, 'urn:oid:2.16.840.1.113883.2.4.6.3');
    const more = observation('oid', subjectOf(one));
    const answer = await send(transaction([entry(subjectOf(one), again), entry(urn('oid'), more)]));
    expect(answer.statusCode).toBe(200);
    expect(await rowsOf(one)).toHaveLength(2);
  });

  it('sent five times at once is held once', async () => {
    const one = somebody();
    const nameless = { ...patientOf(one), identifier: [] };
    const bundle = transaction([entry(subjectOf(one), nameless)], 'held-once');
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => send(bundle)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([202]));
    const [id, ...more] = new Set(answers.map(idOf));
    expect(more).toEqual([]);
    expect((await quarantine()).filter((one) => one.id === id)).toHaveLength(1);
  });
});

describe('two people in one bundle', () => {
  it('are parted: each gets what is theirs, and each an original of their own', async () => {
    const [a, b] = [somebody(), somebody()];
    const answer = await send(
      transaction([
        entry(subjectOf(a), patientOf(a)),
        entry(subjectOf(b), patientOf(b)),
        entry(urn('ab-1'), observation('ab-1', subjectOf(a))),
        entry(urn('ab-2'), observation('ab-2', subjectOf(b), { subject: logical(b) })),
        ...letter(`ab-${a.bsn}`, subjectOf(a)),
        entry(urn('org'), { resourceType: 'Organization', name: 'Poli' }),
      ]),
    );
    expect(answer.statusCode).toBe(200);
    const types = async (one: Person) => (await rowsOf(one)).map((row) => row.type).sort();
    expect(await types(a)).toEqual([
      'Binary',
      'DocumentReference',
      'Observation',
      'Organization',
      'Patient',
    ]);
    expect(await types(b)).toEqual(['Observation', 'Organization', 'Patient']);
    const texts = (await rowsOf(b)).map((row) => row.bytes.toString('utf8')).join();
    expect(texts).not.toContain(a.bsn);
    const [row] = await rowsOf(b);
    const { rooms } = gateway;
    const original = await rooms.store.openOriginal(rooms.database, row?.originalId ?? '');
    expect(original.vault).toBe(await vaultOf(gateway, b));
    expect(original.bytes.toString('utf8')).not.toContain(a.bsn);
  });

  const logical = (one: Person) => ({ identifier: { system: BSN_SYSTEM, value: one.bsn } });

  it.each<[string, (a: Person, b: Person) => Json]>([
    ['by number', (_a, b) => observation('m', '', { subject: logical(b) })],
    ['by id', () => observation('m', 'Patient/somebody-else')],
    ['by address', () => observation('m', 'https://epd.example/fhir/Patient/7')],
    ['by a condition', (_a, b) => observation('m', `Patient?identifier=${BSN_SYSTEM}|${b.bsn}`)],
    ['by what is not in the bundle', () => observation('m', urn('nobody'))],
    ['twice', (a, b) => observation('m', subjectOf(a), { patient: logical(b) })],
  ])(
    'an entry about somebody whose Patient is not there, named %s, refuses all',
    async (_n, make) => {
      const [a, b] = [somebody(), somebody()];
      await send(bundleOf(b));
      const answer = await send(bundleOf(a, [entry(urn('m'), make(a, b))]));
      expect(answer.statusCode).toBe(422);
      expect(issueOf(answer).expression).toEqual(['Bundle.entry[1].resource']);
      expect(await isKnown(a)).toBeUndefined();
      expect(await rowsOf(b)).toHaveLength(1);
    },
  );

  it('an entry that could be of either is refused rather than guessed', async () => {
    const [a, b] = [somebody(), somebody()];
    const { subject: _subject, ...nobodys } = observation('n', '');
    const answer = await send(
      transaction([
        entry(subjectOf(a), patientOf(a)),
        entry(subjectOf(b), patientOf(b)),
        entry(urn('n'), nobodys),
      ]),
    );
    expect(answer.statusCode).toBe(422);
    expect(issueOf(answer).expression).toEqual(['Bundle.entry[2].resource']);
  });
});

describe('an update that says less', () => {
  it('keeps what is stored of the person, and replaces what it names', async () => {
    const one = somebody();
    await send(bundleOf({ ...one }, []));
    const { text: _text, ...rest } = patientOf(one);
    const shorter = { ...rest, gender: 'female' };
    delete (shorter as Json)['birthDate'];
    await send(transaction([entry(subjectOf(one), shorter)]));
    const [row] = await rowsOf(one);
    expect(row?.version).toBe(2);
    expect(JSON.parse(row?.bytes.toString('utf8') ?? '')).toMatchObject({
      birthDate: one.birthDate,
      gender: 'female',
    });
  });
});

describe('a document (ITI-65)', () => {
  type Change = Parameters<typeof letter>[2];
  const submissionOf = (one: Person) =>
    entry(urn(`set${one.bsn}`), {
      resourceType: 'List',
      status: 'current',
      mode: 'working',
      code: { coding: [{ code: 'submissionset' }] },
      subject: { reference: subjectOf(one) },
    });
  const evil = (text: string) => Buffer.from(`%PDF-1.4\n${text}\n%%EOF`, 'latin1');
  const at = 'Bundle.entry[1].resource.content[0].attachment';

  it.each<[string, Change, string]>([
    ['a hash of other bytes', { attachment: { hash: 'AAAA' } }, `${at}.hash`],
    ['another size', { attachment: { size: 3, hash: undefined } }, `${at}.size`],
    ['another content type', { attachment: { contentType: 'text/plain' } }, `${at}.contentType`],
    ['no Binary of that name', { attachment: { url: urn('none') } }, `${at}.url`],
    ['no address at all', { attachment: { url: undefined } }, `${at}.url`],
    ['an empty Binary', { binary: { data: '' } }, at],
    ['a Binary that is no base64', { binary: { data: '%%%not base64' } }, at],
    ['bytes that are no PDF', { bytes: Buffer.from('hello') }, at],
    ['a PDF with a script', { bytes: evil('<< /S /JavaScript /JS (x) >>') }, at],
    ['a script spelled otherwise', { bytes: evil('<< /S /J#61vaScript >>') }, at],
    ['a PDF that opens something', { bytes: evil('<< /OpenAction 1 0 R >>') }, at],
    ['a PDF with files inside', { bytes: evil('<< /EmbeddedFiles 1 0 R >>') }, at],
    ['no content', { document: { content: [] } }, 'Bundle.entry[1].resource.content'],
  ])('with %s is refused at that place, and nothing is stored', async (_name, change, place) => {
    const one = somebody();
    const letters = letter(one.bsn, subjectOf(one), change);
    const answer = await send(bundleOf(one, [...letters, submissionOf(one)]));
    expect(answer.statusCode).toBe(422);
    expect(issueOf(answer).expression).toEqual([place]);
    expect(await isKnown(one)).toBeUndefined();
  });

  it('of a type that is not accepted is refused', async () => {
    const one = somebody();
    const type = { contentType: 'application/zip' };
    const change = { attachment: type, binary: type };
    const answer = await send(bundleOf(one, letter('zip', subjectOf(one), change)));
    expect(answer.statusCode).toBe(422);
  });

  it('may hold names of actions in the bytes of a picture', async () => {
    const one = somebody();
    const bytes = evil('<< /Length 9 >>\nstream\n/AA /JS x\nendstream');
    const answer = await send(bundleOf(one, letter('pic', subjectOf(one), { bytes })));
    expect(answer.statusCode).toBe(200);
  });

  it('inside the DocumentReference (ITI-105) becomes a Binary of its own', async () => {
    const one = somebody();
    const bytes = Buffer.from('%PDF-1.4 pdfaid:part');
    const attachment = {
      url: undefined,
      data: bytes.toString('base64'),
      size: bytes.length,
      hash: createHash('sha1').update(bytes).digest('base64'),
    };
    const [document] = letter('in', subjectOf(one), { attachment });
    expect((await send(bundleOf(one, [document as Json]))).statusCode).toBe(200);
    const rows = await rowsOf(one);
    const found = rows.find((row) => row.type === 'DocumentReference');
    const [binary] = rows.filter((row) => row.type === 'Binary');
    expect(JSON.parse(String(found?.bytes)).content[0].attachment.url).toBe(`Binary/${binary?.id}`);
    const as = { type: 'DocumentReference', id: found?.id };
    expect(binary?.facts).toEqual({ ...found?.facts, id: binary?.id, type: 'Binary', as });
  });
});

describe('who may send', () => {
  it('nobody without a token of its own with the scope for sending', async () => {
    const call = async (sender: string, token?: string) =>
      gateway.ask(`/intake/${sender}`, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json' },
        ...(token === undefined ? {} : { token }),
      });
    const [own, partner] = [
      await gateway.token('epd-proef'),
      await gateway.token('partner-huisarts'),
    ];
    const bodies = new Set<string>();
    for (const answer of [
      await call('epd-proef', 'made-up'),
      await call('epd-ander', own),
      await call('bestaat-niet', own),
      await call('epd-proef', partner),
    ]) {
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
      bodies.add(answer.json().issue[0].severity);
    }
    expect((await call('epd-proef')).statusCode).toBe(401);
    expect(bodies.size).toBe(1);
    const { tokens, database } = gateway.rooms;
    const reading = await tokens.issue(database, {
      kind: 'sender',
      client: 'epd-proef',
      organisation: HOSPITAL.id,
      scope: 'system/*.read',
    });
    expect((await call('epd-proef', reading.token)).statusCode).toBe(403);
  });

  it('sees only its own receipts and quarantine', async () => {
    const one = somebody();
    const id = idOf(await send(bundleOf(one)));
    const token = await gateway.token('epd-ander');
    for (const url of [
      `/intake/epd-ander/receipts/${id}`,
      `/intake/epd-ander/receipts/${randomUUID()}`,
      '/intake/epd-ander/receipts/x',
    ]) {
      expect((await gateway.ask(url, { token })).statusCode).toBe(404);
    }
    const replay = `/intake/epd-ander/quarantine/${id}/replay`;
    expect((await gateway.ask(replay, { token, method: 'POST' })).statusCode).toBe(404);
    expect((await gateway.ask(`/intake/epd-proef/receipts/${id}`, { token })).statusCode).toBe(401);
  });

  it.each(['limit=0', 'limit=x', 'limit=9999', 'after=x', 'after=2026-01-01_x'])(
    'a page asked wrongly (%s) is 4xx',
    async (query) => {
      const token = await gateway.token('epd-proef');
      const answer = await gateway.ask(`/intake/epd-proef/quarantine?${query}`, { token });
      expect(answer.statusCode).toBeGreaterThanOrEqual(400);
      expect(answer.statusCode).toBeLessThan(500);
    },
  );
});
