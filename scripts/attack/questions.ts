/**
 * Every route by which something could leave, as questions about a world: reads, searches, counts,
 * pages, joins, includes, sorts, history, whole records, exports, conditional requests, writes,
 * and requests that are wrong. `{…}` names what differs between a world and its twin. Long, because
 * it is one table.
 */
import type { Random } from '../../src/demo/region/random.ts';
import type { Item, World } from './world.ts';

export interface Question {
  /** Family, for the report. */
  readonly route: string;
  readonly version: 'r4' | 'stu3';
  readonly format: 'json' | 'xml';
  readonly method?: string;
  /** Below the base; `{id:KEY}`, `{patient:HOLDER}`, `{bsn}` and `{code}` are filled in. */
  readonly path: string;
  readonly form?: readonly (readonly [string, string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The order of the entries is part of the answer. */
  readonly ordered?: true;
  /** Pages are followed to the end. */
  readonly paged?: true;
}

type Draft = Omit<Question, 'version' | 'format' | 'route'>;
type Maker = (random: Random, world: World, version: Question['version']) => Draft;

const SCT = 'http://snomed.info/sct';
const TYPES = [
  'Condition',
  'Observation',
  'AllergyIntolerance',
  'MedicationStatement',
  'Procedure',
  'Immunization',
  'DocumentReference',
  'DiagnosticReport',
  'Flag',
  'Encounter',
] as const;

const DATE_OF: Readonly<Record<string, string>> = {
  Observation: 'date',
  Procedure: 'date',
  Immunization: 'date',
  DiagnosticReport: 'date',
  Encounter: 'date',
  DocumentReference: 'date',
  MedicationStatement: 'effective',
};

const patient = (random: Random, { items }: World): string =>
  `{patient:${random.pick(items).holder}}`;

const anItem = (random: Random, { items }: World, type?: string): Item => {
  const some = items.filter((item) => type === undefined || item.type === type);
  return random.pick(some.length > 0 ? some : items);
};

/** A search with the patient named in one of the ways there are. */
function search(
  random: Random,
  world: World,
  type: string,
  params: readonly string[],
): Pick<Draft, 'path' | 'form'> {
  const anchor = random.pick([
    `patient=Patient/${patient(random, world)}`,
    `patient=${patient(random, world)}`,
    `patient.identifier=http://fhir.nl/fhir/NamingSystem/bsn|{bsn}`,
    `patient:Patient.identifier=http://fhir.nl/fhir/NamingSystem/bsn|{bsn}`,
    `patient._id=${patient(random, world)}`,
  ]);
  const all = [anchor, ...params].filter((one) => one !== '');
  if (random.chance(0.7)) return { path: `${type}?${all.map(encoded).join('&')}` };
  const form = all.map((one): [string, string] => {
    const at = one.indexOf('=');
    return [one.slice(0, at), one.slice(at + 1)];
  });
  return { path: `${type}/_search`, form };
}

/** Values are encoded; the braces of a place to fill in stay. */
const encoded = (param: string): string => {
  const at = param.indexOf('=');
  const value = param.slice(at + 1);
  const safe = encodeURIComponent(value).replaceAll('%7B', '{').replaceAll('%7D', '}');
  return `${param.slice(0, at)}=${safe.replaceAll('%3A', ':')}`;
};

const reading: Readonly<Record<string, Maker>> = {
  read: (random, world) => {
    const item = anItem(random, world);
    return { path: `${item.type}/{id:${item.key}}` };
  },
  'read as another type': (random, world) => ({
    path: `${random.pick(TYPES)}/{id:${anItem(random, world).key}}`,
  }),
  'read patient': (random, world) => ({ path: `Patient/${patient(random, world)}` }),
  head: (random, world) => {
    const item = anItem(random, world);
    return { method: 'HEAD', path: `${item.type}/{id:${item.key}}` };
  },
  vread: (random, world) => {
    const item = anItem(random, world);
    return { path: `${item.type}/{id:${item.key}}/_history/${random.pick(['1', '2', '0', 'x'])}` };
  },
  'history of one': (random, world) => {
    const item = anItem(random, world);
    return { path: `${item.type}/{id:${item.key}}/_history` };
  },
  'history of a type': (random, world) => ({
    path: `${anItem(random, world).type}/_history?_since=2020-01-01&patient=${patient(random, world)}`,
  }),
  'history of all': () => ({ path: '_history?_count=5' }),
  binary: (random, world) => {
    const item = anItem(random, world, 'DocumentReference');
    const headers = random.pick([{}, { accept: 'application/pdf' }, { accept: '*/*' }]);
    return { path: `Binary/{id:${item.binary ? 'binary:' : ''}${item.key}}`, headers };
  },
  'read in part': (random, world) => {
    const item = anItem(random, world);
    const ask = random.pick(['_summary=true', '_elements=code', '_summary=text', '_format=json']);
    return { path: `${item.type}/{id:${item.key}}?${ask}` };
  },
  'conditional read': (random, world) => {
    const item = anItem(random, world);
    const headers = random.pick([
      { 'if-none-match': 'W/"1"' },
      { 'if-none-match': '*' },
      { 'if-modified-since': 'Mon, 01 Jan 2035 00:00:00 GMT' },
      { 'if-match': 'W/"2"' },
    ]);
    return { path: `${item.type}/{id:${item.key}}`, headers };
  },
};

const searching: Readonly<Record<string, Maker>> = {
  search: (random, world) => search(random, world, random.pick(TYPES), []),
  'search patient': () => ({
    path: 'Patient?identifier=http://fhir.nl/fhir/NamingSystem/bsn|{bsn}',
  }),
  'search patient by post': (random) => ({
    path: 'Patient/_search',
    form: [
      ['identifier', 'http://fhir.nl/fhir/NamingSystem/bsn|{bsn}'],
      ...random.pick([[], [['_summary', 'count']], [['birthdate', 'gt1900-01-01']]] as const),
    ],
  }),
  'search by code': (random, world) => {
    const item = anItem(random, world);
    const name = NAME_OF_CODE[item.type] ?? 'code';
    const code = item.code || `${SCT}|1`;
    return search(random, world, item.type, [
      `${name}${random.pick(['', '', ':not', ':text', ':in'])}=${code}`,
    ]);
  },
  'search by identifier': (random, world) => {
    const item = anItem(random, world);
    return search(random, world, item.type, [`identifier=urn:attack:item|{code}-${item.key}`]);
  },
  'search by id': (random, world) => {
    const item = anItem(random, world);
    return search(random, world, item.type, [
      `_id={id:${item.key}},{id:${anItem(random, world, item.type).key}}`,
    ]);
  },
  'search by label': (random, world) =>
    search(random, world, random.pick(TYPES), [
      `_security=${random.pick(['HIV', 'PSY', 'R', 'V', 'VIO'])}`,
    ]),
  'search by date': (random, world) => {
    const type = random.pick(Object.keys(DATE_OF));
    return search(random, world, type, [
      `${DATE_OF[type]}=${random.pick(['ge2022', 'lt2022', 'ne2021', '2023', 'ge2019-02-01'])}`,
    ]);
  },
  'search by time of arrival': (random, world) =>
    search(random, world, random.pick(TYPES), [`_lastUpdated=ge2020-01-01`]),
  'search by value': (random, world) =>
    search(random, world, 'Observation', [
      `value-quantity=${random.pick(['gt45', 'lt45', 'ge40', '42'])}`,
    ]),
  'search what is missing': (random, world) =>
    search(random, world, 'Observation', [
      `${random.pick(['code', 'has-member', 'encounter', 'performer'])}:missing=${random.pick(['true', 'false'])}`,
    ]),
  total: (random, world) =>
    search(random, world, random.pick(TYPES), [
      random.pick(['_total=accurate', '_total=estimate', '_total=none']),
    ]),
  count: (random, world) =>
    search(random, world, random.pick(TYPES), [
      random.pick(['_summary=count', '_count=0', '_summary=count&_total=accurate']),
    ]),
  part: (random, world) =>
    search(random, world, random.pick(TYPES), [
      random.pick(['_summary=true', '_summary=text', '_summary=data', '_elements=code,status']),
    ]),
  text: (random, world) =>
    search(random, world, random.pick(TYPES), [
      random.pick(['_text=kg', '_content=HIV', '_filter=code eq HIV', '_query=all', '_list=1']),
    ]),
};

const NAME_OF_CODE: Readonly<Record<string, string>> = {
  Immunization: 'vaccine-code',
  DocumentReference: 'type',
};

const joining: Readonly<Record<string, Maker>> = {
  pages: (random, world) => ({
    ...search(random, world, random.pick(['Observation', 'Condition', 'Encounter', ...TYPES]), [
      `_count=${random.pick(['1', '2', '3'])}`,
    ]),
    paged: true,
  }),
  sort: (random, world) => {
    const type = random.pick(['Observation', 'Procedure', 'DiagnosticReport', 'Encounter']);
    return {
      ...search(random, world, type, [`_sort=${random.pick(['', '-'])}date`]),
      ordered: true,
    };
  },
  'sort in pages': (random, world) => ({
    ...search(random, world, 'Observation', [
      `_sort=${random.pick(['date', '-date'])}`,
      '_count=2',
    ]),
    paged: true,
    ordered: true,
  }),
  'sort by what may be hidden': (random, world) =>
    search(random, world, 'Observation', [
      `_sort=${random.pick(['code', '-value-quantity', 'encounter', '_lastUpdated', '_id'])}`,
    ]),
  include: (random, world, version) => {
    const [type, include] = random.pick(version === 'r4' ? INCLUDES_R4 : INCLUDES_STU3);
    return search(random, world, type, [
      `_include${random.pick(['', '', ':iterate', ':recurse'])}=${include}`,
    ]);
  },
  revinclude: (random, world, version) => {
    const [type, include] = random.pick(version === 'r4' ? REVERSED_R4 : REVERSED_STU3);
    return search(random, world, type, [`_revinclude${random.pick(['', ':iterate'])}=${include}`]);
  },
  'revinclude from patient': (random) => ({
    path: `Patient?identifier=http://fhir.nl/fhir/NamingSystem/bsn|{bsn}&_revinclude=${random.pick(TYPES)}:${random.pick(['patient', 'subject', '*'])}`,
  }),
  'include all': (random, world) =>
    search(random, world, random.pick(TYPES), [random.pick(['_include=*', '_revinclude=*'])]),
  has: (random, world) =>
    search(
      random,
      world,
      ...random.pick<[string, string[]]>([
        ['Encounter', ['_has:Condition:encounter:code=http://snomed.info/sct|38341003']],
        ['Encounter', ['_has:Observation:encounter:code=http://loinc.org|2345-7']],
        ['Observation', ['_has:DiagnosticReport:result:code=http://loinc.org|24323-8']],
        ['Observation', ['_has:Observation:has-member:_id=x']],
      ]),
    ),
  'has on patient': (random) => ({
    path: `Patient?identifier=http://fhir.nl/fhir/NamingSystem/bsn|{bsn}&_has:${random.pick([
      'Condition:patient:code=http://snomed.info/sct|38341003',
      'Observation:patient:code=http://loinc.org|2345-7',
      'MedicationStatement:patient:code=http://www.whocc.no/atc|C07AB02',
      'Observation:subject:_security=HIV',
    ])}`,
  }),
  chain: (random, world) =>
    search(
      random,
      world,
      ...random.pick<[string, string[]]>([
        ['Observation', ['encounter.date=ge2020']],
        ['Observation', ['has-member.code=http://loinc.org|29463-7']],
        ['DiagnosticReport', ['result.code=http://loinc.org|2345-7']],
        ['DiagnosticReport', ['result:Observation.value-quantity=gt44']],
        ['Condition', ['encounter.identifier=urn:attack:item|{code}-00']],
      ]),
    ),
  'search by reference': (random, world) => {
    const target = anItem(random, world);
    const [type, name] = random.pick([
      ['Observation', 'encounter'],
      ['Observation', 'has-member'],
      ['Observation', 'derived-from'],
      ['DiagnosticReport', 'result'],
      ['Condition', 'encounter'],
      ['Procedure', 'reason-reference'],
    ] as const);
    return search(random, world, type, [`${name}=${target.type}/{id:${target.key}}`]);
  },
  lastn: (random, world) => ({
    path: `Observation/$lastn?patient=Patient/${patient(random, world)}${random.pick(['', '&max=2', '&category=laboratory'])}`,
  }),
  everything: (random, world) => ({
    path: `Patient/${patient(random, world)}/$everything${random.pick(['', '?_count=3', '?_type=Condition', '?start=2020-01-01'])}`,
    paged: true,
  }),
  'several types': (random, world) => ({
    path: `?_type=${random.pick(['Condition,Observation', 'Encounter,Condition,DiagnosticReport', TYPES.join(',')])}&patient=Patient/${patient(random, world)}${random.pick(TOGETHER)}`,
    paged: true,
  }),
  compartment: (random, world) => ({
    path: `Patient/${patient(random, world)}/*${random.pick(['?', '?_type=Condition,Patient'])}${random.pick(TOGETHER)}`,
    paged: true,
  }),
  'compartment of a visit': (random, world) => ({
    path: `Encounter/{id:${anItem(random, world).key}}/${random.pick(['Observation', 'Condition', 'Encounter'])}${random.pick([`?patient=Patient/${patient(random, world)}`, ''])}`,
    paged: true,
  }),
  'history of all types': (random, world) => ({
    path: `_history?patient=Patient/${patient(random, world)}${random.pick(['', '&_count=3', '&_since=2020-01-01', '&_at=2020', '&_at=2100'])}`,
    paged: true,
  }),
  summary: (random, world) => ({ path: `Patient/${patient(random, world)}/$summary` }),
};

const TOGETHER = [
  ...['', '&_summary=count', '&_count=3', '&_sort=_lastUpdated', '&_elements=code'],
  ...['&_include=*', '&_revinclude=Observation:encounter', '&_include:iterate=*'],
  ...['&_revinclude=*', '&_revinclude=Provenance:target'],
];

type Pair = readonly [string, string];
const INCLUDES_R4: readonly Pair[] = [
  ['Observation', 'Observation:encounter'],
  ['Observation', 'Observation:has-member'],
  ['Observation', 'Observation:derived-from'],
  ['DiagnosticReport', 'DiagnosticReport:result'],
  ['Condition', 'Condition:encounter'],
  ['Procedure', 'Procedure:reason-reference'],
  ['Condition', 'Condition:patient'],
  ['DocumentReference', 'DocumentReference:patient'],
];
const INCLUDES_STU3: readonly Pair[] = [
  ['Observation', 'Observation:encounter'],
  ['Observation', 'Observation:related-target'],
  ['DiagnosticReport', 'DiagnosticReport:result'],
  ['Condition', 'Condition:context'],
  ['Condition', 'Condition:patient'],
];
const REVERSED_R4: readonly Pair[] = [
  ['Encounter', 'Observation:encounter'],
  ['Encounter', 'Condition:encounter'],
  ['Observation', 'DiagnosticReport:result'],
  ['Observation', 'Observation:has-member'],
  ['Condition', 'Procedure:reason-reference'],
];
const REVERSED_STU3: readonly Pair[] = [
  ['Encounter', 'Observation:encounter'],
  ['Encounter', 'Condition:encounter'],
  ['Observation', 'DiagnosticReport:result'],
];

const changing: Readonly<Record<string, Maker>> = {
  'conditional create': (random, world) => {
    const item = anItem(random, world);
    return {
      path: item.type,
      method: 'POST',
      headers: {
        'content-type': 'application/fhir+json',
        'if-none-exist': `identifier=urn:attack:item|${world.code}-${item.key}`,
      },
      body: JSON.stringify({ resourceType: item.type }),
    };
  },
  update: (random, world) => {
    const item = anItem(random, world);
    return {
      path: `${item.type}/{id:${item.key}}`,
      method: 'PUT',
      headers: {
        'content-type': 'application/fhir+json',
        ...random.pick([{}, { 'if-match': 'W/"1"' }]),
      },
      body: JSON.stringify({ resourceType: item.type, id: `{id:${item.key}}` }),
    };
  },
  patch: (random, world) => {
    const item = anItem(random, world);
    return {
      path: `${item.type}/{id:${item.key}}`,
      method: 'PATCH',
      headers: { 'content-type': 'application/json-patch+json' },
      body: JSON.stringify([{ op: 'test', path: '/resourceType', value: item.type }]),
    };
  },
  'patch a list': (random, world) => ({
    path: `List/{id:${anItem(random, world).key}}`,
    method: 'PATCH',
    headers: { 'content-type': 'application/json-patch+json' },
    body: JSON.stringify([
      {
        op: 'add',
        path: '/entry/-',
        value: { item: { reference: `Condition/{id:${anItem(random, world).key}}` } },
      },
    ]),
  }),
  delete: (random, world) => {
    const item = anItem(random, world);
    return { path: `${item.type}/{id:${item.key}}`, method: 'DELETE' };
  },
  'conditional delete': (random, world) => {
    const item = anItem(random, world);
    return { path: `${item.type}?identifier=urn:attack:item|{code}-${item.key}`, method: 'DELETE' };
  },
  batch: (random, world) => {
    const item = anItem(random, world);
    return {
      path: '',
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({
        resourceType: 'Bundle',
        type: random.pick(['batch', 'transaction']),
        entry: [{ request: { method: 'GET', url: `${item.type}/{id:${item.key}}` } }],
      }),
    };
  },
  export: (random, world) => ({
    path: random.pick(['$export', 'Patient/$export', `Patient/${patient(random, world)}/$export`]),
    headers: { prefer: 'respond-async', accept: 'application/fhir+json' },
  }),
  graphql: (random, world) => {
    const { type, key } = anItem(random, world);
    return { path: `$graphql?query={a:${type}(id:"{id:${key}}"){id}}` };
  },
  'a write of consent': (_random, world) => ({
    path: 'Consent',
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({
      resourceType: 'Consent',
      status: 'active',
      patient: { reference: `Patient/{patient:${world.items[0]?.holder}}` },
    }),
  }),
  wrong: (random, world) => {
    const item = anItem(random, world);
    return random.pick<Draft>([
      { path: `${item.type}/{id:${item.key}}/$nothing` },
      { path: `${item.type}/{id:${item.key}}`, headers: { accept: 'text/csv' } },
      {
        path: `${item.type}?patient=Patient/{patient:${item.holder}}&nothing=1`,
        headers: { prefer: 'handling=strict' },
      },
      { path: `${item.type}?patient=Patient/{patient:${item.holder}}&_count=x` },
      { path: `${item.type}?identifier=urn:attack:item|{code}-${item.key}` },
      { path: `Observation?patient=Patient/{patient:${item.holder}}&date=geyesterday` },
      { path: `Nothing/{id:${item.key}}` },
    ]);
  },
};

const MAKERS: Readonly<Record<string, Maker>> = {
  ...reading,
  ...searching,
  ...joining,
  ...changing,
};

export const ROUTES = Object.keys(MAKERS);

/** One question of a route, in one version and format. */
export function makeQuestion(random: Random, world: World, route = random.pick(ROUTES)): Question {
  const version = random.chance(0.65) ? 'r4' : 'stu3';
  const maker = MAKERS[route];
  if (!maker) throw new RangeError('There is no such route.');
  const format = random.chance(0.7) ? 'json' : 'xml';
  return { route, version, format, ...maker(random, world, version) };
}
