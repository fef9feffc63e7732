/** One malformed request to a FHIR route: hostile in its address, its headers, its body, or all. */
import type { Random } from '../../src/demo/region/random.ts';
import { hostileBody } from './fuzz-body.ts';

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

export interface FuzzWorld {
  readonly senderToken: string;
  readonly partnerToken: string;
  readonly sender: string;
  /** `Patient/id` and `Observation/id` that are there. */
  readonly references: readonly string[];
}

const TYPES = [
  'Patient',
  'Observation',
  'Condition',
  'Binary',
  'DocumentReference',
  'List',
  'AuditEvent',
  'Nonsense',
  'patient',
  '$everything',
  '_history',
  '%00',
  '..',
  '__proto__',
  'constructor',
];
const TAILS = [
  '',
  '/_history',
  '/_history/1',
  '/_history/999999999999',
  '/$everything',
  '/$meta',
  '/$validate',
  '/$nonsense',
  '/_search',
  '/$lastn',
  '/$export',
  '/x/y/z',
];
const ODD = [
  '',
  '%',
  '%00',
  '%E0%A4%A',
  "'; drop table resource; --",
  '{{7*7}}',
  '../../etc/passwd',
  'a'.repeat(300),
  'é'.repeat(50),
  '\u202e',
  '-1',
  '1e999',
  '9007199254740993',
  '0000-00-00',
  '2026-02-30T25:61:61Z',
  'gt2026-01-01',
  'Patient/',
  '|',
  '||',
  '\\,\\|',
  ',',
  'http://[::1',
  'null',
  'undefined',
  '__proto__',
  '\u0000',
  '🩺',
  '1e-400',
  '1e99999999999',
  'ap0',
  '9999-12-31T23:59:60Z',
  '2020-01-01T10:00:00+99:99',
  'Encounter/',
  'a$b$c',
  '\\'.repeat(300),
  'x,'.repeat(300),
];
const PARAMETERS = [
  '_id',
  '_count',
  '_since',
  '_cursor',
  '_sort',
  '_include',
  '_revinclude',
  '_has:Observation:patient:code',
  '_summary',
  '_elements',
  '_format',
  '_pretty',
  '_total',
  '_type',
  '_lastUpdated',
  'patient',
  'patient.identifier',
  'identifier',
  'code',
  'code:in',
  'date',
  'value-quantity',
  'component-code-value-quantity',
  'subject:Patient',
  'name:exact',
  'max',
  'start',
  'end',
  'profile',
  ':',
  '_has',
  '_filter',
  'ünïcode',
];
const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const MEDIA = [
  ...Array.from({ length: 12 }, () => 'application/fhir+json'),
  'application/fhir+json',
  'application/fhir+xml',
  'application/json-patch+json',
  'application/json',
  'application/x-www-form-urlencoded',
  'application/fhir+json; fhirVersion=3.0',
  'application/fhir+json; fhirVersion=99',
  'text/csv',
  'multipart/form-data; boundary=x',
  ';;;',
  '',
];
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  accept: [
    ...['application/fhir+xml', '*/*;q=0', 'text/html', ',,,;q=', 'application/fhir+json;q=x'],
    ...['x'.repeat(7_000), 'a/b,'.repeat(1_500), 'application/fhir+json; fhirVersion="4.0; x'],
  ],
  'if-match': ['W/"1"', '"', 'W/"99999999999999999999"', '*', 'W/'],
  'if-none-match': ['*', 'W/"1"', '""', ',,,'],
  'if-modified-since': [
    ...['yesterday', 'Thu, 01 Jan 1970 00:00:00 GMT', ''],
    ...['9'.repeat(500), 'Mon, 99 Jan 99999 99:99:99 GMT'],
  ],
  'if-none-exist': ['identifier=a|b', '?', '=', '_id=%', 'nonsense=1', '%E0%A4%A'],
  prefer: [
    ...['return=minimal', 'return=representation', 'return=', 'handling=strict', ';;'],
    ...['return=;handling=,,;=;return', 'return=minimal, return=x; wait=1e9'],
  ],
  'accept-encoding': ['br', 'gzip', 'identity;q=0', 'x'.repeat(200), 'gzip;q=0, br;q=x, *;q=9e99'],
  'x-http-method-override': ['DELETE'],
  origin: ['null', 'https://other.example'],
  'content-encoding': ['gzip', 'nonsense'],
  range: ['bytes=0-1', 'bytes=-'],
  'x-correlation-id': ['not a uuid', 'x'.repeat(2_000)],
  'x-forwarded-for': ['1.2.3.4, 5.6.7.8', "'"],
};

