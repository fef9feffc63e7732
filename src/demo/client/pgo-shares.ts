/**
 * What the PGO app of the demo sends for its person: a reading taken at home, and a request to
 * correct the record. gegevensdiensten.md 5.1 and 5.5.
 */
import { randomUUID } from 'node:crypto';
import { lineOf, type PgoClient, type PgoSession } from './pgo-client.ts';
import type { Answer } from './trail.ts';

/** Services that are shared to, as the catalogue numbers them. */
export const SHARE_READINGS = '53';
export const ASK_CORRECTION = '9000103';

/** Who sends, as far as the app knows: never a number, since the token says who it is. */
export interface Sender {
  readonly given?: string;
  readonly family?: string;
  readonly birthDate?: string;
}

const TITLE = {
  reading: { nl: 'App stuurt een bloeddruk', en: 'App sends a blood pressure' },
  correction: { nl: 'App vraagt een verbetering', en: 'App asks for a correction' },
} as const;

/** A blood pressure of today, as a batch. */
export function sendBloodPressure(
  client: PgoClient,
  session: PgoSession,
  sender: Sender,
  [systolic, diastolic]: readonly [number, number],
): Promise<Answer> {
  const me = patient(sender);
  const reading = {
    resourceType: 'Observation',
    status: 'final',
    category: [{ coding: [coding('http://hl7.org/fhir/observation-category', 'vital-signs')] }],
    code: { coding: [coding(LOINC, '85354-9', 'Bloeddruk')] },
    subject: { reference: me.fullUrl, display: me.called },
    effectiveDateTime: new Date().toISOString(),
    component: [
      part('8480-6', 'Systolische bloeddruk', systolic),
      part('8462-4', 'Diastolische bloeddruk', diastolic),
    ],
  };
  const entry = [
    me.entry,
    { fullUrl: `urn:uuid:${randomUUID()}`, resource: reading, ...post(reading) },
  ];
  return send(client, session, SHARE_READINGS, { title: TITLE.reading, type: 'batch', entry });
}

/** Asks the provider to change something, in the person's own words. */
export function sendCorrection(
  client: PgoClient,
  session: PgoSession,
  sender: Sender,
  words: string,
): Promise<Answer> {
  const me = patient(sender);
  const request = {
    resourceType: 'Communication',
    status: 'completed',
    subject: { reference: me.fullUrl, display: me.called },
    sent: new Date().toISOString(),
    payload: [{ contentString: words }],
  };
  const entry = [
    me.entry,
    { fullUrl: `urn:uuid:${randomUUID()}`, resource: request, ...post(request) },
  ];
  const title = TITLE.correction;
  return send(client, session, ASK_CORRECTION, { title, type: 'transaction', entry });
}

const LOINC = 'http://loinc.org';

const coding = (system: string, code: string, display?: string) => ({
  system,
  code,
  ...(display === undefined ? {} : { display }),
});

const part = (code: string, display: string, value: number) => ({
  code: { coding: [coding(LOINC, code, display)] },
  valueQuantity: { value, unit: 'mm[Hg]', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
});

const post = (resource: { resourceType: string }) => ({
  request: { method: 'POST', url: resource.resourceType },
});

function patient({ given, family, birthDate }: Sender) {
  const fullUrl = `urn:uuid:${randomUUID()}`;
  const called = [given, family].filter(Boolean).join(' ') || 'de persoon zelf';
  const name = family === undefined ? {} : { name: [{ given: [given], family }] };
  const born = birthDate === undefined ? {} : { birthDate };
  const resource = { resourceType: 'Patient', ...name, ...born };
  return { fullUrl, called, entry: { fullUrl, resource, ...post(resource) } };
}

interface Bundle {
  readonly title: (typeof TITLE)[keyof typeof TITLE];
  readonly type: 'batch' | 'transaction';
  readonly entry: readonly object[];
}

function send(
  client: PgoClient,
  { aanbieder, accessToken, correlationId }: PgoSession,
  service: string,
  { title, type, entry }: Bundle,
): Promise<Answer> {
  const { url, tls } = lineOf(client);
  return client.trail.send(title, `${url}/medmij/${aanbieder}/${service}/fhir`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${accessToken}`,
      'content-type': 'application/fhir+json',
      accept: 'application/fhir+json',
      'MedMij-Request-ID': randomUUID(),
      'X-Correlation-ID': correlationId,
    },
    body: JSON.stringify({ resourceType: 'Bundle', type, entry }),
    ...tls,
  });
}
