/** A hospital sends HL7 v2: over MLLP, over MLLP with TLS, and over HTTP. */
import { sendMllp } from '../../src/demo/client/mllp-client.ts';
import {
  openSender,
  quarantine,
  receipt,
  sendMessage,
} from '../../src/demo/client/sender-client.ts';
import { adtUpdate, labReport } from '../../src/demo/region/messages/hl7v2-message.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import type { LabReport } from '../../src/demo/region/record.ts';
import { readBack } from './read-back.ts';
import { title } from './title.ts';
import type { Tour } from './tour-parts.ts';

const SENDER = 'epd-kennemerzoom';
const HL7 = 'application/hl7-v2';
const TIME = '20260301101500';
const hospital = { application: 'ZOOMEPD', organisation: organisation('kennemerzoom') };

interface Receipt {
  readonly id: string;
  readonly state: string;
  readonly items: readonly { readonly reference: string }[];
}

export async function hospitalSends(tour: Tour): Promise<void> {
  await overMllp(tour);
  await overHttp(tour);
  await brokenMessages(tour);
}

function messages(tour: Tour) {
  const { person, labs } = tour.person('P05');
  const bsn = person.bsn ?? 'none';
  const [known] = labs;
  if (!known) throw new Error('P05 has laboratory reports');
  const report = (order: string): LabReport => ({
    ...known,
    order,
    taken: '20260301081000',
    preliminaryFirst: false,
  });
  return {
    bsn,
    adt: (id: string, changes: Partial<typeof person> = {}, shown = bsn) =>
      adtUpdate(hospital, { ...person, ...changes }, { id, time: TIME, bsn: shown }),
    oru: (id: string, order: string) =>
      labReport(hospital, person, report(order), { id, time: TIME, bsn, status: 'F' }),
    results: known.results.length,
  };
}

async function overMllp(tour: Tour): Promise<void> {
  const { tell, demo, trail } = tour;
  tell.chapter('A hospital sends HL7 v2 over MLLP');
  const { adt, oru, bsn, results } = messages(tour);
  const plain = { host: '127.0.0.1', port: demo.ports.mllp };
  const secure = { host: '127.0.0.1', port: demo.ports.mllpTls, tls: tour.tlsFiles(SENDER) };
  const send = (target: typeof plain, message: string) =>
    sendMllp(target, message, { trail, title: title('HL7 v2') });
  const hospitalReads = await readBack(tour, SENDER, bsn);
  const before = await hospitalReads.count('Observation');

  const moved = adt('TOUR-A08-1', { street: 'Tourstraat', house: '7' });
  tell.equal('ADT^A08 over MLLP', (await send(plain, moved)).code, 'AA');
  const patient = (
    await hospitalReads.search('Patient', { patient: '', _id: hospitalReads.patient })
  )
    .text()
    .includes('Tourstraat 7');
  tell.equal('the new address reads back', String(patient), 'true');
  tell.equal(
    'ORU^R01 over MLLP with TLS',
    (await send(secure, oru('TOUR-R01-1', 'TOUR1'))).code,
    'AA',
  );
  const after = await hospitalReads.count('Observation');
  tell.holds(
    'its results read back',
    after >= before + results,
    `at least ${before + results} observations`,
    `${after} observations`,
  );
  tell.equal('the same ORU^R01 again', (await send(secure, oru('TOUR-R01-1', 'TOUR1'))).code, 'AA');
  tell.equal('observations after it', await hospitalReads.count('Observation'), after);
  const reused = await send(secure, oru('TOUR-R01-1', 'TOUR9'));
  tell.equal('the same MSH-10 with another body', reused.code, 'AE');
  tell.holds('and it says where', /MSH/.test(reused.text), 'ERR with MSH', errOf(reused.text));
  tell.equal('observations after it', await hospitalReads.count('Observation'), after);

  const stranger = moved.replace('|ZOOMEPD|', '|NIEMAND|').replace('TOUR-A08-1', 'TOUR-A08-X');
  tell.equal('an unknown sender over MLLP', (await send(plain, stranger)).code, 'AR');
  tell.equal('and its line', (await lineAfter(plain, stranger)) ? 'closed' : 'open', 'closed');
  const other = { ...secure, tls: tour.tlsFiles('epd-wijkermeer') };
  const borrowed = await send(other, adt('TOUR-A08-Y'));
  tell.equal('names of one sender with the certificate of another', borrowed.code, 'AR');
}

