/**
 * A graceful stop answers what is under way; a second start is quick and finds everything there.
 */
import { request } from 'node:http';
import { openSender } from '../../src/demo/client/sender-client.ts';
import { adtUpdate } from '../../src/demo/region/messages/hl7v2-message.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import { zorgsluis } from './command.ts';
import { readBack } from './read-back.ts';
import type { Tour } from './tour-parts.ts';

const SENDER = 'epd-kennemerzoom';
const STOP_SECONDS_MAX = 10;
const SECOND_START_SECONDS_MAX = 15;

export async function stopsAndStarts(tour: Tour): Promise<void> {
  const { tell, demo } = tour;
  tell.chapter('The gateway stops gracefully');
  const { person } = tour.person('P03');
  const street = { street: 'Laatste Straat', house: '1' };
  const message = adtUpdate(
    { application: 'ZOOMEPD', organisation: organisation('kennemerzoom') },
    { ...person, ...street },
    { id: 'TOUR-LAST', time: '20260301180000', bsn: person.bsn ?? 'none' },
  );
  const { token } = await openSender(tour.system(SENDER));
  const underWay = halfSent(`${demo.url}/intake/${SENDER}`, token, message);
  await underWay.begun;
  const stopping = demo.stop();
  await wait(300);
  const status = await underWay.finish();
  tell.equal('a request that was under way is answered', status, 200);
  const { code, seconds } = await stopping;
  tell.equal('exit code', code ?? -1, 0);
  tell.holds(
    'it ends',
    seconds <= STOP_SECONDS_MAX,
    `within ${STOP_SECONDS_MAX} s`,
    `${seconds.toFixed(1)} s`,
  );

  tell.chapter('A second start');
  const again = await demo.start();
  const most = SECOND_START_SECONDS_MAX;
  tell.holds('it is ready', again <= most, `within ${most} s`, `${again.toFixed(1)} s`);
  const reads = await readBack(tour, SENDER, person.bsn ?? '');
  const patient = await reads.search('Patient', { patient: '', _id: reads.patient });
  const kept = patient.text().includes('Laatste Straat 1');
  tell.equal('what was acknowledged last is there', kept ? 'there' : 'gone', 'there');
  const verified = await zorgsluis(demo.variables, 'audit', 'verify');
  tell.holds('the ledger over both starts', verified.code === 0, 'intact', verified.out.trim());
}

/** Sends the first half of a body, and the rest when asked. */
function halfSent(url: string, token: string, body: string) {
  const bytes = Buffer.from(body);
  const half = Math.floor(bytes.length / 2);
  const sending = request(url, {
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/hl7-v2',
      'content-length': String(bytes.length),
    },
  });
  const answered = new Promise<number>((resolve) => {
    sending.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sending.on('error', () => resolve(0));
  });
  return {
    begun: new Promise<void>((resolve) => {
      sending.write(bytes.subarray(0, half), () => setTimeout(resolve, 200));
    }),
    finish: () => {
      sending.end(bytes.subarray(half));
      return answered;
    },
  };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
