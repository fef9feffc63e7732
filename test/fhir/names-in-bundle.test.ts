/** What a reference of a transaction means where entries are called by type and id. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, openGateway } from '../support/gateway.ts';
import { type Json, observation, patientOf, person, urn } from '../support/people.ts';

let gateway: Gateway;
let token: string;
let count = 0;
const someone = () => person(count++);

beforeAll(async () => {
  gateway = await openGateway();
  token = await gateway.token('epd-proef');
});
afterAll(() => gateway.close());

const HERE = 'https://bron.example/fhir';
const THERE = 'https://elders.example/fhir';

const post = (resource: Json, fullUrl?: string): Json => ({
  ...(fullUrl === undefined ? {} : { fullUrl }),
  resource,
  request: { method: 'POST', url: resource['resourceType'] },
});

const put = (id: string, resource: Json, fullUrl?: string): Json => ({
  ...post({ ...resource, id }, fullUrl),
  request: { method: 'PUT', url: `${resource['resourceType']}/${id}` },
});

type Answer = Awaited<ReturnType<Gateway['ask']>>;

const codeAndPlaces = (answer: Answer) => {
  const [issue] = answer.json().issue ?? [];
  return [answer.statusCode, issue?.details?.coding?.[0]?.code, ...(issue?.expression ?? [])];
};

/** `Type/id` of what each entry became. */
function namesIn(answer: Answer): string[] {
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json().entry.map(({ response }: { response: { location: string } }) => {
    return response.location
      .replace(/\/_history\/.*$/, '')
      .split('/')
      .slice(-2)
      .join('/');
  });
}

const both = ['r4', 'stu3'] as const;
const atBothDoors = both.flatMap((version) =>
  ['fhir', 'intake'].map((door) => [version, door] as const),
);

async function send(version: string, door: string, entry: Json[]): Promise<Answer> {
  const number = version === 'r4' ? '4.0' : '3.0';
  return gateway.ask(door === 'fhir' ? `/fhir/${version}` : '/intake/epd-proef/fhir', {
    token,
    method: 'POST',
    headers: { 'content-type': `application/fhir+json; fhirVersion=${number}` },
    body: JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }),
  });
}

async function read(version: string, name: string): Promise<Json> {
  const answer = await gateway.ask(`/fhir/${version}/${name}`, { token });
  expect(answer.statusCode, `${name}: ${answer.body}`).toBe(200);
  return answer.json();
}

describe.each(atBothDoors)('an entry (%s, %s)', (version, door) => {
  const key = (name: string) => `${name}-${version}-${door}`;

  /** Patient first, then a result and a panel that has it. */
  async function expectLinked(entries: Json[]) {
    const made = namesIn(await send(version, door, entries));
    const found = (type: string) => made.find((name) => name.startsWith(type));
    for (const name of made.filter((one) => !one.startsWith('Patient'))) {
      const { subject, result } = await read(version, name);
      expect(subject).toEqual({ reference: found('Patient') });
      if (name.startsWith('Diag')) expect(result).toEqual([{ reference: found('Observation') }]);
    }
    return made;
  }

  const panel = (subject: string, member: string): Json => ({
    resourceType: 'DiagnosticReport',
    status: 'final',
    code: { text: 'Laboratorium' },
    subject: { reference: subject },
    result: [{ reference: member }],
  });

  it.each(['before', 'after'])('that is put by its id is found %s what names it', async (when) => {
    const id = key(when);
    const entries = [
      put(`p-${id}`, patientOf(someone())),
      put(`o-${id}`, observation(id, `Patient/p-${id}`)),
      post(panel(`Patient/p-${id}`, `Observation/o-${id}`)),
    ];
    const made = await expectLinked(when === 'before' ? entries : entries.toReversed());
    expect(made).toEqual(expect.arrayContaining([`Patient/p-${id}`, `Observation/o-${id}`]));
  });

  it.each([
    ['no address', () => undefined],
    ['a urn:uuid', (name: string) => urn(`${version}${door}${name}`)],
    ['an address of its server', (name: string) => `${HERE}/${name}`],
  ])('that is posted with an id and %s is found under the id that it gets', async (_what, at) => {
    const entries = [
      post({ ...observation(key('a'), 'Patient/p1'), id: 'o1' }, at('Observation/o1')),
      post(panel('Patient/p1/_history/3', 'Observation/o1'), at('DiagnosticReport/d1')),
      post({ ...patientOf(someone()), id: 'p1' }, at('Patient/p1')),
    ];
    const made = await expectLinked(entries);
    expect(made).not.toContain('Patient/p1');
    expect(made).not.toContain('Observation/o1');
  });

  it('is found by the end of its address alone, or by all of it', async () => {
    const address = `${HERE}/Patient/${key('end')}`;
    for (const reference of [`Patient/${key('end')}`, address, `${address}/_history/1`]) {
      await expectLinked([post(patientOf(someone()), address), post(observation('e', reference))]);
    }
  });

  it('is told from another of its name by the address of what names it', async () => {
    const [first, second] = [someone(), someone()];
    const made = namesIn(
      await send(version, door, [
        post({ ...patientOf(first), id: '1' }, `${HERE}/Patient/1`),
        post({ ...patientOf(second), id: '1' }, `${THERE}/Patient/1`),
        post(observation(key('there'), 'Patient/1'), `${THERE}/Observation/1`),
      ]),
    );
    const { subject } = await read(version, made.find((one) => one.startsWith('Obs')) ?? '');
    const { identifier } = await read(version, (subject as { reference: string }).reference);
    expect(identifier).toMatchObject([{ value: second.bsn }]);
  });
});

