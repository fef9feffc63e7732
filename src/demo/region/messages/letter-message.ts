/** A letter as an ITI-65 transaction: SubmissionSet, DocumentReference, PDF and patient. */
import { createHash } from 'node:crypto';
import type { Organisation } from '../../../identity/index.ts';
import { demoId } from '../organisations.ts';
import type { Letter, PersonRecord } from '../record.ts';
import {
  concept,
  type Entry,
  type Json,
  LOINC,
  nameOf,
  patient,
  transaction,
  urn,
} from './fhir-entry.ts';
import { pdfLetter } from './pdf-letter.ts';

const MHD = 'https://profiles.ihe.net/ITI/MHD';

interface Addressed {
  readonly letter: Letter;
  readonly own: Organisation;
  readonly subject: Json;
}

/** A letter as an ITI-65 transaction: SubmissionSet, DocumentReference and the PDF. */
export function letterPush(
  record: PersonRecord,
  letter: Letter,
  own: Organisation,
  bsn: string | undefined,
  options: { metadata: boolean } = { metadata: true },
): Json {
  const { person } = record;
  const self = urn(`${person.key}/${own.ura}/patient`);
  const display = String(nameOf(person)['text']);
  const addressed = { letter, own, subject: { reference: self, display } };
  const bytes = pdfLetter(letter, display);
  const document = urn(`${letter.id}/${own.ura}/document`);
  const binary = urn(`${letter.id}/${own.ura}/binary`);
  const data = bytes.toString('base64');
  const entries: Entry[] = [
    {
      fullUrl: urn(`${letter.id}/${own.ura}/submission`),
      resource: submissionSet(addressed, document),
    },
    { fullUrl: document, resource: documentReference(addressed, bytes, binary, options) },
    {
      fullUrl: binary,
      resource: { resourceType: 'Binary', contentType: 'application/pdf', data },
    },
    { fullUrl: self, resource: patient(person, bsn, own, false) },
  ];
  return transaction(demoId(`${letter.id}/${own.ura}/push`), entries);
}

function submissionSet({ letter, subject }: Addressed, document: string): Json {
  const code = { system: `${MHD}/CodeSystem/MHDlistTypes`, code: 'submissionset' };
  return {
    resourceType: 'List',
    meta: { profile: [`${MHD}/StructureDefinition/IHE.MHD.Minimal.SubmissionSet`] },
    identifier: [{ use: 'usual', system: 'urn:ietf:rfc:3986', value: urn(`${letter.id}/set`) }],
    status: 'current',
    mode: 'working',
    code: { coding: [code] },
    subject,
    date: `${letter.date}T12:00:00+01:00`,
    entry: [{ item: { reference: document } }],
  };
}

function documentReference(
  { letter, own, subject }: Addressed,
  bytes: Buffer,
  binary: string,
  { metadata }: { metadata: boolean },
): Json {
  const kind = {
    type: concept(LOINC, '34117-2', 'Brief'),
    category: [concept(LOINC, '11488-4', 'Consult note')],
  };
  const attachment = {
    contentType: 'application/pdf',
    language: 'nl-NL',
    url: binary,
    title: letter.title,
    size: bytes.length,
    hash: createHash('sha1').update(bytes).digest('base64'),
  };
  const master = urn(`${letter.id}/${own.ura}/master`);
  return {
    resourceType: 'DocumentReference',
    meta: { profile: [`${MHD}/StructureDefinition/IHE.MHD.Minimal.DocumentReference`] },
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: master },
    status: 'current',
    ...(metadata ? kind : {}),
    subject,
    date: `${letter.date}T12:00:00+01:00`,
    description: letter.title,
    author: [{ display: own.name }],
    content: [{ attachment }],
  };
}
