/** Searches and histories over resources that hold documents in themselves. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { patientOf, person } from '../support/people.ts';

// Some hundred megabytes go back and forth.
vi.setConfig({ testTimeout: 120_000 });

let gateway: Gateway;
let sender: string;

const JSON_TYPE = { 'content-type': 'application/fhir+json' };
const IDS = Array.from({ length: 4 }, (_value, nth) => `scan-${nth}`);
/** In base64 five million letters: three of them are a page. */
const dataOf = new Map(IDS.map((id) => [id, randomBytes(4_200_000).toString('base64')]));

const documentOf = (id: string, data: string, description = 'Scan') => ({
  resourceType: 'DocumentReference',
  id,
  status: 'current',
  description,
  subject: { reference: 'Patient/large-one' },
  content: [{ attachment: { contentType: 'application/pdf', data } }],
});

const get = (path: string, headers: Record<string, string> = {}) =>
  gateway.ask(`/fhir/${path}`, { token: sender, headers });
const put = (path: string, resource: object) =>
  gateway.ask(`/fhir/${path}`, {
    token: sender,
    method: 'PUT',
    headers: JSON_TYPE,
    body: JSON.stringify(resource),
  });

interface Given {
  readonly resourceType: string;
  readonly id: string;
  readonly content: { readonly attachment: { readonly data: string } }[];
}
interface Page {
  readonly total?: number;
  readonly entry?: { readonly resource: Given; readonly search?: { readonly mode: string } }[];
  readonly link: { readonly relation: string; readonly url: string }[];
}

/** All pages, each a Bundle. */
async function pagesOf(path: string): Promise<Page[]> {
  const pages: Page[] = [];
  for (let next = path; next !== ''; ) {
    const answer = await get(next);
    expect(answer.statusCode, answer.body.slice(0, 500)).toBe(200);
    const page: Page = answer.json();
    pages.push(page);
    const url = page.link.find(({ relation }) => relation === 'next')?.url ?? '';
    next = url.replace(/^.*\/fhir\//, '');
    expect(pages.length).toBeLessThan(20);
  }
  return pages;
}
const given = (pages: readonly Page[]): Given[] =>
  pages.flatMap(({ entry = [] }) => entry.map(({ resource }) => resource));
const documentsIn = (pages: readonly Page[]) =>
  given(pages).filter(({ resourceType }) => resourceType === 'DocumentReference');

beforeAll(async () => {
  gateway = await openGateway();
  sender = await gateway.token('epd-proef');
  const patient = { ...patientOf(person(171)), id: 'large-one' };
  expect((await put('r4/Patient/large-one', patient)).statusCode).toBe(201);
  for (const [id, data] of dataOf) {
    const made = await put(`r4/DocumentReference/${id}`, documentOf(id, data));
    expect(made.statusCode, made.body.slice(0, 500)).toBe(201);
  }
}, 60_000);
afterAll(() => gateway.close());

describe('a search over documents', () => {
  const SEARCH = 'DocumentReference?subject=Patient/large-one&_count=50';

  it.each([
    ['r4', 1],
    ['r4', 2],
    ['stu3', 1],
  ])('gives pages of some, and each whole and once (%s, time %i)', async (version) => {
    const pages = await pagesOf(`${version}/${SEARCH}`);
    expect(pages.map(({ entry }) => entry?.length)).toEqual([3, 1]);
    expect(new Set(pages.map(({ total }) => total))).toEqual(new Set([4]));
    const documents = documentsIn(pages);
    expect(documents.map(({ id }) => id).toSorted()).toEqual(IDS);
    for (const { id, content } of documents) {
      expect(content[0]?.attachment.data === dataOf.get(id), id).toBe(true);
    }
  });

  it('counts them', async () => {
    expect((await get(`r4/${SEARCH}&_summary=count`)).json()).toMatchObject({ total: 4 });
  });

  it('gives fewer matches where what they include is large', async () => {
    const pages = await pagesOf('r4/Patient?_id=large-one&_revinclude=DocumentReference:subject');
    expect(documentsIn(pages)).toHaveLength(4);
    const each = await pagesOf(`r4/${SEARCH}&_include=DocumentReference:subject`);
    expect(documentsIn(each)).toHaveLength(4);
    for (const { entry = [] } of each) {
      expect(entry.filter(({ search }) => search?.mode === 'include')).toHaveLength(1);
    }
  });

  it('gives all matches at once that include the same large one', async () => {
    const one = (id: string) => ({
      resourceType: 'Observation',
      id,
      status: 'final',
      code: { text: 'gemeten' },
      subject: { reference: 'Patient/large-one' },
      derivedFrom: [{ reference: 'DocumentReference/larger' }],
    });
    const larger = documentOf('larger', randomBytes(13_500_000).toString('base64'));
    expect((await put('r4/DocumentReference/larger', larger)).statusCode).toBe(201);
    for (const id of ['m-1', 'm-2', 'm-3']) await put(`r4/Observation/${id}`, one(id));
    const found = 'Observation?subject=Patient/large-one&_include=Observation:derived-from';
    const pages = await pagesOf(`r4/${found}`);
    expect(pages.map(({ entry }) => entry?.length)).toEqual([4]);
    await gateway.ask('/fhir/r4/DocumentReference/larger', { token: sender, method: 'DELETE' });
  });

  it('says of a condition that two of them fit that they are two', async () => {
    const named = 'DocumentReference?subject=Patient/large-one&status=current';
    const two = await gateway.ask(`/fhir/r4/${named}`, {
      token: sender,
      method: 'PUT',
      headers: JSON_TYPE,
      body: JSON.stringify({ ...documentOf('', 'QUJD'), id: undefined }),
    });
    expect(two.statusCode).toBe(412);
  });

  it('comes a few times in one batch, then has to be asked for by itself', async () => {
    const entry = Array.from({ length: 12 }, () => ({ request: { method: 'GET', url: SEARCH } }));
    const answer = await gateway.ask('/fhir/r4', {
      token: sender,
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry }),
    });
    const states = (answer.json().entry as { response: { status: string } }[]).map(({ response }) =>
      response.status.slice(0, 3),
    );
    expect(states[0]).toBe('200');
    expect(states.at(-1)).toMatch(/^4/);
  });
});

describe('versions of a document', () => {
  it('come in pages of some, each with its own content, and one by one', async () => {
    const [first = '', second = '', third = '', fourth = ''] = dataOf.values();
    const all = [first, second, third, fourth];
    for (const data of all) await put('r4/DocumentReference/often', documentOf('often', data));
    const pages = await pagesOf('r4/DocumentReference/often/_history');
    expect(pages.map(({ entry }) => entry?.length)).toEqual([3, 1]);
    const contents = given(pages).map(({ content }) => content[0]?.attachment.data);
    expect(contents.map((data) => all.indexOf(data ?? ''))).toEqual([3, 2, 1, 0]);
    for (const [at, data] of all.entries()) {
      const one = await get(`r4/DocumentReference/often/_history/${at + 1}`);
      expect(one.json<Given>().content[0]?.attachment.data === data).toBe(true);
    }
  });
});
