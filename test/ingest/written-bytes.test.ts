/** A large message is written part by part: what stands in the record is the same. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WRITTEN_AT_ONCE_MAX } from '../../src/ingest/written-bytes.ts';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { entry, observation, patientOf, person, transaction, urn } from '../support/people.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

it.each([
  ['4.0', 'r4'],
  ['3.0', 'stu3'],
])(
  'keeps every resource of a large transaction in FHIR %s',
  { timeout: 60_000 },
  async (v, door) => {
    const subject = urn(`large-${v}`);
    const count = WRITTEN_AT_ONCE_MAX + 20;
    const weights = Array.from({ length: count }, (_none, at) =>
      entry(urn(`${v}-${at}`), observation(`${v}-${at}`, subject, { comment: undefined })),
    );
    const one = person(v === '4.0' ? 176 : 177);
    const bundle = transaction([entry(subject, patientOf(one)), ...weights]);
    const mediaType = `application/fhir+json; fhirVersion=${v}`;
    const sent = await gateway.send('epd-proef', bundle, { mediaType });
    expect(sent.statusCode, sent.body.slice(0, 300)).toBe(200);
    const answers = sent.json<{ entry: { response: { status: string; location: string } }[] }>();
    expect(answers.entry.filter(({ response }) => response.status === '201 Created')).toHaveLength(
      count + 1,
    );
    const token = await gateway.token('epd-proef');
    const last = new URL(answers.entry.at(-1)?.response.location ?? '').pathname;
    const read = await gateway.ask(last, { token });
    expect(read.statusCode, read.body).toBe(200);
    expect(read.json()).toMatchObject({
      identifier: [{ value: `${v}-${count - 1}` }],
      valueQuantity: { value: 70, code: 'kg' },
    });
    const patient = read.json<{ subject: { reference: string } }>().subject.reference;
    const found = await gateway.ask(`/fhir/${door}/Observation?patient=${patient}&_summary=count`, {
      token,
    });
    expect(found.json<{ total: number }>().total).toBe(count);
    // Sent again it is the same: no version more.
    const again = await gateway.send('epd-proef', { ...bundle, id: 'again' }, { mediaType });
    const statuses = new Set(
      again.json<typeof answers>().entry.map(({ response }) => response.status),
    );
    expect([...statuses]).toEqual(['200 OK']);
  },
);
