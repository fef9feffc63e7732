/**
 * A pharmacy and a GP send HL7v3; hospitals and youth health care send FHIR, STU3 and R4, and a
 * letter.
 */
import {
  openSender,
  quarantine,
  type SenderSession,
  sendMessage,
  sendTransaction,
} from '../../src/demo/client/sender-client.ts';
import type { Answer } from '../../src/demo/client/trail.ts';
import { bgz } from '../../src/demo/region/messages/bgz-message.ts';
import { dispenses, episodes } from '../../src/demo/region/messages/hl7v3-message.ts';
import { letterPush } from '../../src/demo/region/messages/letter-message.ts';
import { vaccinations } from '../../src/demo/region/messages/vaccination-message.ts';
import { demoId, organisation } from '../../src/demo/region/organisations.ts';
import type { Letter } from '../../src/demo/region/record.ts';
import { readBack } from './read-back.ts';
import { title } from './title.ts';
import type { Tour } from './tour-parts.ts';

interface Sent {
  readonly what: string;
  readonly sender: string;
  /** A type of which there must be more afterwards. */
  readonly type: string;
  readonly body: string;
  readonly broken: string;
  send(session: SenderSession, body: string): Promise<Answer>;
  /** The place that the refusal of the broken one must name. */
  readonly place: RegExp;
}

const XML = 'application/xml';

export async function otherSources(tour: Tour): Promise<void> {
  for (const sent of sendings(tour)) await oneSource(tour, sent);
  await unknownSender(tour);
}

async function oneSource({ tell, ...tour }: Tour, sent: Sent): Promise<void> {
  tell.chapter(`Sent by ${sent.sender}: ${sent.what}`);
  const session = await openSender(tour.system(sent.sender));
  const bsn = tour.person('P08').person.bsn ?? '';
  const reads = await readBack({ tell, ...tour }, sent.sender, bsn);
  const before = await reads.count(sent.type);
  const first = await sent.send(session, sent.body);
  tell.equal('it is accepted', first.status, 200);
  const after = await reads.count(sent.type);
  tell.holds(`${sent.type} reads back`, after > before, `more than ${before}`, String(after));
  const again = await sent.send(session, sent.body);
  tell.equal('the same again gives the same receipt', receiptIn(again), receiptIn(first));
  tell.equal(`${sent.type} after it`, await reads.count(sent.type), after);
  const waiting = async () => (await quarantine(session)).json<{ items: object[] }>().items.length;
  const waited = await waiting();
  const broken = await sent.send(session, sent.broken);
  tell.holds(
    'a broken one is refused',
    broken.status >= 400 && broken.status < 500,
    '4xx',
    String(broken.status),
  );
  tell.holds(
    'and it says where',
    sent.place.test(placeIn(broken)),
    String(sent.place),
    placeIn(broken),
  );
  tell.equal('and it waits in quarantine', (await waiting()) - waited, 1);
}

