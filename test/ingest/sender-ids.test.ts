/** Ids that senders choose (PUT): of their own, of one person at a time, with versions. */
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, OTHER_HOSPITAL, openGateway } from '../support/gateway.ts';
import {
  entry,
  type Json,
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
  return person(180 + number);
}

const bundleOf = (one: Person, more: readonly Json[] = []) =>
  transaction([entry(urn(`p${one.bsn}`), patientOf(one)), ...more]);
const subjectOf = (one: Person) => urn(`p${one.bsn}`);
const send = (bundle: unknown, sender = 'epd-proef') => gateway.send(sender, bundle);
const issueOf = (answer: LightMyRequestResponse) => answer.json().issue?.[0];

async function rowsOf(one: Person) {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const epoch = await store.epoch(database, vault);
  return (await store.candidates(database, { vault, epoch, deletedToo: true })).rows;
}

interface Kept {
  readonly id: string;
  readonly reasons: readonly string[];
}

async function quarantine(): Promise<Kept[]> {
  const token = await gateway.token('epd-proef');
  const page = await gateway.ask('/intake/epd-proef/quarantine?limit=50', { token });
  return page.json<{ items: Kept[] }>().items;
}

describe('ids that senders give', () => {
  const put = (type: string, id: string) => ({ method: 'PUT', url: `${type}/${id}` });

  it('are of their own: another sender with the same id reaches nothing', async () => {
    const [a, b] = [somebody(), somebody()];
    const at = (one: Person, value: number) =>
      bundleOf(one, [
        entry(
          urn('put'),
          observation('put', subjectOf(one), { id: 'shared-id', valueQuantity: { value } }),
          put('Observation', 'shared-id'),
        ),
      ]);
    expect((await send(at(a, 1), 'epd-proef')).statusCode).toBe(200);
    expect((await send(at(b, 2), 'epd-ander')).statusCode).toBe(200);
    const rows = [...(await rowsOf(a)), ...(await rowsOf(b))];
    const seen = rows.filter((row) => row.id === 'shared-id');
    expect(seen.map((row) => [row.custodian, row.version])).toEqual([
      [HOSPITAL.id, 1],
      [OTHER_HOSPITAL.id, 1],
    ]);
  });

  it('are not used for another person while the first one has them, and can be after', async () => {
    const [a, b] = [somebody(), somebody()];
    const at = (one: Person) =>
      bundleOf(one, [
        entry(
          urn('move'),
          observation('move', subjectOf(one), { id: 'moved-id' }),
          put('Observation', 'moved-id'),
        ),
      ]);
    expect((await send(at(a))).statusCode).toBe(200);
    const refused = await send(at(b));
    expect([refused.statusCode, issueOf(refused).details.coding[0].code]).toEqual([
      409,
      'other-record',
    ]);
    expect(refused.body).not.toContain(a.family);
    const kept = (await quarantine()).filter(({ reasons }) => reasons.includes('other-record'));
    expect(kept).toHaveLength(1);
    const gone = { request: { method: 'DELETE', url: 'Observation/moved-id' } };
    expect((await send(bundleOf(a, [gone]))).statusCode).toBe(200);
    const replayed = await gateway.ask(`/intake/epd-proef/quarantine/${kept[0]?.id}/replay`, {
      token: await gateway.token('epd-proef'),
      method: 'POST',
    });
    expect(replayed.statusCode, replayed.body).toBe(200);
    const moved = async (one: Person) =>
      (await rowsOf(one))
        .filter((row) => row.id === 'moved-id')
        .map((row) => [row.version, row.deleted]);
    expect([await moved(a), await moved(b)]).toEqual([[[2, true]], [[1, false]]]);
    expect((await rowsOf(a)).map((row) => String(row.bytes)).join()).not.toContain(b.family);
  });

  it('a PUT replaces, and a DELETE leaves a tombstone', async () => {
    const one = somebody();
    const version = (value: number) =>
      bundleOf(one, [
        entry(
          urn('v'),
          observation('v', subjectOf(one), { id: `v-${one.bsn}`, valueQuantity: { value } }),
          put('Observation', `v-${one.bsn}`),
        ),
      ]);
    await send(version(1));
    await send(version(2));
    const gone = { request: { method: 'DELETE', url: `Observation/v-${one.bsn}` } };
    expect((await send(bundleOf(one, [gone]))).statusCode).toBe(200);
    const [row] = (await rowsOf(one)).filter((row) => row.type === 'Observation');
    expect(row).toMatchObject({ version: 3, deleted: true });
  });
});
