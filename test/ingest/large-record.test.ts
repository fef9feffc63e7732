/** What a sender is told of a message of somebody with many thousands of resources. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FETCH_LIMITS } from '../../src/store/index.ts';
import { resourceOf } from '../store/records.ts';
import { type Gateway, HOSPITAL, openGateway } from '../support/gateway.ts';
import {
  entry,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
/** Of the message that came before the record grew. */
let receipt: string;
const one = person(241);
const subject = urn(`p${one.bsn}`);
const UNTIL = '2999-01-01T00:00:00Z';
const embargoed = {
  ...observation(`o-${one.bsn}`, subject),
  extension: [
    {
      url: 'https://zorgsluis.example/fhir/StructureDefinition/embargo-until',
      valueDateTime: UNTIL,
    },
  ],
};
const message = (id: string) =>
  transaction([entry(subject, patientOf(one)), entry(urn(`o-${id}`), embargoed)], id);

beforeAll(async () => {
  gateway = await openGateway();
  const first = await gateway.send('epd-proef', message('first'), {
    path: '',
    mediaType: 'application/fhir+json',
  });
  expect(first.statusCode, first.body.slice(0, 500)).toBe(200);
  receipt = first.json().id;
  const vault = await vaultOf(gateway, one);
  const { store, database } = gateway.rooms;
  const many = Array.from({ length: FETCH_LIMITS.rowsMax + 1 }, () =>
    resourceOf({ id: randomUUID(), custodian: HOSPITAL.id }),
  );
  await database.transaction((tx) => store.putMany(tx, vault, many));
}, 60_000);
afterAll(() => gateway.close());

it('says of a dry run who could see it: nobody what is under embargo', async () => {
  const how = { path: '?dryRun=true', mediaType: 'application/fhir+json' };
  const answer = await gateway.send('epd-proef', message('second'), how);
  expect(answer.statusCode).toBe(200);
  expect(answer.json().messages[0].visibleTo).toContainEqual({
    reader: 'patient',
    items: 1,
    of: 2,
  });
});

it('says of a delivery when it may be seen, after an embargo', async () => {
  const trail = await gateway.ask(`/intake/epd-proef/receipts/${receipt}/trail`, {
    token: await gateway.token('epd-proef'),
  });
  expect(trail.json()).toMatchObject({ available: new Date(UNTIL).toISOString() });
});