function sendings(tour: Tour): Sent[] {
  const record = tour.person('P08');
  const { bsn } = record.person;
  const letter: Letter = {
    id: 'TOUR-L1',
    date: '2026-02-27',
    title: 'Brief van de rondleiding',
    lines: ['Geachte collega,', 'Kenmerk Tourvogel-1. Het beloop is gunstig.'],
  };
  const medicine = record.medicines[0];
  const later = medicine
    ? { ...record, medicines: [{ ...medicine, dispensed: ['2026-02-26'] }] }
    : record;
  const v3 = (name: string, organisationKey: string) => ({
    id: demoId(`tour/${name}`),
    time: '20260228203000',
    organisation: organisation(organisationKey),
  });
  const apo = retold(dispenses(later, v3('apo', 'apotheek')), 'P08-M1', 'TOUR-M1');
  const gp = retold(episodes(record, v3('gp', 'jansen')), 'P08-', 'TOUR-');
  const document = letterPush(record, letter, organisation('kennemerzoom'), bsn);
  const stu3 = stu3Of(tour);
  const vaccinated = vaccinations(record, organisation('jeugd'), bsn);
  const r4 = retold(
    retold(JSON.stringify(vaccinated), '"P08-V', '"TOUR-V'),
    demoId('P08/90000501/vaccinations'),
    demoId('tour/vaccinations'),
  );
  const message = (session: SenderSession, bytes: string) =>
    sendMessage(session, { title: title('HL7v3'), bytes, mediaType: XML });
  const fhir = (version: '3.0' | '4.0') => (session: SenderSession, body: string) =>
    sendTransaction(session, { title: title('FHIR'), body, version });
  return [
    {
      what: 'a pharmacy message, HL7v3 6.12',
      sender: 'ais-sluis',
      type: 'MedicationDispense',
      body: apo,
      broken: apo.replace('</MedicationDispenseList>', ''),
      send: message,
      place: /\d|\//,
    },
    {
      what: 'a GP message, HL7v3',
      sender: 'his-jansen',
      type: 'EpisodeOfCare',
      body: gp,
      broken: gp.replace(bsn ?? '', '999990021').replace(demoId('tour/gp'), demoId('tour/gp-bad')),
      send: message,
      place: /\//,
    },
    {
      what: 'a PDF letter by ITI-65',
      sender: 'epd-kennemerzoom',
      type: 'DocumentReference',
      body: JSON.stringify(document),
      broken: JSON.stringify(document)
        .replace('JVBERi0', 'AAAAAA0')
        .replaceAll(demoId('TOUR-L1/90000101/push'), demoId('tour/bad-letter'))
        .replaceAll(demoId('TOUR-L1/set'), demoId('tour/bad-set')),
      send: fhir('4.0'),
      place: /Bundle\.entry\[\d+\]/,
    },
    {
      what: 'a FHIR STU3 transaction',
      sender: 'epd-kennemerzoom',
      type: 'Condition',
      body: stu3,
      broken: stu3.replace('"status":"active"', '"status":"active","status"'),
      send: fhir('3.0'),
      place: /line \d+/,
    },
    {
      what: 'a FHIR R4 transaction',
      sender: 'jgz-kennemer',
      type: 'Immunization',
      body: r4,
      broken: r4
        .replace('"resourceType":"Immunization"', '"resourceType":"Inenting"')
        .replaceAll(demoId('tour/vaccinations'), demoId('tour/bad-vaccinations')),
      send: fhir('4.0'),
      place: /Bundle\.entry\[\d+\]/,
    },
  ];
}

/** The BgZ of the hospital once more, with a problem that was not known before. */
function stu3Of(tour: Tour): string {
  const record = tour.person('P08');
  const [problem] = record.problems;
  if (!problem) throw new Error('P08 has problems');
  const more = { ...record, problems: [...record.problems, { ...problem, since: '2026-02-20' }] };
  const own = organisation('kennemerzoom');
  const bundle = JSON.stringify(bgz(more, own, organisation('jansen'), record.person.bsn));
  return retold(bundle, demoId('P08/90000101/bgz'), demoId('tour/bgz'));
}

/** The same message with other numbers, so that it tells of something new. */
const retold = (text: string, from: string, to: string): string => text.replaceAll(from, to);

function receiptIn(answer: Answer): string {
  return String(answer.json<{ id?: string }>().id);
}

/** The place of the first fault: an expression, or the line of a text that is no JSON at all. */
function placeIn(answer: Answer): string {
  const { issue } = answer.json<{
    issue?: { expression?: string[]; location?: string[]; diagnostics?: string }[];
  }>();
  const [first] = issue ?? [];
  const places = first?.expression ?? first?.location ?? [first?.diagnostics ?? ''];
  return places.join(', ');
}

async function unknownSender({ tell, demo, trail, ...tour }: Tour): Promise<void> {
  tell.chapter('An unknown sender learns nothing');
  const call = { method: 'POST', body: 'MSH|^~\\&|' };
  const without = await trail.send(title('no token'), `${demo.url}/intake/epd-wijkermeer`, call);
  tell.equal('without a token', without.status, 401);
  const nobody = await trail.send(title('nobody'), `${demo.url}/intake/bestaat-niet`, call);
  tell.equal('a sender that does not exist: the same answer', nobody.text(), without.text());
  const session = await openSender(tour.system('his-duin'));
  const other = await trail.send(title('another'), `${demo.url}/intake/his-jansen`, {
    ...call,
    headers: { authorization: `Bearer ${session.token}` },
  });
  tell.equal('with the token of another sender', other.status, 401);
}
