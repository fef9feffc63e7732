/**
 * One message about several people, in each format: a part for each ends with that record, and the
 * sender gets the message back as it came (architecture D4, source-formats.md 2.7).
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { R4, readFhir, writeFhir } from '../../src/conformance/index.ts';
import { erasePerson } from '../../src/consent/index.ts';
import { toldCheck } from '../../src/ingest/index.ts';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  entry,
  observation,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';
import { batch, dispense, dispenseSubject, line, message, soap } from './hl7v3/own-messages.ts';

let gateway: Gateway;
let number = 100;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const three = (): readonly [Person, Person, Person] => {
  number += 3;
  return [person(number), person(number + 1), person(number + 2)];
};

/** Ids of messages say nothing of anybody in them. */
const idOf = (people: readonly Person[]) => people[0]?.family.replace('Proefman', 'M') ?? '';

const list = (who: Person, id: string) =>
  dispenseSubject(who.bsn, dispense(id, line('1 tablet', '<effectiveTime nullFlavor="NI"/>')));

const pushed = ([a, b, c]: readonly Person[]) => {
  const self = (one: Person | undefined) => urn(`p${one?.bsn}`);
  return transaction([
    ...[a, b, c].flatMap((one) => (one ? [entry(self(one), patientOf(one))] : [])),
    entry(urn(`o-${a?.bsn}`), observation(`x "}],[{ ${a?.bsn}`, self(a))),
    entry(urn('org'), { resourceType: 'Organization', name: 'Poli, "de entry": [' }),
    entry(urn(`o-${c?.bsn}`), observation(`y-${c?.bsn}`, self(c))),
    entry(urn(`q-${a?.bsn}`), observation(`z-${a?.bsn}`, self(a))),
  ]);
};

const segments = (who: Person) => [
  `PID|1||${who.bsn}^^^NLMINBIZA^NNNLD||${who.family}^T||19700301|F`,
  `OBR|1||F-${who.bsn}^LIS|K^Kalium^L|||20260302080000`,
  'OBX|1|NM|2823-3^Kalium^LN||4.1|mmol/l|||||F',
];

const xml = (bundle: unknown) => {
  const bytes = Buffer.from(JSON.stringify(bundle));
  const parsed = readFhir(bytes, { format: 'json', version: R4 });
  return writeFhir(parsed, { format: 'xml', version: R4 }).toString('utf8');
};

const hl7v3 = (people: readonly Person[]) =>
  message(
    'QURX_IN990113NL',
    people.flatMap((one) => [list(one, `1-${one.bsn}`), list(one, `2-${one.bsn}`)]).join('\n'),
    { id: `v3-${idOf(people)}` },
  );

const FHIR_JSON = 'application/fhir+json; fhirVersion=4.0';
const FHIR_XML = 'application/fhir+xml; fhirVersion=4.0';

async function receiptOf({ headers }: { readonly headers: Record<string, unknown> }) {
  const id = String(headers['location']).split('/').at(-1) ?? '';
  const token = await gateway.token('epd-proef');
  return (await gateway.ask(`/intake/epd-proef/receipts/${id}`, { token })).json();
}

/** Everything of the sender again from what is kept. */
async function mappedAgain() {
  const { clients, organisations, senders, intake } = gateway.rooms;
  const client = await clients.byId('epd-proef');
  const organisation = await organisations.byId(client?.organisationId ?? '');
  if (!client || !organisation) throw new Error('no sender');
  const overlay = senders.overlayOf('epd-proef', 'epd-proef');
  return intake.remap({ client, organisation, overlay }, { apply: false, requestId: 'again' });
}

