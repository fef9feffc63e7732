/**
 * EDIFACT fragments of other publishers (`edifact-medlab/fragments.json`): each is put into a whole
 * message of the same kind, mapped, and every value that its publisher reads from it must stand
 * where it belongs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Resource } from '../../src/conformance/index.ts';
import { formats, type MappedMessage, overlayOf } from '../../src/ingest/index.ts';

interface Fragment {
  readonly id: string;
  readonly edi: string;
  readonly facts: Facts | readonly Facts[];
}
type Facts = Readonly<Record<string, string | boolean>>;

export interface FragmentResult {
  readonly id: string;
  readonly expected: number;
  /** Names of facts that were not found. */
  readonly absent: readonly string[];
  readonly unread: number;
}

const MEDLAB = [
  "UNB+UNOA:1+50009876+01009876+260105:1200+ref'",
  "UNH+1+MEDLAB:1'",
  "PID+1961:07:04+M+Linden::::B+77'",
  "DET:1+26:01:05+08:30'",
  "IDE:1+J+880011+Bloed'",
  "BEP:1:1:1+0+Kalium+6.1++mmol/l++3.5+5.0+K   B'",
];
const MEDRPT = [
  "UNB+UNOA:1+50009876+01009876+260105:1200+ref'",
  "UNH+1+MEDRPT:D:93A:UN:MRPN32'",
  "BGM+LRP:MF:ITN+880011+9'",
  "PNA+PAT+77+++NAN:Linden'",
  "INV+1+K:AMB:NHG:Kalium'",
  "RSL+NV+6.1+3.5 5.0+mmol/l'",
];

export function runFragments(folder: string): FragmentResult[] {
  const file = readFileSync(join(folder, 'fragments.json'), 'utf8');
  const { fragments } = JSON.parse(file) as { fragments: Fragment[] };
  return fragments.map((fragment) => {
    const messages = read(wholeMessage(fragment));
    const sets = [fragment.facts].flat();
    const absent = sets.flatMap((facts) =>
      Object.entries(facts).flatMap(([name, value]) =>
        holds(messages, name, value, facts) ? [] : [name],
      ),
    );
    const expected = sets.reduce((sum, facts) => sum + Object.keys(facts).length, 0);
    const unread = messages.flatMap((one) => one.issues).filter((one) => one.kind === 'unread');
    return { id: fragment.id, expected, absent, unread: unread.length };
  });
}

/** The message with the fragment where its segments belong. */
function wholeMessage({ id, edi }: Fragment): string {
  const skeleton = id.startsWith('medrpt') ? MEDRPT : MEDLAB;
  const tag = edi.slice(0, 3);
  const at = skeleton.findIndex((segment) => segment.startsWith(tag));
  if (at >= 0) return skeleton.with(at, edi).join('\n');
  const before = skeleton.findIndex((segment) => /^(PID|BGM|INV)/.test(segment));
  const behind = /^(NUB|OPB)/.test(tag) ? skeleton.length : before + (tag === 'PAD' ? 1 : 0);
  return skeleton.toSpliced(tag === 'DTM' ? 4 : behind, 0, edi).join('\n');
}

function read(text: string): readonly MappedMessage[] {
  const bytes = Buffer.from(text, 'latin1');
  const format = formats.find((one) => one.recognise(bytes));
  return format?.name === 'edifact' ? format.read(bytes, overlayOf('default', 'conformance')) : [];
}

const PLACES: Readonly<Record<string, string>> = {
  street: 'address._line.extension',
  house_number: 'address._line.extension',
  house_number_addition: 'address._line.extension',
  city: 'address.city',
  postcode: 'address.postalCode',
  organisation: 'Organization.name',
  department: 'Organization.name',
  responsible_person: 'Practitioner.name',
  requester_agb: 'Practitioner.identifier',
  requester_name: 'Practitioner.name',
  agb: 'identifier',
  initials: 'name.given',
  prefix: 'name._family',
  partner_name: 'Patient.name._family',
  partner_prefix: 'Patient.name._family',
  own_name: 'Patient.name._family',
  own_prefix: 'Patient.name._family',
  bsn: 'Patient.identifier',
  birthDate: 'Patient.birthDate',
  gender: 'Patient.gender',
  lab_number: 'Observation.extension',
  not_performed_test: 'Observation.code',
  code: 'Observation.code',
  low: 'Observation.referenceRange.low',
  high: 'Observation.referenceRange.high',
  unit: 'Observation.valueQuantity',
};

function holds(
  messages: readonly MappedMessage[],
  name: string,
  value: string | boolean,
  facts: Facts,
): boolean {
  const [message] = messages;
  const resources = messages.flatMap((one) => one.resources.map((item) => item.resource));
  const has = (place: string, text: string) => found(resources, place, text);
  const text = String(value);
  switch (name) {
    case 'sender_agb':
      return has('Organization.identifier', text) || message?.messageKey.startsWith(text) === true;
    case 'interchange_ref':
    case 'message_ref':
      return message?.messageKey.split('|').includes(text) === true;
    case 'prepared':
      return message?.messageTime?.startsWith(text) === true;
    case 'type':
      return message?.format === `edifact ${text}`;
    // Said once in the envelope and nowhere needed after: the value must be accounted for.
    case 'receiver_agb':
    case 'version':
    case 'association_code':
    case 'document':
      return message?.issues.every((one) => one.kind !== 'unread') === true;
    case 'function':
      return text === '9' && has('DiagnosticReport.status', 'final');
    case 'phone_digits':
      return has('telecom.value', text);
    case 'complete':
      return has('Observation.status', value === true ? 'final' : 'preliminary');
    case 'observed_local':
      return has('Observation.effectiveDateTime', text);
    case 'kind':
      return has('Observation.valueQuantity.value', String(facts['value']));
    case 'flag':
      return has('Observation.interpretation', text);
    case 'value':
      return has('Observation.value', text);
    case 'system':
      return has('Observation.code', 'nhg');
    case 'requester_kind':
      return has('PractitionerRole.code', text === 'H' ? 'huisarts' : 'specialist');
    case 'role':
      return has(text === 'laboratory' ? 'Organization.identifier' : 'PractitionerRole', '');
    case 'name':
      return has('name', text) || has('Observation.code', text);
    default:
      return name in PLACES && has(PLACES[name] ?? '', text);
  }
}

/** True when some value under the place holds the text; telephone numbers by their digits. */
function found(resources: readonly Resource[], place: string, text: string): boolean {
  return resources.some((resource) =>
    [...leaves(resource, resource.resourceType)].some(([path, value]) => {
      if (!path.includes(place)) return false;
      const plain = place === 'telecom.value' ? value.replace(/\D/g, '') : value;
      return plain.toLowerCase().includes(text.toLowerCase());
    }),
  );
}

function* leaves(value: unknown, path: string): Generator<[string, string]> {
  if (typeof value !== 'object' || value === null) {
    yield [path, String(value)];
    return;
  }
  if ('text' in value && 'toJSON' in value) yield [path, String(value.text)];
  for (const [name, inner] of Object.entries(value)) {
    yield* leaves(inner, Array.isArray(value) ? path : `${path}.${name}`);
  }
}
