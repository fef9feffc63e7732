/** A person collects her own data with her app: BgZ, GP data, documents and vaccinations. */
import {
  ask,
  authorize,
  collectService,
  type PgoAnswer,
  type PgoSession,
} from '../../src/demo/client/pgo-client.ts';
import type { Answer } from '../../src/demo/client/trail.ts';
import { exchangeCode, walk } from './medmij-walk.ts';
import type { Tour } from './tour-parts.ts';

/** Questions that the record of this person must answer with something. */
const MUST_FIND: Readonly<Record<string, readonly string[]>> = {
  '48': [
    'Patient',
    'Betaler',
    'Behandelaanwijzing',
    'Tabakgebruik',
    'Probleem',
    'Woonsituatie',
    'Medicatiegebruik',
    'Medicatieafspraak',
    'Bloeddruk',
    'Lichaamsgewicht',
    'Lichaamslengte',
    'Laboratoriumuitslag',
    'Geplande afspraak',
  ],
  '49': ['Patient', 'Episodes', 'Bepalingen', 'Journaal', 'Contacten'],
  '51': ['Documenten'],
  '63': ['Vaccinaties'],
};

const PLACES: readonly (readonly [string, string])[] = [
  ['kennemerzoom', '48'],
  ['kennemerzoom', '51'],
  ['huisartsenjansendewit', '49'],
  ['jeugdkennemer', '63'],
];

export async function personCollects(tour: Tour): Promise<void> {
  const { tell, pgo } = tour;
  const bsn = tour.person('P01').person.bsn ?? '';
  const bodies: Buffer[] = [];
  for (const [aanbieder, service] of PLACES) {
    tell.chapter(`A person collects service ${service} at ${aanbieder} with her app`);
    const session = await authorize(pgo, bsn, aanbieder, { services: [service] });
    tell.equal('authorized for', session.services.join(' '), service);
    const asked = await collectService(pgo, session, service);
    for (const one of asked) question(tour, service, one);
    const inXml = await collectService(pgo, session, service, 'application/fhir+xml');
    const told = (all: readonly PgoAnswer[]) =>
      all.map(({ name, status, entries }) => `${name} ${status} ${entries}`).join(', ');
    tell.equal('the same questions in XML find the same', told(inXml), told(asked));
    bodies.push(...[...asked, ...inXml].map(({ body }) => body.body));
    if (service === '49') workingNotes(tour, bodies);
    if (service === '51') await document(tour, session, asked, bodies);
    if (service === '48') await foreignRows(tour, session, asked);
  }
  tell.chapter('No BSN leaves towards an app');
  const numbers = tour.everybody.flatMap(({ person }) => person.bsn ?? []);
  const found = numbers.filter((number) => bodies.some((body) => body.includes(number)));
  tell.equal(`BSNs in ${bodies.length} answers`, found.length, 0);
}

function question({ tell }: Tour, service: string, one: PgoAnswer): void {
  const must = MUST_FIND[service]?.includes(one.name) ?? false;
  const good = one.status === 200 && (!must || one.entries > 0);
  tell.holds(
    `${service} ${one.name}`,
    good,
    must ? '200 with entries' : '200',
    `${one.status} with ${one.entries} entries`,
  );
}

/** Of the GP's journal the E and P lines leave; S and O are working notes. */
function workingNotes(tour: Tour, bodies: readonly Buffer[]): void {
  const { contacts } = tour.person('P01');
  const all = bodies.map((body) => body.toString('utf8')).join('\n');
  const found = (part: 'subjective' | 'objective' | 'plan') =>
    contacts.some((contact) => all.includes(contact[part])) ? 'there' : 'not there';
  tour.tell.equal('what the GP planned', found('plan'), 'there');
  tour.tell.equal('what the person said', found('subjective'), 'not there');
  tour.tell.equal('what the GP saw', found('objective'), 'not there');
}

interface Entries {
  entry?: {
    resource: {
      resourceType: string;
      id: string;
      content?: { attachment?: { url?: string } }[];
    };
  }[];
}