async function overHttp(tour: Tour): Promise<void> {
  const { tell } = tour;
  tell.chapter('A hospital sends HL7 v2 over HTTP');
  const { oru, bsn } = messages(tour);
  const session = await openSender(tour.system(SENDER));
  const send = (bytes: string) =>
    sendMessage(session, { title: title('HL7 v2'), bytes, mediaType: HL7 });
  const first = await send(oru('TOUR-R01-2', 'TOUR2'));
  tell.equal('ORU^R01 over HTTP', first.status, 200);
  const made = first.json<Receipt>();
  tell.equal('its receipt', made.state, 'accepted');
  tell.holds(
    'the receipt names what was stored',
    made.items.length > 0,
    'some',
    `${made.items.length} items`,
  );
  const hospitalReads = await readBack(tour, SENDER, bsn);
  const count = await hospitalReads.count('Observation');
  const again = (await send(oru('TOUR-R01-2', 'TOUR2'))).json<Receipt>();
  tell.equal('the same message again gives the same receipt', again.id, made.id);
  const fetched = (await receipt(session, made.id)).json<Receipt>();
  tell.equal('and the receipt can be fetched', JSON.stringify(fetched), JSON.stringify(made));
  tell.equal('no second record', await hospitalReads.count('Observation'), count);
  tell.equal(
    'the same MSH-10 with another body',
    (await send(oru('TOUR-R01-2', 'TOUR8'))).status,
    409,
  );
}

async function brokenMessages(tour: Tour): Promise<void> {
  const { tell, trail, demo } = tour;
  tell.chapter('Broken HL7 v2 is refused with the place, and waits');
  const { adt } = messages(tour);
  const line = { host: '127.0.0.1', port: demo.ports.mllp };
  const send = (message: string) => sendMllp(line, message, { trail, title: title('broken') });
  const session = await openSender(tour.system(SENDER));
  const waiting = async () =>
    (await quarantine(session)).json<{ items: { reasons: string[] }[] }>().items.length;
  const before = await waiting();
  const wrongNumber = await send(adt('TOUR-BAD-1', {}, '999990020'.replace('020', '021')));
  tell.equal('a BSN that fails the eleven-test', wrongNumber.code, 'AE');
  tell.holds(
    'and it says where',
    /PID/.test(errOf(wrongNumber.text)),
    'ERR with PID',
    errOf(wrongNumber.text),
  );
  const noPatient = adt('TOUR-BAD-2').replace(/PID\|[^\r]*\r/, '');
  const missing = await send(noPatient);
  tell.holds('a message without PID', /^A[ER]$/.test(missing.code), 'AE or AR', missing.code);
  tell.equal('what waits in quarantine more than before', (await waiting()) - before, 2);
}

/** The text of the ERR segment: code and place, never a value. */
const errOf = (ack: string): string => /ERR\|[^\r]*/.exec(ack)?.[0] ?? ack;

/** Sends twice over one line; the line of a stranger must be closed before the second answer. */
async function lineAfter(
  target: { host: string; port: number },
  message: string,
): Promise<boolean> {
  const { connect } = await import('node:net');
  const frame = Buffer.from(`\u000b${message}\u001c\r`);
  return new Promise((resolve) => {
    const socket = connect(target.port, target.host, () => socket.write(frame));
    socket.on('data', () => undefined);
    socket.setTimeout(3_000, () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(true));
    socket.on('end', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
