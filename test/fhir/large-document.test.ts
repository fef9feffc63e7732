/** Documents of megabytes: sent in pieces, and the same whichever way they are asked for. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TURNS } from '../../src/platform/large-turns.ts';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { patientOf, person } from '../support/people.ts';

let gateway: Gateway;
let sender: string;
const ADDRESS = 'r4/Binary/large';
const DOCUMENT = randomBytes(3_000_000);

const get = (path: string, headers: Record<string, string> = {}, method?: 'HEAD') =>
  gateway.ask(`/fhir/${path}`, { token: sender, headers, ...(method ? { method } : {}) });

const send = (path: string, contentType: string, body: Buffer | string) =>
  gateway.ask(`/fhir/${path}`, {
    token: sender,
    method: 'PUT',
    headers: { 'content-type': contentType, 'x-security-context': 'Patient/large-one' },
    body,
  });

beforeAll(async () => {
  gateway = await openGateway();
  sender = await gateway.token('epd-proef');
  const patient = { ...patientOf(person(171)), id: 'large-one' };
  await send('r4/Patient/large-one', 'application/fhir+json', JSON.stringify(patient));
  const made = await send(ADDRESS, 'application/dicom', DOCUMENT);
  expect(made.statusCode, made.body.slice(0, 500)).toBe(201);
});
afterAll(() => gateway.close());

describe('a document of three megabytes', () => {
  it.each([1, 2])('comes back as it was sent (time %i)', async () => {
    const raw = await get(ADDRESS);
    expect(raw.headers['content-type']).toBe('application/dicom');
    expect(raw.rawPayload.equals(DOCUMENT)).toBe(true);
  });

  it.each(['r4', 'stu3'])('is a resource in JSON and in XML (%s)', async (version) => {
    const member = version === 'r4' ? 'data' : 'content';
    const json = await get(`${version}/Binary/large`, { accept: 'application/fhir+json' });
    expect(json.json()).toMatchObject({
      resourceType: 'Binary',
      id: 'large',
      contentType: 'application/dicom',
      securityContext: { reference: 'Patient/large-one' },
      [member]: DOCUMENT.toString('base64'),
    });
    expect(json.headers.etag).toBe('W/"1"');
    const xml = await get(`${version}/Binary/large`, { accept: 'application/fhir+xml' });
    expect(xml.body).toContain(`<${member} value="${DOCUMENT.toString('base64')}"/>`);
  });

  it('answers HEAD without it, and 304 to whoever has it', async () => {
    const head = await get(ADDRESS, { accept: 'application/fhir+json' }, 'HEAD');
    expect([head.statusCode, head.body]).toEqual([200, '']);
    expect((await get(ADDRESS, { 'if-none-match': 'W/"1"' })).statusCode).toBe(304);
  });

  it.each(['r4', 'stu3'])(
    'comes so often in one answer, then has to be asked for by itself (%s)',
    async (version) => {
      const entry = Array.from({ length: 30 }, () => ({
        request: { method: 'GET', url: 'Binary/large' },
      }));
      const answer = await gateway.ask(`/fhir/${version}`, {
        token: sender,
        method: 'POST',
        headers: { 'content-type': 'application/fhir+json' },
        body: JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry }),
      });
      const given = (answer.json().entry as { response: { status: string } }[]).map(
        ({ response }) => response.status.slice(0, 3),
      );
      expect(new Set(given.slice(0, 20))).toEqual(new Set(['200']));
      expect(given.at(-1)).toMatch(/^4/);
    },
  );

  it('keeps its turn until it was sent, also where it is converted', async () => {
    await send('r4/Binary/larger', 'application/dicom', randomBytes(4_000_000));
    const endings = async (path: string) => {
      const end = vi.fn();
      const take = vi.spyOn(TURNS.goingOut, 'take').mockResolvedValue(end);
      await get(path, { accept: 'application/fhir+json' });
      take.mockRestore();
      return end.mock.calls.length;
    };
    const asItLies = await endings('r4/Binary/larger');
    expect(await endings('stu3/Binary/larger')).toBe(asItLies);
    // What is small ends it as soon as that is seen.
    expect(await endings(ADDRESS)).toBe(asItLies + 1);
  });

  it('comes whole to twenty at once', async () => {
    const asked = Array.from({ length: 20 }, () => get(ADDRESS));
    for (const { statusCode, rawPayload } of await Promise.all(asked)) {
      expect([statusCode, rawPayload.equals(DOCUMENT)]).toEqual([200, true]);
    }
  });

  it('is the new one once it was replaced, and the old one as a version', async () => {
    const later = Buffer.concat([DOCUMENT, Buffer.from('more')]);
    await get(ADDRESS);
    expect((await send(ADDRESS, 'application/dicom', later)).statusCode).toBe(200);
    expect((await get(ADDRESS)).rawPayload.equals(later)).toBe(true);
    const before = await get(`${ADDRESS}/_history/1`, { accept: 'application/fhir+json' });
    expect(before.json().data).toBe(DOCUMENT.toString('base64'));
  });

  it('is never half the one and half the other while it is replaced', async () => {
    const [a, b] = [Buffer.alloc(3_000_000, 'a'), Buffer.alloc(3_000_000, 'b')].map((text) =>
      Buffer.concat([text, randomBytes(2_000_000)]),
    );
    const writes = [a, b, a, b].map((body) => send(ADDRESS, 'application/dicom', body as Buffer));
    const reads = Array.from({ length: 12 }, () => get(ADDRESS));
    const written = await Promise.all(writes);
    expect(written.every(({ statusCode }) => [200, 409, 503].includes(statusCode))).toBe(true);
    for (const { statusCode, rawPayload } of await Promise.all(reads)) {
      if (statusCode === 503) continue;
      const isOne = [a, b].some((one) => one && rawPayload.equals(one));
      expect(isOne || rawPayload.length === DOCUMENT.length + 4).toBe(true);
    }
  });
});

describe('a record with documents in its resources', () => {
  const data = Buffer.alloc(6_000_000, 'text').toString('base64');
  const ids = ['scan-1', 'scan-2', 'scan-3', 'scan-4'];

  beforeAll(async () => {
    for (const id of ids) {
      const document = {
        resourceType: 'DocumentReference',
        id,
        status: 'current',
        subject: { reference: 'Patient/large-one' },
        content: [{ attachment: { contentType: 'text/plain', data } }],
      };
      const body = JSON.stringify(document);
      const made = await send(`r4/DocumentReference/${id}`, 'application/fhir+json', body);
      expect(made.statusCode).toBe(201);
    }
  });

  interface Page {
    readonly entry?: {
      readonly resource: { readonly resourceType: string; readonly id: string };
    }[];
    readonly link: { readonly relation: string; readonly url: string }[];
  }

  it.each([1, 2])('comes in pages of fewer, and each of it once (time %i)', async () => {
    const seen: string[] = [];
    let path = 'r4/Patient/large-one/$everything?_count=50';
    for (let pages = 0; path !== ''; pages += 1) {
      expect(pages).toBeLessThan(6);
      const page: Page = (await get(path)).json();
      expect(page.entry?.length).toBeLessThanOrEqual(3);
      for (const { resource } of page.entry ?? []) {
        if (resource.resourceType === 'DocumentReference') seen.push(resource.id);
      }
      const next = page.link.find(({ relation }) => relation === 'next')?.url ?? '';
      path = next.replace(/^.*\/fhir\//, '');
    }
    expect(seen.toSorted()).toEqual(ids);
  });

  it('comes whole without pages', async () => {
    const page: Page = (await get('r4/Patient/large-one/$everything')).json();
    const found = (page.entry ?? []).flatMap(({ resource }) =>
      resource.resourceType === 'DocumentReference' ? [resource.id] : [],
    );
    expect(found.toSorted()).toEqual(ids);
  });
});
