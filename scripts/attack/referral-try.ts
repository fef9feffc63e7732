/**
 * A referral as a way in: the Task lists one search and one resource by name, and its receiver asks
 * for everything else that the holder has (consent.md 11).
 */
import { claimsOf, type Installation, type Member } from './installation.ts';
import type { Answer } from './line.ts';
import { personOf, placeOf, sendBundle } from './send-bundle.ts';
import { expectations, item, type Stage, stage, TREAT, type Try, totalOf } from './tries.ts';
import type { Json } from './world.ts';

const REFERRAL = '3457005';
const DAY_MS = 86_400_000;
const CODE = 'http://loinc.org|2160-0';
const LISTED = `code=${encodeURIComponent(CODE)}`;
/** Two are what the search finds, the third is labelled, the others are of another code or type. */
const FOUND = ['11', '12'];

export const referralAsWay: Try = {
  number: 26,
  name: 'a referral gives what it lists, and nothing else',
  async run(ground) {
    const { wrong, equal } = expectations();
    const set = await stage(ground, itemsOf, () => []);
    const { ids, holder } = set;
    const visitor = { ...TREAT, purpose: 'COC', task: await refer(ground.to, set) };
    const patient = `subject=Patient/{patient:${holder.name}}`;
    const idOf = (key: string) => ids.get(key) ?? 'none';
    const found = FOUND.map(idOf);
    const closed = ['13', '14', '16', '17', 'binary:17'].map(idOf);
    const none = (what: string, answer: Answer, ...more: string[]) => {
      const given = entriesIn(answer);
      for (const id of [...closed, ...more]) equal(`${what}: ${id}`, given.includes(id), false);
    };
    const listed = asListed(patient);
    for (const path of listed) {
      const answer = await set.read(path, claimsOf(visitor));
      equal(path, totalOf(answer), FOUND.length);
      none(path, answer);
    }
    equal('what it names', (await set.read('Condition/{15}', claimsOf(visitor))).status, 200);
    for (const path of notListed(patient)) {
      for (const [base, accept] of FACES) {
        const answer = await askAt(ground.to, set, `${base}/${path}`, visitor, accept);
        none(`${base}/${path} ${accept}`, answer, ...found);
      }
    }
    const [search = ''] = listed;
    for (const [what, asker, client] of others(ground.to, set, visitor)) {
      const ask = (path: string) => askAt(ground.to, set, path, asker, 'application/json', client);
      none(what, await ask(`r4/${search}`), ...found);
      equal(`${what}: what it names`, (await ask('r4/Condition/{15}')).status === 200, false);
    }
    if (ground.later) {
      ground.later(14 * DAY_MS + 60_000);
      equal('after its term', totalOf(await set.read(search, claimsOf(visitor))), 0);
      const named = await set.read('Condition/{15}', claimsOf(visitor));
      equal('after its term, by name', named.status, 404);
    }
    return wrong;
  },
};

const itemsOf = (holder: Member) => [
  item('11', 'Observation', holder, { code: CODE }),
  item('12', 'Observation', holder, {
    code: CODE,
    refers: [{ element: 'hasMember', key: '14' }],
  }),
  item('13', 'Observation', holder, { code: CODE, labels: ['R', 'PSY'] }),
  item('14', 'Observation', holder),
  item('15', 'Condition', holder),
  item('16', 'Condition', holder),
  item('17', 'DocumentReference', holder, { binary: true }),
];

type Asks = Parameters<typeof claimsOf>[0];

/** Whoever the referral is not for, and the receiver without it or for something else. */
function others(
  to: Installation,
  { reader }: Stage,
  visitor: Asks,
): readonly (readonly [string, Asks, string])[] {
  const another = to.partners.find(
    ({ client, regions }) =>
      client !== reader.client && regions.some((region) => reader.regions.includes(region)),
  );
  const { task: _, ...without } = visitor;
  const emergency = { level: 'urgent', patientIncapable: true };
  return [
    ['without the Task', without, reader.client],
    ['with another Task', { ...visitor, task: 'Task/een' }, reader.client],
    ['in an emergency', { ...visitor, purpose: 'ETREAT', emergency }, reader.client],
    ...(another ? [['by another partner', visitor, another.client] as const] : []),
  ];
}

const FACES = [
  ['r4', 'application/fhir+json'],
  ['stu3', 'application/fhir+json'],
  ['r4', 'application/fhir+xml'],
  ['stu3', 'application/fhir+xml'],
] as const;