/** The letter itself: as a resource, and as the PDF that the hospital sent. */
async function document(
  { tell, pgo }: Tour,
  session: PgoSession,
  asked: readonly PgoAnswer[],
  bodies: Buffer[],
): Promise<void> {
  const list = asked.flatMap(({ body }) => body.json<Entries>().entry ?? []);
  const url = list[0]?.resource.content?.[0]?.attachment?.url ?? '';
  const path = /Binary\/[^/]+$/.exec(url)?.[0] ?? 'none';
  tell.holds('a document names its bytes', path !== 'none', 'Binary/…', path);
  const fetched = (accept: string) => ask(pgo, session, { service: '51', path, accept });
  const pdf = await fetched('application/pdf');
  tell.equal('the PDF', `${pdf.status} ${pdf.body.subarray(0, 5).toString()}`, '200 %PDF-');
  const resource = await fetched('application/fhir+json');
  const { data, content } = resource.json<{ data?: string; content?: string }>();
  const same = Buffer.from(data ?? content ?? '', 'base64').equals(pdf.body);
  tell.equal('the same bytes as a FHIR Binary', String(same), 'true');
  bodies.push(pdf.body, resource.body);
  const without = await ask(
    pgo,
    { ...session, accessToken: 'none' },
    { service: '51', path, accept: 'application/pdf' },
  );
  tell.equal('the PDF without a token', without.status, 401);
}

/** What the hospital holds is not served at the address of another aanbieder, and looks unused. */
async function foreignRows(
  tour: Tour,
  session: PgoSession,
  asked: readonly PgoAnswer[],
): Promise<void> {
  const { tell, pgo } = tour;
  const own = asked
    .flatMap(({ body }) => body.json<Entries>().entry ?? [])
    .find(({ resource }) => resource.resourceType === 'Condition')?.resource.id;
  const gp = await authorize(pgo, tour.person('P01').person.bsn ?? '', 'huisartsenjansendewit', {
    services: ['49'],
  });
  const read = (id: string | undefined) => ask(pgo, gp, { service: '49', path: `Condition/${id}` });
  const held = await ask(pgo, session, { service: '48', path: `Condition/${own}` });
  tell.equal('a condition at the hospital that holds it', held.status, 200);
  const foreign = await read(own);
  tell.equal('the same at the GP', foreign.status, 404);
  const never = await read('00000000-0000-4000-8000-000000000000');
  tell.equal('and it looks like an id that never was', foreign.text(), never.text());
  const wrong = await ask(
    pgo,
    { ...session, aanbieder: gp.aanbieder },
    { service: '49', path: 'Patient' },
  );
  tell.equal('the hospital’s token at the GP', wrong.status, 403);
}

/** Codes, refusals, and people of whom nothing can be collected. */
export async function collectingRefused(tour: Tour): Promise<void> {
  const { tell, pgo } = tour;
  tell.chapter('A code counts once');
  const bsn = tour.person('P02').person.bsn ?? '';
  const walked = await walk(tour, {
    bsn,
    aanbieder: 'kennemerzoom',
    consent: true,
    services: ['48'],
  });
  tell.equal('the state came back unchanged', String(walked.stateKept), 'true');
  const first = await exchangeCode(tour, walked);
  tell.equal('the code, first time', first.status, 200);
  const accessToken = first.json<{ access_token: string }>().access_token;
  const session: PgoSession = {
    aanbieder: 'kennemerzoom',
    services: ['48'],
    accessToken,
    refreshToken: undefined,
    correlationId: walked.correlationId,
  };
  const patient = (): Promise<Answer> => ask(pgo, session, { service: '48', path: 'Patient' });
  tell.equal('the token works', (await patient()).status, 200);
  const second = await exchangeCode(tour, walked);
  const error = second.json<{ error?: string }>().error;
  tell.equal('the code, second time', `${second.status} ${error}`, '400 invalid_grant');
  tell.equal('and its token is revoked', (await patient()).status, 401);

  tell.chapter('Refused, nothing there, unknown: the app cannot tell which');
  const refused = await told(tour, 'P02', false);
  tell.holds('the person says no', /^error=access_denied&/.test(refused), 'access_denied', refused);
  for (const [who, key] of [
    ['a person who never was a patient', 'P19'],
    ['a child', 'P06'],
    ['a patient of another hospital only', 'elsewhere'],
  ] as const) {
    tell.equal(who, await told(tour, key, true), refused);
  }
}

async function told(tour: Tour, key: string, consent: boolean): Promise<string> {
  const person =
    key === 'elsewhere'
      ? tour.everybody.find(({ person: one }) => one.hospital === 'wijkermeer' && one.bsn)
      : tour.person(key);
  const asked = { bsn: person?.person.bsn ?? '', aanbieder: 'kennemerzoom', consent };
  const { answer, stateKept } = await walk(tour, asked);
  return `${answer.toString()} state ${stateKept ? 'kept' : 'lost'}`;
}