describe.each<[string, string, (people: readonly Person[]) => string | Buffer]>([
  ['FHIR in JSON', FHIR_JSON, (people) => JSON.stringify(pushed(people))],
  ['FHIR in JSON on many lines', FHIR_JSON, (people) => JSON.stringify(pushed(people), null, 2)],
  ['FHIR in XML', FHIR_XML, (people) => xml(pushed(people))],
  ['FHIR in XML, marked', FHIR_XML, (people) => `\uFEFF${xml(pushed(people))}`],
  ['HL7v3', 'application/xml', hl7v3],
  ['HL7v3 in an envelope, CR LF', 'application/xml', (p) => soap(hl7v3(p)).replace(/\n/g, '\r\n')],
  [
    'HL7v3 with letters of two bytes before and after',
    'application/xml',
    (people) =>
      hl7v3(people)
        .replaceAll('De Linde', 'De Líndè €')
        .replace('<queryAck>', '<!-- ë --><queryAck>'),
  ],
  [
    'HL7v3 in windows-1252',
    'application/xml',
    (people) =>
      Buffer.from(
        hl7v3(people).replace('UTF-8', 'iso-8859-1').replaceAll('De Linde', 'De Líndè'),
        'latin1',
      ),
  ],
  [
    'HL7v3 in UTF-16',
    'application/xml',
    (people) => Buffer.from(`\uFEFF${hl7v3(people).replace('UTF-8', 'UTF-16')}`, 'utf16le'),
  ],
  [
    'HL7v3 in UTF-16 with the high byte first',
    'application/xml',
    (people) =>
      Buffer.from(`\uFEFF${hl7v3(people).replace('UTF-8', 'UTF-16')}`, 'utf16le').swap16(),
  ],
  [
    'a batch of HL7v3',
    'application/xml',
    (people) =>
      batch(
        ...people.map((one) => message('QURX_IN990113NL', list(one, one.bsn), { id: idOf([one]) })),
      ).replace('batch-1', `batch-${idOf(people)}`),
  ],
  [
    'HL7 v2',
    'application/hl7-v2',
    (people) =>
      [
        `MSH|^~\\&|EPD|PROEF|G|R|20260302100000||ORU^R01|M${idOf(people)}|P|2.5`,
        ...people.flatMap(segments),
      ].join('\r'),
  ],
  [
    'HL7 v2 in a batch, LF',
    'application/hl7-v2',
    (people) =>
      [
        'BHS|^~\\&|EPD',
        `MSH|^~\\&|EPD|PROEF|G|R|20260302100000||ORU^R01|N${idOf(people)}|P|2.5`,
        ...people.slice(0, 2).flatMap(segments),
        `MSH|^~\\&|EPD|PROEF|G|R|20260302100000||ORU^R01|O${idOf(people)}|P|2.5`,
        ...people.slice(2).flatMap(segments),
        'BTS|2',
        '',
      ].join('\n'),
  ],
])('%s about three people', (_name, mediaType, make) => {
  it('has a part for each, comes back as it was sent, and ends person by person', async () => {
    const people = three();
    const body = Buffer.from(make(people));
    const sent = await gateway.send('epd-proef', body, { path: '', mediaType });
    expect(sent.statusCode, sent.body).toBe(200);
    const receipt = await receiptOf(sent);
    const { rooms } = gateway;
    const { database, store, intake } = rooms;
    const delivery = await intake.deliveries.find(database, 'epd-proef', receipt.id);
    if (!delivery) throw new Error('the delivery is gone');
    const parts = await store.partsOfOriginal(database, delivery.original);
    expect(parts).toHaveLength(3);
    for (const [at, id] of parts.entries()) {
      const { bytes } = await store.openOriginal(database, id);
      const wide = bytes[0] === 0xfe ? Buffer.from(bytes).swap16() : bytes;
      const text = wide.toString(wide[0] === 0xff ? 'utf16le' : 'latin1');
      const named = people.filter(({ bsn }) => text.includes(bsn));
      expect(named, `part ${at}`).toEqual([people[at]]);
    }
    const token = await gateway.token('epd-proef');
    const path = `/intake/epd-proef/receipts/${receipt.id}/original`;
    const back = await gateway.ask(path, { token });
    expect(back.rawPayload.equals(body)).toBe(true);
    expect(createHash('sha256').update(back.rawPayload).digest('hex')).toBe(receipt.sha256);

    expect(await mappedAgain()).toMatchObject({ changed: 0, added: 0, refused: 0 });
    await erasePerson(rooms, people[1].bsn, 'test');
    expect((await gateway.ask(path, { token })).statusCode).toBe(404);
    expect(await store.partsOfOriginal(database, delivery.original)).toHaveLength(2);
    expect(await mappedAgain()).toMatchObject({ changed: 0, added: 0, refused: 0 });
  });
});

it('are not said to be taken out when the record of one of them ended', async () => {
  const { database, store, ledger, clock } = gateway.rooms;
  const { hear, findings } = toldCheck(database, store);
  const until = new Date(clock().getTime() + 1_000);
  for await (const line of ledger.lines(new Date(0), until)) await hear(line);
  expect(await findings()).toEqual([]);
});

it('an answer that repeats the question about one of them is kept whole', async () => {
  const people = three();
  const asked = `<queryByParameter><parameterList><patientID><value extension="${people[0].bsn}"/>`;
  const body = hl7v3(people).replace(
    '</ControlActProcess>',
    `${asked}</patientID></parameterList></queryByParameter></ControlActProcess>`,
  );
  const sent = await gateway.send('epd-proef', body, { path: '', mediaType: 'application/xml' });
  expect(sent.statusCode, sent.body).toBe(200);
  const { database, store, intake } = gateway.rooms;
  const delivery = await intake.deliveries.find(database, 'epd-proef', (await receiptOf(sent)).id);
  expect(await store.partsOfOriginal(database, delivery?.original ?? '')).toEqual([]);
});

it('a message id that came with several people does not come again with another', async () => {
  const [a, b, c] = three();
  const send = (...people: Person[]) =>
    gateway.send('epd-proef', hl7v3(people).replace(/v3-M\d+/, `twice-${idOf([a])}`), {
      ...{ path: '', mediaType: 'application/xml' },
    });
  expect((await send(a, b)).statusCode).toBe(200);
  expect((await send(c)).statusCode).toBe(409);
});
