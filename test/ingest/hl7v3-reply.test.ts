/** Pharmacies and GPs hear HL7v3 back: accepted, wrong with its place, twice, and later again. */
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replyInHl7v3 } from '../../src/ingest/hl7v3-reply.ts';
import { Problem } from '../../src/platform/problem.ts';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { person } from '../support/people.ts';
import {
  dispense,
  dispenseSubject,
  dose,
  during,
  line,
  message,
  soap,
} from './hl7v3/own-messages.ts';

let gateway: Gateway;
let number = 1;

beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const week = '<low value="20260115"/><width value="7" unit="d"/>';

/** A dispense list of somebody whom no other test knows. */
function question(id: string, name = 'd-1', bsn = person(number++).bsn): string {
  const daily = during(week, '<period value="1" unit="d"/>');
  const event = dispense(name, line('1 maal per dag 1 tablet', daily, dose('1')));
  return message('QURX_IN990113NL', dispenseSubject(bsn, event), { id });
}

const send = (xml: string, headers: Record<string, string> = { accept: '*/*' }) =>
  gateway.send('epd-proef', xml, { mediaType: 'text/xml; charset=utf-8', path: '', headers });

const typeCode = (xml: string) => /<acknowledgement typeCode="(\w+)"/.exec(xml)?.[1];

describe('a message in HL7v3', () => {
  it('is answered AA in HL7v3, which names it, and the same again in the same way', async () => {
    const xml = question('reply-1');
    for (const answer of [await send(xml), await send(xml)]) {
      expect(answer.headers['content-type']).toBe('text/xml; charset=utf-8');
      expect([200, 202]).toContain(answer.statusCode);
      expect(typeCode(answer.body)).toBe('AA');
      expect(answer.body).toContain('extension="reply-1"');
      expect(answer.body).toContain('<receiver><device classCode="DEV"');
    }
  });

  it('in SOAP is answered in SOAP with 200, also when the answer is no', async () => {
    const wrong = soap(question('reply-2', 'd-2', '999903001'));
    const answer = await send(wrong);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('<soap:Body><MCCI_IN000002');
    expect(typeCode(answer.body)).toBe('AE');
    expect(answer.body).toMatch(/<location>\/[^<]*Patient\/id\/@extension<\/location>/);
    expect(answer.body).not.toContain('999903001');
  });

  it('with an id that was used for something else is AE, and nothing is stored', async () => {
    const bsn = person(number++).bsn;
    expect(typeCode((await send(question('reply-3', 'd-3', bsn))).body)).toBe('AA');
    const other = await send(question('reply-3', 'd-4', bsn));
    expect(other.statusCode).toBe(409);
    expect(typeCode(other.body)).toBe('AE');
    expect(other.body).toContain('code="SYN110"');
  });

  it('of a kind that is not known is AR: sending again helps nothing', async () => {
    const answer = await send(
      question('reply-5')
        .replaceAll('QURX_IN990113NL', 'ABCD_IN999999NL')
        .replaceAll('MedicationDispenseList', 'Something'),
    );
    expect(typeCode(answer.body)).toBe('AR');
  });

  it('that is no XML gets a fault of the sender and no byte of it back', async () => {
    const answer = await send(question('reply-6').replace('</ControlActProcess>', ''));
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain('soap:Client');
    expect(answer.body).not.toContain('Linden');
  });

  it('is answered with the receipt to whoever asks for JSON', async () => {
    const answer = await send(question('reply-7'), { accept: 'application/json' });
    expect(answer.json()).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('while we are busy is 503 with Retry-After, as a fault of ours in SOAP', async () => {
    const app = Fastify();
    const xml = soap(question('reply-8'));
    app.post('/', (_request, reply) =>
      replyInHl7v3(reply, Buffer.from(xml), () =>
        Promise.reject(new Problem('busy', 'Later.', { retryAfterSeconds: 7 })),
      ),
    );
    const answer = await app.inject({ method: 'POST', url: '/' });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('7');
    expect(answer.body).toContain('<faultcode>soap:Server</faultcode>');
    await app.close();
  });
});