describe.each(both)('a pushed bundle (%s)', (version) => {
  const key = (name: string) => `${name}-${version}-pushed`;
  const pushed = (...entry: Json[]) => send(version, 'intake', entry);

  it('is refused where it cannot be told which of two people is meant', async () => {
    const [first, second] = [someone(), someone()];
    const result = observation(key('o'), 'Patient/1');
    const refused = [422, 'several-people', 'Bundle.entry[2].resource'];
    for (const at of [() => undefined, (name: string) => urn(name + version)]) {
      const answer = await pushed(
        post({ ...patientOf(first), id: '1' }, at('first')),
        post({ ...patientOf(second), id: '1' }, at('second')),
        post(result),
      );
      expect(codeAndPlaces(answer)).toEqual(refused);
    }
    const elsewhere = await pushed(
      post({ ...patientOf(first), id: '1' }, `${HERE}/Patient/1`),
      post({ ...patientOf(second), id: '2' }, `${HERE}/Patient/2`),
      post(result, `${THERE}/Observation/1`),
    );
    expect(codeAndPlaces(elsewhere)).toEqual(refused);
  });

  it('is answered entry by entry, whoever each is about and whatever goes along', async () => {
    const [first, second] = [someone(), someone()];
    const bytes = Buffer.from('%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\n%%EOF\n').toString(
      'base64',
    );
    const letter: Json = {
      resourceType: 'DocumentReference',
      status: 'current',
      subject: { reference: urn(`two${version}`) },
      type: { text: 'Brief' },
      ...(version === 'r4' ? {} : { indexed: '2026-01-05T09:00:00Z' }),
      content: [{ attachment: { contentType: 'application/pdf', data: bytes } }],
    };
    const answer = await pushed(
      post({ resourceType: 'Organization', name: 'Ziekenhuis Proef' }, urn(`org${version}`)),
      post(letter),
      post(observation(key('two'), urn(`two${version}`))),
      post(observation(key('one'), urn(`one${version}`))),
      post(patientOf(second), urn(`two${version}`)),
      post(patientOf(first), urn(`one${version}`)),
    );
    const made = namesIn(answer);
    expect(made.map((name) => name.split('/')[0])).toEqual([
      'Organization',
      'DocumentReference',
      'Observation',
      'Observation',
      'Patient',
      'Patient',
    ]);
    expect(await read(version, made[2] ?? '')).toMatchObject({ subject: { reference: made[4] } });
    expect(await read(version, made[3] ?? '')).toMatchObject({ subject: { reference: made[5] } });
  });

  it('takes what several servers know of one person, and warns of a name that two have', async () => {
    const who = someone();
    const panel = observation(key('panel'), 'Patient/1', {
      ...(version === 'r4'
        ? { hasMember: [{ reference: 'Observation/1' }] }
        : { related: [{ target: { reference: 'Observation/1' } }] }),
    });
    const answer = await pushed(
      post({ ...patientOf(who), id: '1' }, `${HERE}/Patient/1`),
      post({ ...patientOf(who), id: '1' }, `${THERE}/Patient/1`),
      post({ ...observation(key('a'), 'Patient/1'), id: '1' }, `${HERE}/Observation/1`),
      post({ ...observation(key('b'), 'Patient/1'), id: '1' }, `${THERE}/Observation/1`),
      post(panel),
      post(
        { ...panel, identifier: [{ system: 'urn:x', value: key('at') }] },
        `${THERE}/Observation/2`,
      ),
    );
    const made = namesIn(answer);
    const { issue } = answer.json().entry[0].response.outcome;
    const places = issue
      .filter(({ details }: Json) => JSON.stringify(details).includes('ambiguous-reference'))
      .flatMap(({ expression }: { expression: string[] }) => expression);
    const member = version === 'r4' ? 'hasMember[0]' : 'related[0].target';
    expect(places).toContain(`Bundle.entry[4].resource.${member}.reference`);
    expect(places.some((place: string) => place.startsWith('Bundle.entry[5]'))).toBe(false);
    const memberOf = async (name = '') => {
      const { hasMember, related } = await read(version, name);
      return (hasMember as Json[])?.[0] ?? (related as Json[])?.[0]?.['target'];
    };
    expect(await memberOf(made[4])).toEqual({ reference: 'Observation/1' });
    expect(await memberOf(made[5])).toEqual({ reference: made[3] });
  });
});