/** The same random stream makes the same request. */
export function fuzzRequest(random: Random, world: FuzzWorld): FuzzRequest {
  if (random.chance(0.3)) return aimed(random, world);
  const base = random.pick([
    '/fhir/r4',
    '/fhir/stu3',
    '/fhir/r4',
    '/fhir/stu3',
    doorOf(random, world),
  ]);
  const method = random.pick(METHODS);
  const headers: Record<string, string> = {};
  const token = tokenOf(random, world);
  if (token !== undefined) headers['authorization'] = token;
  for (const [name, values] of Object.entries(HEADERS)) {
    if (random.chance(0.08)) headers[name] = random.pick(values);
  }
  const hasBody = !['GET', 'HEAD'].includes(method) && random.chance(0.9);
  const body = hasBody ? hostileBody(random, world.references) : undefined;
  if (body) {
    const media = random.pick(MEDIA);
    if (media !== '') headers['content-type'] = media;
  }
  return { method, path: `${base}${pathOf(random, world)}${queryOf(random)}`, headers, body };
}

/** Well meant but for its body: gets as far as the record. */
function aimed(random: Random, world: FuzzWorld): FuzzRequest {
  const base = random.pick(['/fhir/r4', '/fhir/stu3']);
  const [method, path] = random.pick([
    ['POST', '/Observation'],
    ['PUT', '/Observation/fuzz-1'],
    ['PUT', '/Observation/fuzz-2'],
    ['PATCH', '/Observation/fuzz-1'],
    ['PUT', '/Observation?identifier=urn:fuzz|1'],
    ['POST', '/Observation/$validate'],
    ['DELETE', '/Observation/fuzz-2'],
    ['POST', ''],
    ['POST', ''],
  ] as const);
  const body = method === 'DELETE' ? undefined : hostileBody(random, world.references);
  const headers: Record<string, string> = {
    authorization: `Bearer ${world.senderToken}`,
    'content-type': body?.[0] === LESS_THAN ? 'application/fhir+xml' : 'application/fhir+json',
  };
  for (const [name, values] of Object.entries(HEADERS)) {
    if (random.chance(0.05)) headers[name] = random.pick(values);
  }
  return { method, path: `${base}${path}`, headers, body };
}

const LESS_THAN = 0x3c;

function doorOf(random: Random, { sender }: FuzzWorld): string {
  return random.pick([
    `/intake/${sender}/fhir`,
    '/medmij/kennemerzoom/48/fhir',
    '/fhir/r9',
    '/fhir',
  ]);
}

function tokenOf(random: Random, { senderToken, partnerToken }: FuzzWorld): string | undefined {
  if (random.chance(0.45)) return `Bearer ${senderToken}`;
  if (random.chance(0.75)) return `Bearer ${partnerToken}`;
  return random.pick([undefined, 'Bearer', 'Bearer x', `Basic ${senderToken}`, 'Bearer a b', '"']);
}

function pathOf(random: Random, { references }: FuzzWorld): string {
  if (random.chance(0.1)) return random.pick(['', '/', '/metadata', '//', '/_search', '/jobs/x']);
  const place = random.chance(0.4)
    ? random.pick(references)
    : `${random.pick(TYPES)}${random.chance(0.6) ? `/${safe(random.pick(ODD))}` : ''}`;
  return `/${place}${random.chance(0.5) ? random.pick(TAILS) : ''}`;
}

function queryOf(random: Random): string {
  if (random.chance(0.5)) return '';
  const pairs = Array.from({ length: random.int(1, 5) }, () => {
    const name = random.pick(PARAMETERS);
    const value = random.pick(ODD);
    return random.chance(0.2)
      ? safe(`${name}=${value}`)
      : `${safe(name)}=${encodeURIComponent(value)}`;
  });
  return `?${pairs.join('&')}`;
}

/** What may stand in a request line at all; the rest goes over a bare socket. */
function safe(text: string): string {
  return [...text]
    .map((one) => (/[!-~]/.test(one) && one !== '#' ? one : encodeURIComponent(one)))
    .join('');
}