/** The listed search in other words. */
const asListed = (patient: string): readonly string[] => [
  `Observation?${patient}&${LISTED}`,
  `Observation?${LISTED}&${patient}&_count=50`,
  `Observation?${LISTED}&${patient.replace('subject', 'patient')}`,
];

/** Everything about the same record that is not on the list. */
const notListed = (patient: string): readonly string[] => [
  `Observation?${patient}`,
  `Observation?${patient}&code=2160-0`,
  `Observation?${patient}&${LISTED}&_include=Observation:has-member`,
  `Observation?${patient}&${LISTED}&_include=*`,
  `Observation?${patient}&${LISTED}&_revinclude=DiagnosticReport:result`,
  `Observation?${patient}&${LISTED}&_sort=-date`,
  `Observation?${patient}&${LISTED}&_elements=code`,
  `Observation?${patient}&${LISTED}&unknown=1`,
  `Observation?${patient}&${LISTED}&status=final`,
  `Observation?${patient}&${LISTED},http://loinc.org%7C29463-7`,
  `Observation?${patient}&code:not=2160-0`,
  `Observation?${patient}&code:below=http://loinc.org%7C2160-0`,
  `Observation?${patient}&date=ge2000-01-01`,
  `Observation?${patient}&_id={11},{12},{14}`,
  `Observation?${patient}&has-member={14}`,
  `Observation/$lastn?${patient}&${LISTED}`,
  `Observation/$lastn?${patient}`,
  `Observation/{11}`,
  `Observation/{11}/_history`,
  `Observation/{11}/_history/1`,
  `Observation/{14}`,
  `Observation/_history`,
  `Patient?_has:Observation:patient:code=29463-7&_id={patient}`,
  `Patient?_revinclude=Observation:subject&_id={patient}`,
  `Patient/{patient}/$everything`,
  `Patient/{patient}/Observation?${LISTED}&status=final`,
  `Condition?${patient}&_id={16}`,
  `Condition/{16}`,
  `DocumentReference?${patient}`,
  `DocumentReference/{17}`,
  `Binary/{binary:17}`,
  `Encounter?${patient}&_revinclude=Observation:encounter`,
  `_history`,
  `_history?${patient}`,
  `?_type=Observation&${patient}&${LISTED}`,
  `?_type=Observation,Condition&${patient}`,
  `Patient/{patient}/*`,
  `Patient/{patient}/*?_type=Observation&${LISTED}`,
];

/** The holder's Task to the reader. @returns its name at the gateway. */
async function refer(to: Installation, { world, holder, reader, ids }: Stage): Promise<string> {
  const query = (value: string) => ({ type: { text: 'query' }, valueString: value });
  const answer = await sendBundle(to, holder.client, [
    personOf(world),
    {
      resourceType: 'Task',
      status: 'requested',
      intent: 'order',
      code: { coding: [{ system: 'http://snomed.info/sct', code: REFERRAL }] },
      for: { reference: placeOf(1) },
      owner: {
        identifier: { system: 'http://fhir.nl/fhir/NamingSystem/ura', value: reader.ura },
      },
      input: [
        query(`Observation?patient=x&code=${CODE}`),
        query(`Condition/${ids.get('15')}`),
        // None of these can be held to anything.
        query('Condition/$everything'),
        query(`Observation?_cursor=x`),
        query('Patient/x/Condition'),
      ],
    } satisfies Json,
  ]);
  const name = /Task\/[A-Za-z0-9\-.]{1,64}/.exec(answer.body)?.[0];
  if (name === undefined) throw new Error(`The Task was not taken: ${answer.body}`);
  return name;
}

async function askAt(
  to: Installation,
  { ids, holder, reader }: Stage,
  path: string,
  asker: Asks,
  accept: string,
  client = reader.client,
): Promise<Answer> {
  const filled = path
    .replaceAll('{patient}', `{patient:${holder.name}}`)
    .replace(/\{([\w:-]+)\}/g, (_, name: string) => ids.get(name) ?? 'none');
  return to.line.ask({
    path: `/fhir/${filled}`,
    token: await to.token(client, claimsOf(asker)),
    headers: { accept },
  });
}

/** What an answer gives; a link that repeats the question gives nothing. */
function entriesIn({ status, body }: Answer): string {
  if (status !== 200) return '';
  if (body.startsWith('<')) return body.replace(/<link>.*?<\/link>/gs, '');
  const parsed = JSON.parse(body) as { link?: unknown };
  const { link: _, ...rest } = parsed;
  return JSON.stringify(rest);
}
