/**
 * A GP practice and an emergency department read: nothing, then what the patient chose, then
 * nothing.
 */
import {
  entries,
  openPartner,
  type PartnerSession,
  partnerGet,
  partnerSearch,
} from '../../src/demo/client/partner-client.ts';
import type { Answer } from '../../src/demo/client/trail.ts';
import { choose, logInAsPerson, type PageSession } from './own-pages.ts';
import { BSN_SYSTEM, readBack } from './read-back.ts';
import { title } from './title.ts';
import type { Tour } from './tour-parts.ts';

interface Visit {
  readonly who: string;
  readonly client: string;
  readonly role: string;
  readonly person: string;
  /** Whose data the patient lets it see. */
  readonly holder: string;
  readonly recipient: string;
  /** The sender of that holder; its own read says how much there is. */
  readonly source: string;
  readonly types: readonly string[];
  /** The type among which the S and O lines of the GP's journal are; those leave for nobody. */
  readonly notes?: string;
}

const VISITS: readonly Visit[] = [
  {
    who: 'a GP practice',
    client: 'partner-huisarts-duin',
    role: '01.015',
    person: 'arts-duinker',
    holder: 'cat:ZKH',
    recipient: 'cat:HA',
    source: 'epd-kennemerzoom',
    types: ['Condition', 'Observation', 'MedicationRequest', 'DocumentReference', 'Coverage'],
  },
  {
    who: 'an emergency department',
    client: 'partner-seh',
    role: '01.014',
    person: 'arts-seh',
    holder: 'cat:HA',
    recipient: 'cat:ZKH',
    source: 'his-jansen',
    types: ['EpisodeOfCare', 'Encounter', 'Observation', 'Composition'],
    notes: 'Observation',
  },
];

const NEVER = '00000000-0000-4000-8000-000000000000';
const DATA = ['GGC002', 'GGC013'] as const;

export async function partnersRead(tour: Tour): Promise<void> {
  for (const visit of VISITS) await onePartner(tour, visit);
}

async function onePartner(tour: Tour, visit: Visit): Promise<void> {
  const { tell } = tour;
  const bsn = tour.person('P01').person.bsn ?? '';
  const { client, role, person, who, holder, recipient } = visit;
  const asks = { purpose: 'TREAT', role, person };
  const session = await openPartner(tour.system(client), asks);
  const source = await readBack(tour, visit.source, bsn);
  const [type = ''] = visit.types;
  const known = { patient: source.patient, type, id: entries(await source.search(type))[0]?.id };

  tell.chapter(`Partner, ${who}: nothing without the patient’s choice`);
  await seesNothing(tour, session, bsn, known);

  tell.chapter(`Partner, ${who}: what the patient chose, and nothing more`);
  const pages = await logInAsPerson(tour, bsn);
  const set = (choice: 'permit' | 'nothing') => chooseAll(pages, { holder, recipient, choice });
  tell.holds(
    'the patient chooses on her own pages',
    (await set('permit')) === 2,
    '2 receipts',
    '2',
  );
  const found = await partnerSearch(
    session,
    'Patient',
    { identifier: `${BSN_SYSTEM}|${bsn}` },
    title('find'),
  );
  tell.equal('the patient is found', entries(found).length, 1);
  for (const one of visit.types) {
    const answer = await partnerGet(
      session,
      `${one}?patient=Patient/${entries(found)[0]?.id}&_summary=count`,
      title(`asks ${one}`),
    );
    const { total } = answer.json<{ total?: number }>();
    const notes = one === visit.notes ? 2 * tour.person('P01').contacts.length : 0;
    const all = (await source.count(one)) - notes;
    const what = notes > 0 ? `all that the source has but ${notes} working notes` : 'all of them';
    tell.equal(`${one}: ${what}`, total ?? -1, all);
  }
  const read = await partnerGet(session, `${known.type}/${known.id}`, title('reads one'));
  tell.equal('one of them is read by id', read.status, 200);

  tell.chapter(`Partner, ${who}: nothing again after the withdrawal`);
  tell.equal('the patient withdraws', await set('nothing'), 2);
  const since = performance.now();
  await seesNothing(tour, session, bsn, known);
  const seconds = (performance.now() - since) / 1_000;
  tell.holds('all of that within', seconds < 1, '1 s', `${seconds.toFixed(2)} s`);
}

async function chooseAll(
  pages: PageSession,
  wanted: { holder: string; recipient: string; choice: 'permit' | 'nothing' },
): Promise<number> {
  let receipts = 0;
  for (const data of DATA) {
    await choose(pages, { ...wanted, data });
    receipts += 1;
  }
  return receipts;
}

/** Searches find nobody and nothing; what is there looks like what never was, to the byte. */
async function seesNothing(
  { tell }: Tour,
  session: PartnerSession,
  bsn: string,
  known: { patient: string; type: string; id: string | undefined },
): Promise<void> {
  const find = (number: string) =>
    partnerSearch(session, 'Patient', { identifier: `${BSN_SYSTEM}|${number}` }, title('find'));
  const found = await find(bsn);
  tell.equal('a search for the patient finds', totalOf(found), 0);
  const nobody = await find('999990214'.replace('214', '305'));
  tell.equal('as for a number that nobody has', plain(found, bsn), plain(nobody, '999990305'));
  const search = (patient: string) =>
    partnerGet(session, `${known.type}?patient=Patient/${patient}`, title('search'));
  const there = await search(known.patient);
  tell.equal(`a search for ${known.type} finds`, totalOf(there), 0);
  tell.equal(
    'as for a patient id that never was',
    plain(there, known.patient),
    plain(await search(NEVER), NEVER),
  );
  const read = (id: string | undefined) =>
    partnerGet(session, `${known.type}/${id}`, title('read'));
  const withheld = await read(known.id);
  tell.equal('a read by id', withheld.status, 404);
  const never = await read(NEVER);
  tell.equal('as for an id that never was', plain(withheld, known.id), plain(never, NEVER));
}

const totalOf = (answer: Answer): number => answer.json<{ total?: number }>().total ?? -1;

/**
 * The whole answer, without what differs between any two: the asked value, the moment, the request.
 */
function plain(answer: Answer, asked: string | undefined): string {
  const headers = Object.entries(answer.headers)
    .filter(([name]) => !/^(date|x-request-id|x-ratelimit-.*)$/.test(name))
    .map(([name, value]) => `${name}: ${String(value)}`);
  const body = answer
    .text()
    .replaceAll(asked ?? '', 'ASKED')
    .replace(/"id":"[0-9a-f-]{36}"/, '"id":"…"')
    .replace(/"lastUpdated":"[^"]*"/, '"lastUpdated":"…"');
  return [answer.status, ...headers, body].join('\n');
}
