/**
 * Invented people and what their senders say of them, as FHIR. BSNs that start with 99999 are for
 * tests.
 */
import { createHash } from 'node:crypto';
import type { NewRule } from '../../src/consent/choice.ts';
import { BSN_SYSTEM, type Gateway } from './gateway.ts';

export interface Person {
  readonly bsn: string;
  readonly family: string;
  readonly birthDate: string;
}

/** A person of a test's own: the number counts up until the eleven-test holds. */
export function person(number: number): Person {
  const bsn = bsnFrom(999_990_000 + number * 40);
  return { bsn, family: `Proefman${number}`, birthDate: '1970-03-01' };
}

function bsnFrom(start: number): string {
  for (let number = start; ; number += 1) {
    const digits = [...String(number)].map(Number);
    const sum = digits.reduce((total, digit, at) => total + digit * (at === 8 ? -1 : 9 - at), 0);
    if (sum % 11 === 0) return String(number);
  }
}

export type Json = Record<string, unknown>;

export function patientOf({ bsn, family, birthDate }: Person, more: Json = {}): Json {
  return {
    resourceType: 'Patient',
    identifier: [{ system: BSN_SYSTEM, value: bsn }],
    name: [{ family, given: ['Test'], text: `Test ${family}` }],
    birthDate,
    text: {
      status: 'generated',
      div: `<div xmlns="http://www.w3.org/1999/xhtml">Test ${family}, BSN ${bsn}</div>`,
    },
    ...more,
  };
}

export function entry(fullUrl: string, resource: Json, request?: Json): Json {
  return {
    fullUrl,
    resource,
    request: request ?? { method: 'POST', url: resource['resourceType'] },
  };
}

export function transaction(entries: readonly Json[], id?: string): Json {
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    ...(id === undefined ? {} : { identifier: { system: 'urn:test:message', value: id } }),
    entry: entries,
  };
}

export const urn = (name: string): string => {
  const hex = createHash('sha256').update(name).digest('hex');
  const part = (from: number, to: number) => hex.slice(from, to);
  const end = `8${part(17, 20)}-${part(20, 32)}`;
  return `urn:uuid:${part(0, 8)}-${part(8, 12)}-4${part(13, 16)}-${end}`;
};

export function observation(key: string, subject: string, more: Json = {}): Json {
  return {
    resourceType: 'Observation',
    identifier: [{ system: 'urn:test:observation', value: key }],
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '29463-7', display: 'Gewicht' }] },
    subject: { reference: subject },
    effectiveDateTime: '2026-01-05T09:00:00+01:00',
    valueQuantity: { value: 70, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
    ...more,
  };
}

export function condition(key: string, subject: string, more: Json = {}): Json {
  return {
    resourceType: 'Condition',
    identifier: [{ system: 'urn:test:condition', value: key }],
    clinicalStatus: {
      coding: [
        { system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' },
      ],
    },
    code: {
      coding: [{ system: 'http://snomed.info/sct', code: '38341003', display: 'Hypertensie' }],
    },
    subject: { reference: subject },
    ...more,
  };
}

const PDF = Buffer.from('%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\n%%EOF\n', 'latin1');

/** A document and its bytes; `change` edits the attachment, the document or the Binary. */
export function letter(
  key: string,
  subject: string,
  change: { attachment?: Json; document?: Json; binary?: Json; bytes?: Buffer } = {},
): Json[] {
  const bytes = change.bytes ?? PDF;
  const binary = urn(`${key}/binary`);
  return [
    entry(urn(`${key}/document`), {
      resourceType: 'DocumentReference',
      masterIdentifier: { system: 'urn:ietf:rfc:3986', value: urn(`${key}/master`) },
      status: 'current',
      type: { coding: [{ system: 'http://loinc.org', code: '34117-2', display: 'Brief' }] },
      subject: { reference: subject },
      content: [
        {
          attachment: {
            contentType: 'application/pdf',
            url: binary,
            size: bytes.length,
            hash: createHash('sha1').update(bytes).digest('base64'),
            ...change.attachment,
          },
        },
      ],
      ...change.document,
    }),
    entry(binary, {
      resourceType: 'Binary',
      contentType: 'application/pdf',
      data: bytes.toString('base64'),
      ...change.binary,
    }),
  ];
}

/** The person's vault; the person must have come in before. */
export async function vaultOf({ rooms }: Gateway, { bsn }: Person): Promise<string> {
  const identifier = { system: BSN_SYSTEM, value: bsn };
  const vault = await rooms.store.findVault(rooms.database, identifier);
  if (vault === undefined) throw new Error('this person is not known');
  return vault;
}

/** Saves choices as the person does on the own pages. @returns ids of the choices. */
export async function choose(gateway: Gateway, one: Person, rules: readonly NewRule[]) {
  const saved = await gateway.rooms.consent.choices.save(
    await vaultOf(gateway, one),
    rules.map((rule) => ({ kind: 'put', rule })),
    act(await vaultOf(gateway, one)),
    { patient: { birthDate: one.birthDate } },
  );
  return saved.choices.map(({ rule }) => rule.id);
}

export async function withdraw(gateway: Gateway, one: Person, ids: readonly string[]) {
  await gateway.rooms.consent.choices.save(
    await vaultOf(gateway, one),
    ids.map((id) => ({ kind: 'withdraw', id })),
    act(await vaultOf(gateway, one)),
    { patient: { birthDate: one.birthDate } },
  );
}

function act(vault: string) {
  return {
    performers: [{ rel: 'self' as const }],
    agent: { kind: 'person' as const, id: vault },
    channel: 'portal',
    assurance: 'substantial',
    text: { version: '2026-1', language: 'nl' as const, digest: 'd'.repeat(64) },
  };
}

/** All that hospitals hold may be seen by GP practices. */
export const HOSPITALS_TO_GPS: NewRule = {
  type: 'permit',
  holder: { level: 'cat', value: 'ZKH' },
  recipient: { level: 'cat', value: 'HA' },
  data: { level: 'all' },
};
