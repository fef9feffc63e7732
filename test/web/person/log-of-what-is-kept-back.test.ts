/**
 * The own log reads as if what a source keeps back had not come in, on the page and in the file to
 * take along, until the day it may be known (capabilities B9, D4).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyInclusion } from '../../../src/audit/merkle.ts';
import type { AccessRequest } from '../../../src/permission/index.ts';
import {
  condition,
  entry,
  observation,
  patientOf,
  person,
  transaction,
  urn,
} from '../../support/people.ts';
import { get, loginAsPerson, newVisitor, openWebHouse, type WebHouse } from '../web-house.ts';

const EMBARGO = 'https://zorgsluis.example/fhir/StructureDefinition/embargo-until';
const one = person(233);
const self = urn(one.bsn);
const visitor = newVisitor();
let house: WebHouse;

const until = (ms: number) => ({
  extension: [{ url: EMBARGO, valueDateTime: new Date(Date.now() + ms).toISOString() }],
});

beforeAll(async () => {
  house = await openWebHouse();
  await house.receive(
    transaction([
      entry(self, patientOf(one)),
      entry(urn('c233'), condition('c233', self)),
      entry(urn('o233'), observation('o233', self, until(86_400_000))),
      entry(urn('p233'), observation('p233', self, until(-86_400_000))),
    ]),
  );
  await house.receive(
    transaction([
      entry(self, patientOf(one)),
      ...Array.from({ length: 120 }, (_none, at) =>
        entry(urn(`m${at}`), condition(`m${at}`, self)),
      ),
      entry(urn('z233'), observation('z233', self, until(86_400_000))),
    ]),
  );
  await loginAsPerson(house, visitor, one.bsn);
}, 120_000);
afterAll(() => house?.close());

interface File {
  readonly about: Record<'nl' | 'en', string>;
  readonly proof: string;
  readonly checkpoint: string;
  readonly total: number;
  readonly complete: boolean;
  readonly entries: readonly {
    readonly seq: number;
    readonly leafHash: string;
    readonly record: Record<string, unknown>;
  }[];
}

async function file() {
  const answer = await get(house, visitor, '/mij/meenemen/inzage.json');
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  return { text: answer.text(), told: JSON.parse(answer.text()) as File };
}

const conditions = async () =>
  (await get(house, visitor, '/mij/inzage')).text().match(/<dt>Stuurde<\/dt><dd>[^<]+/g) ?? [];

describe('what is kept back', () => {
  it('is not counted among what a source sent', async () => {
    const bundles = await conditions();
    // One message of three that may be known, one of 121: the lines of that day stand as one.
    expect(bundles).toEqual(['<dt>Stuurde</dt><dd>124 × onderdelen']);
  });

  it('is not named in the file of who looked', async () => {
    const { told } = await file();
    const sent = told.entries.filter(({ record }) => record['event'] === 'receive');
    expect(sent.map(({ record }) => record['counts'])).toEqual([{ items: 121 }, { items: 3 }]);
    const named = sent.flatMap(({ record }) => record['what'] as string[]);
    const held = await house.door.consent.own.heldBack(await vault(), ownAccess());
    expect(held.size).toBe(2);
    for (const item of held) expect(named.join()).not.toContain(item);
  });

  const vault = async () => (await house.door.consent.own.byBsn(one.bsn)) ?? '';
  const ownAccess = (): AccessRequest => ({
    ...{ id: 'r', correlationId: 'c', client: 'web', address: '::1', tokenId: 't' },
    ...{ actor: { kind: 'person' }, purpose: 'PATRQT', door: 'web' },
  });
});

describe('the file of who looked', () => {
  it('is itself a line, says whether it is whole, and what its digests are', async () => {
    const { told: before } = await file();
    const { told } = await file();
    expect(told).toMatchObject({ complete: true, total: before.total + 1 });
    expect(told.entries).toHaveLength(told.total);
    expect(told.entries[0]?.record).toMatchObject({
      ...{ event: 'log-export', query: '/mij/meenemen/inzage.json', released: before.total },
    });
    expect(told.about.nl).toContain('niet zelf narekenen');
    // With the proof that anyone may ask for, each digest leads to the signed root.
    const [, size, root] = told.checkpoint.split('\n');
    const { seq, leafHash } = told.entries.at(-1) ?? { seq: 0, leafHash: '' };
    const proof = told.proof.replace('{seq}', String(seq));
    expect(proof).toMatch(new RegExp(`seq=${seq}&size=${size}$`));
    const path = await house.door.ledger.inclusionProof(seq, Number(size));
    const steps = path.map((step) => Buffer.from(step, 'base64'));
    const leaf = Buffer.from(leafHash, 'hex');
    const place = {
      index: BigInt(seq),
      size: BigInt(size ?? 0),
      root: Buffer.from(root ?? '', 'base64'),
    };
    expect(verifyInclusion({ ...place, leaf, path: steps })).toBe(true);
  });
});
