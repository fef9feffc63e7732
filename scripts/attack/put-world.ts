/** Puts a world into the gateway by the way in: one FHIR transaction for each holder. */
import { createHash } from 'node:crypto';
import type { Ids, Installation, Member } from './installation.ts';
import type { Item, Json, World } from './world.ts';

const BSN_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/bsn';
const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const ITEMS = 'urn:attack:item';

const LISTS = new Set(['hasMember', 'derivedFrom', 'result', 'reasonReference']);

export interface Part {
  /** Only these items are put in, without a reference to any other. */
  readonly items: ReadonlySet<string>;
  readonly holders: ReadonlySet<string>;
}

/** @throws Error when a holder's transaction is refused. @returns the ids that were given. */
export async function putWorld(to: Installation, world: World, part?: Part): Promise<Ids> {
  const ids = new Map<string, string>();
  const names = [...new Set(world.items.map(({ holder }) => holder))];
  for (const name of names) {
    if (part && !part.holders.has(name)) continue;
    const member = to.holders.find((one) => one.name === name);
    if (!member) throw new Error('This world has a holder that the installation does not know.');
    const items = world.items.filter(
      ({ key, holder }) => holder === name && (!part || part.items.has(key)),
    );
    await putHolder(to, world, member, items, ids);
  }
  return ids;
}

async function putHolder(
  to: Installation,
  world: World,
  holder: Member,
  items: readonly Item[],
  ids: Map<string, string>,
): Promise<void> {
  const entries: { key: string; resource: Json }[] = [
    { key: `patient:${holder.name}`, resource: patientOf(world, holder) },
  ];
  const present = new Set(items.map(({ key }) => key));
  for (const item of items) {
    entries.push({ key: item.key, resource: resourceOf(world, item, present) });
    if (item.binary) entries.push({ key: `binary:${item.key}`, resource: binaryOf(item) });
  }
  const answer = await to.line.ask({
    path: `/intake/${holder.client}/fhir`,
    token: await to.token(holder.client, {}),
    headers: { 'content-type': 'application/fhir+json', accept: 'application/fhir+json' },
    body: JSON.stringify({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: entries.map(({ key, resource }) => ({
        fullUrl: urnOf(world, key),
        resource,
        request: { method: 'POST', url: resource['resourceType'] },
      })),
    }),
  });
  if (answer.status !== 200)
    throw new Error(`The intake answered ${answer.status}: ${answer.body}`);
  const { entry = [] } = JSON.parse(answer.body) as {
    entry?: { response: { location?: string } }[];
  };
  for (const [at, { key }] of entries.entries()) {
    const location = entry[at]?.response.location ?? '';
    const id = /\/([A-Za-z0-9\-.]{1,64})\/_history\/\d+$/.exec(location)?.[1];
    if (id === undefined) throw new Error('The intake did not say where it put a resource.');
    ids.set(key, id);
  }
}

function patientOf({ bsn, code, birthDate }: World, holder: Member): Json {
  return {
    resourceType: 'Patient',
    identifier: [
      { system: BSN_SYSTEM, value: bsn },
      { system: ITEMS, value: `${code}-${holder.name}` },
    ],
    name: [{ family: 'Aanvalsproef', given: ['Test'] }],
    birthDate,
  };
}