describe.each(both)('a transaction (%s)', (version) => {
  const key = (name: string) => `${name}-${version}-links`;
  const sent = (...entry: Json[]) => send(version, 'fhir', entry);

  it('links wherever a reference may stand, and not what is inside or elsewhere', async () => {
    const result = observation(key('o'), 'Patient/lp', {
      contained: [{ resourceType: 'Device', id: 'd', patient: { reference: 'Patient/lp' } }],
      device: { reference: '#d' },
      extension: [{ url: 'urn:test:link', valueReference: { reference: 'Observation/lo' } }],
      performer: [{ reference: `${THERE}/Practitioner/lo` }],
    });
    const told: Json = {
      resourceType: 'Provenance',
      target: [{ reference: 'Observation/lo' }],
      recorded: '2026-01-05T09:00:00Z',
      agent: [
        version === 'r4' ? { who: { display: 'Arts' } } : { whoReference: { display: 'Arts' } },
      ],
    };
    const letter: Json = {
      resourceType: 'Composition',
      status: 'final',
      type: { text: 'Brief' },
      subject: { reference: 'Patient/lp' },
      date: '2026-01-05',
      author: [{ display: 'Arts' }],
      title: 'Brief',
      section: [
        { title: 'Deel', section: [{ title: 'Dieper', entry: [{ reference: 'Observation/lo' }] }] },
      ],
    };
    const entries = [
      post(told),
      post(letter),
      post(result),
      post({ ...observation(key('lo'), 'Patient/lp'), id: 'lo' }),
      post({ ...patientOf(someone()), id: 'lp' }),
    ];
    const [provenance, composition, first, second, patient] = namesIn(await sent(...entries));
    expect(await read(version, provenance ?? '')).toMatchObject({
      target: [{ reference: second }],
    });
    expect(await read(version, composition ?? '')).toMatchObject({
      subject: { reference: patient },
      section: [{ section: [{ entry: [{ reference: second }] }] }],
    });
    expect(await read(version, first ?? '')).toMatchObject({
      contained: [{ patient: { reference: patient } }],
      device: { reference: '#d' },
      extension: [{ valueReference: { reference: second } }],
      performer: [{ reference: `${THERE}/Practitioner/lo` }],
    });
  });

  it('links entries that refer to each other, and leaves what refers to its own name', async () => {
    const next = (id: string, ...others: string[]) => {
      const related = others.map((other) => ({ reference: `Observation/${other}` }));
      const more =
        version === 'r4'
          ? { hasMember: related }
          : { related: related.map((target) => ({ target })) };
      return post({ ...observation(key(id), 'Patient/cp', more), id });
    };
    const [, a, b] = namesIn(
      await sent(
        post({ ...patientOf(someone()), id: 'cp' }),
        next('ca', 'cb', 'ca'),
        next('cb', 'ca'),
      ),
    );
    const [one, other] = [await read(version, a ?? ''), await read(version, b ?? '')];
    const targets = ({ hasMember, related }: Json) =>
      ((hasMember ?? (related as Json[]).map(({ target }) => target)) as Json[]).map(
        ({ reference }) => reference,
      );
    expect(targets(one)).toEqual([b, 'Observation/ca']);
    expect(targets(other)).toEqual([a]);
  });

  it('takes what stands in it before what was kept under that name', async () => {
    const who = someone();
    const [own, old] = namesIn(
      await sent(
        put(key('kp'), patientOf(who)),
        put(key('ko'), observation(key('old'), `Patient/${key('kp')}`)),
      ),
    );
    const [, made, report] = namesIn(
      await sent(
        post({ ...patientOf(who), id: key('kp') }),
        post({ ...observation(key('new'), own ?? ''), id: key('ko') }),
        post({
          resourceType: 'DiagnosticReport',
          status: 'final',
          code: { text: 'Laboratorium' },
          subject: { reference: own },
          result: [{ reference: old }],
        }),
      ),
    );
    expect(made).not.toBe(old);
    expect(await read(version, report ?? '')).toMatchObject({
      subject: { reference: own },
      result: [{ reference: made }],
    });
  });

  it('finds what is made or found by a condition', async () => {
    const who = someone();
    const only = `identifier=${BSN_SYSTEM}|${who.bsn}`;
    const result = (name: string) => post(observation(key(name), 'Patient/mine'));
    const mine = { ...patientOf(who), id: 'mine' };
    const asked = (request: Json) => ({ resource: mine, request });
    const first = await sent(
      asked({ method: 'POST', url: 'Patient', ifNoneExist: only }),
      result('m1'),
    );
    const [patient, made] = namesIn(first);
    expect(await read(version, made ?? '')).toMatchObject({ subject: { reference: patient } });
    const again = await sent(
      asked({ method: 'POST', url: 'Patient', ifNoneExist: only }),
      result('m2'),
    );
    const [known, second] = namesIn(again);
    expect(known).toBe(patient);
    expect(await read(version, second ?? '')).toMatchObject({ subject: { reference: patient } });
  });

  it('links a patch, also where it sets no more than the reference', async () => {
    const [patient, target] = namesIn(
      await sent(
        put(key('pp'), patientOf(someone())),
        put(key('po'), observation(key('po'), `Patient/${key('pp')}`)),
      ),
    );
    const operations = [
      { op: 'add', path: '/performer', value: [{ reference: 'Practitioner/dr' }] },
      { op: 'add', path: '/performer/1', value: { display: 'x' } },
      { op: 'add', path: '/performer/1/reference', value: 'Practitioner/dr' },
    ];
    const data = Buffer.from(JSON.stringify(operations)).toString('base64');
    const binary: Json = {
      resourceType: 'Binary',
      contentType: 'application/json-patch+json',
      [version === 'r4' ? 'data' : 'content']: data,
    };
    const part = (name: string, value: Json) => ({ name, ...value });
    const parameters: Json = {
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'operation',
          part: [
            part('type', { valueCode: 'replace' }),
            part('path', { valueString: 'Observation.performer[0].reference' }),
            part('value', { valueString: 'Practitioner/dr' }),
          ],
        },
      ],
    };
    const doctor = post({ resourceType: 'Practitioner', id: 'dr', name: [{ family: 'Bos' }] });
    const patch = (resource: Json) => ({ resource, request: { method: 'PATCH', url: target } });
    const goes = post(observation(key('with'), patient ?? ''));
    const [, made] = namesIn(await sent(patch(binary), doctor, goes));
    const reference = { reference: made };
    expect(await read(version, target ?? '')).toMatchObject({ performer: [reference, reference] });
    const [, later] = namesIn(await sent(patch(parameters), doctor, goes));
    expect(later).not.toBe(made);
    expect(await read(version, target ?? '')).toMatchObject({
      performer: [{ reference: later }, reference],
    });
  });

  it('is refused where a name may mean several entries, and does nothing of it', async () => {
    const [first, second] = [someone(), someone()];
    const answer = await sent(
      post({ ...patientOf(first), id: '1' }),
      post({ ...patientOf(second), id: '1' }),
      put(key('none'), observation(key('none'), 'Patient/1')),
      post(
        observation(key('none'), 'Patient/1', {
          performer: [{ reference: 'Patient/1/_history/2' }],
        }),
      ),
    );
    expect(codeAndPlaces(answer).toSorted()).toEqual([
      422,
      'Bundle.entry[2].resource.subject.reference',
      'Bundle.entry[3].resource.performer[0].reference',
      'Bundle.entry[3].resource.subject.reference',
      'ambiguous-reference',
    ]);
    const none = await gateway.ask(`/fhir/${version}/Observation/${key('none')}`, { token });
    expect(none.statusCode).toBe(404);
  });

  it('is refused where nothing of that name is there', async () => {
    const own = { ...patientOf(someone()), id: 'np' };
    for (const [reference, code] of [
      [`Patient/${key('never')}`, 'unknown-patient'],
      [`${HERE}/Patient/np`, 'unknown-patient'],
      ['Patient/NP', 'unknown-patient'],
    ]) {
      const answer = await sent(post(own), post(observation(key('n'), reference ?? '')));
      expect(codeAndPlaces(answer)).toEqual([422, code, 'Bundle.entry[1].resource.subject']);
    }
    const other = await sent(
      post(own, `${HERE}/Patient/np`),
      post(observation(key('n'), 'Patient/np'), `${THERE}/Observation/n`),
    );
    expect(codeAndPlaces(other)).toEqual([
      422,
      'unknown-patient',
      'Bundle.entry[1].resource.subject',
    ]);
    const gone = {
      fullUrl: urn('gone'),
      request: {
        method: 'DELETE',
        url: `Observation?patient=Patient/np&identifier=urn:x|${key('n')}`,
      },
    };
    const more = { performer: [{ reference: urn('gone') }] };
    expect(
      codeAndPlaces(await sent(gone, post(own), post(observation(key('n'), 'Patient/np', more)))),
    ).toEqual([422, 'dangling-reference', 'Bundle.entry[2].resource.performer[0].reference']);
  });

  it('is refused where a name that it uses was that of another person', async () => {
    const [first, second] = [someone(), someone()];
    namesIn(await sent(put(key('sp'), patientOf(first))));
    const answer = await sent(
      post({ ...patientOf(second), id: key('sp') }),
      post(observation(key('s'), `Patient/${key('sp')}`)),
    );
    expect(codeAndPlaces(answer)).toEqual([
      409,
      'identifier-conflict',
      'Bundle.entry[0].resource.identifier',
    ]);
    // An id that nothing refers to is ignored, as in a create.
    const alone = namesIn(await sent(post({ ...patientOf(second), id: key('sp') })));
    expect(alone).not.toEqual([`Patient/${key('sp')}`]);
  });

  it('of kind batch knows each entry alone', async () => {
    const entry = [
      post({ ...patientOf(someone()), id: 'bp' }),
      post(observation(key('b'), 'Patient/bp')),
    ];
    const answer = await gateway.ask(`/fhir/${version}`, {
      token,
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry }),
    });
    const statuses = answer
      .json()
      .entry.map(({ response }: { response: Json }) => response['status']);
    expect(statuses).toEqual(['201 Created', '422']);
  });
});
