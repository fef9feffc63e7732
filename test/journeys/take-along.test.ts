/** Leaving with everything, and coming in elsewhere with nothing lost (capabilities A12). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordDigest } from '../../src/conformance/index.ts';
import { ownPages } from '../../src/own-pages.ts';
import { bundleOf } from '../../src/web/person/take-along-routes.ts';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  condition,
  entry,
  letter,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let here: Gateway;
let there: Gateway;
const own = person(1);
const self = urn(own.bsn);

beforeAll(async () => {
  [here, there] = await Promise.all([openGateway(), openGateway()]);
  const sent = await here.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(own)),
      entry(urn('o'), observation('o', self)),
      entry(urn('c'), condition('c', self)),
      ...letter('brief', self),
    ]),
  );
  expect(sent.statusCode, sent.body).toBe(200);
});
afterAll(() => Promise.all([here.close(), there.close()]));

const recordAt = async (gateway: Gateway) =>
  ownPages(gateway.rooms).ownRecord(await vaultOf(gateway, own));

it('gives one file that an empty gateway takes in, and the record there is the same', async () => {
  const record = await recordAt(here);
  expect(record.length).toBeGreaterThanOrEqual(5);
  const file = bundleOf(record);
  // The same record is the same file, to the byte.
  expect(bundleOf((await recordAt(here)).toReversed())).toEqual(file);
  const taken = await there.send('epd-proef', file.toString('utf8'));
  expect(taken.statusCode, taken.body).toBe(200);
  const arrived = await recordAt(there);
  const digest = (all: typeof record) => recordDigest(all.map(({ resource }) => resource));
  expect(arrived.map(({ resource }) => resource.resourceType).toSorted()).toEqual(
    record.map(({ resource }) => resource.resourceType).toSorted(),
  );
  expect(digest(arrived)).toBe(digest(record));
  // Once more changes nothing.
  expect((await there.send('epd-proef', file.toString('utf8'))).statusCode).toBe(200);
  expect(digest(await recordAt(there))).toBe(digest(record));
});

it('takes in what several sources know of one person, each with a Patient of its own', async () => {
  const more = transaction([
    entry(urn('gp'), patientOf(own)),
    entry(urn('from-gp'), condition('from-gp', urn('gp'))),
  ]);
  expect((await here.send('epd-ander', more)).statusCode).toBe(200);
  const record = await recordAt(here);
  const patients = record.filter(({ resource }) => resource.resourceType === 'Patient');
  expect(patients).toHaveLength(2);
  const empty = await openGateway();
  try {
    const taken = await empty.send('epd-proef', bundleOf(record).toString('utf8'));
    expect(taken.statusCode, taken.body).toBe(200);
    const arrived = await recordAt(empty);
    const digest = (all: typeof record) => recordDigest(all.map(({ resource }) => resource));
    expect(digest(arrived)).toBe(digest(record));
  } finally {
    await empty.close();
  }
});