const urnOf = (world: World, key: string): string => {
  const hex = createHash('sha256').update(`${world.code}/${world.bsn}/${key}`).digest('hex');
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

function coded(code: string): Json {
  const at = code.lastIndexOf('|');
  return { coding: [{ system: code.slice(0, at), code: code.slice(at + 1) }] };
}

function securityOf(labels: readonly string[]): Json {
  if (labels.length === 0) return {};
  const security = labels.map((code) => ({
    system: /^[NRV]$/.test(code) ? CONFIDENTIALITY : ACT_CODE,
    code,
  }));
  return { meta: { security } };
}

function resourceOf(world: World, item: Item, present: ReadonlySet<string>): Json {
  const refers: Record<string, unknown> = {};
  for (const { element, key } of item.refers) {
    if (!present.has(key)) continue;
    const reference = { reference: urnOf(world, key) };
    if (!LISTS.has(element)) refers[element] = reference;
    else refers[element] = [...((refers[element] as Json[]) ?? []), reference];
  }
  const subject = { reference: urnOf(world, `patient:${item.holder}`) };
  const common = {
    resourceType: item.type,
    ...securityOf(item.labels),
    identifier: [{ system: ITEMS, value: `${world.code}-${item.key}` }],
    ...(item.code === '' ? {} : { code: coded(item.code) }),
  };
  const by = item.author === undefined ? undefined : authorOf(item.author);
  return { ...common, ...BODIES[item.type]?.(item, subject, by, world), ...refers };
}

function authorOf(author: string): Json {
  const at = author.lastIndexOf('|');
  return { identifier: { system: author.slice(0, at), value: author.slice(at + 1) } };
}

type Body = (item: Item, subject: Json, by: Json | undefined, world: World) => Json;

const CLINICAL = 'http://terminology.hl7.org/CodeSystem';
const active = (kind: string) => coded(`${CLINICAL}/${kind}|active`);

const BODIES: Readonly<Record<string, Body>> = {
  Encounter: ({ date }, subject) => ({
    status: 'finished',
    class: { system: ACT_CODE, code: 'AMB', display: 'poli' },
    subject,
    // With an end: two that are open have no order by date but that of their ids.
    period: { start: `${date}T10:00:00+01:00`, end: `${date}T10:30:00+01:00` },
  }),
  Condition: ({ date }, subject, by) => ({
    clinicalStatus: active('condition-clinical'),
    subject,
    recordedDate: date,
    ...(by ? { asserter: by } : {}),
  }),
  Observation: ({ date, category, key }, subject, by) => ({
    status: 'final',
    category: [
      coded(
        `${CLINICAL}/observation-category|${category === 'GGC012' ? 'laboratory' : 'vital-signs'}`,
      ),
    ],
    subject,
    effectiveDateTime: date,
    ...(by ? { performer: [by] } : {}),
    valueQuantity: { value: 40 + Number(key), unit: 'kg' },
  }),
  AllergyIntolerance: ({ date }, patient, by) => ({
    clinicalStatus: active('allergyintolerance-clinical'),
    patient,
    recordedDate: date,
    ...(by ? { asserter: by } : {}),
  }),
  MedicationStatement: ({ date, code }, subject, by) => ({
    status: 'active',
    code: undefined,
    medicationCodeableConcept: coded(code),
    subject,
    effectiveDateTime: date,
    ...(by ? { informationSource: by } : {}),
  }),
  Procedure: ({ date }, subject, by) => ({
    status: 'completed',
    subject,
    performedDateTime: date,
    ...(by ? { performer: [{ actor: by }] } : {}),
  }),
  Immunization: ({ date, code }, patient, by) => ({
    status: 'completed',
    code: undefined,
    vaccineCode: coded(code),
    patient,
    occurrenceDateTime: date,
    ...(by ? { performer: [{ actor: by }] } : {}),
  }),
  DocumentReference: ({ date, code, key }, subject, by, world) => ({
    status: 'current',
    code: undefined,
    type: coded(code),
    subject,
    date: `${date}T12:00:00+01:00`,
    ...(by ? { author: [by] } : {}),
    content: [
      {
        attachment: {
          contentType: 'application/pdf',
          url: urnOf(world, `binary:${key}`),
          size: bytesOf(key).length,
          hash: createHash('sha1').update(bytesOf(key)).digest('base64'),
        },
      },
    ],
  }),
  DiagnosticReport: ({ date }, subject, by) => ({
    status: 'final',
    subject,
    effectiveDateTime: date,
    ...(by ? { performer: [by] } : {}),
  }),
  Flag: ({ date }, subject, by) => ({
    status: 'active',
    subject,
    period: { start: date },
    ...(by ? { author: by } : {}),
  }),
};

const bytesOf = (key: string): Buffer =>
  Buffer.from(`%PDF-1.4\n1 0 obj <</Type /Catalog /Lang (${key})>> endobj\n%%EOF\n`, 'latin1');

const binaryOf = ({ key }: Item): Json => ({
  resourceType: 'Binary',
  contentType: 'application/pdf',
  data: bytesOf(key).toString('base64'),
});
