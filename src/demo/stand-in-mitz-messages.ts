/** The messages of the stand-in of Mitz: what it reads, and what it answers and notifies. */
import { randomUUID } from 'node:crypto';
import { SaxesParser } from 'saxes';

export interface MitzChoice {
  readonly bsn: string;
  /** URA of the holder. */
  readonly holder: string;
  /** National organisation type of the holder. */
  readonly holderType: string;
  /** Code of a category of recipients, `RPZAC001` …. */
  readonly recipient: string;
  readonly permit: boolean;
  readonly at: string;
}

export interface Subscription {
  readonly id: string;
  readonly bsn: string;
  readonly holder: string;
  readonly endpoint: string;
}

export interface Question {
  bsn: string;
  holder: string;
  categories: string[];
  recipientType: string;
}

/** What the question is about, from the attributes of its message. */
export function readQuestion(xml: string): Question {
  const question: Question = { bsn: '', holder: '', categories: [], recipientType: '' };
  const parser = new SaxesParser({ xmlns: true });
  let attribute = '';
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ local, attributes }) => {
    if (local === 'Attribute') attribute = attributes['AttributeId']?.value ?? '';
    const value = attributes['extension']?.value ?? attributes['code']?.value ?? '';
    if (local !== 'InstanceIdentifier' && local !== 'CodedValue') return;
    if (attribute.endsWith(':resource-id')) question.bsn = value;
    if (attribute.endsWith(':author-institution:id')) question.holder = value;
    if (attribute.endsWith(':event-code')) question.categories.push(value);
    if (attribute.endsWith(':consulting-healthcare-facility-type-code')) {
      question.recipientType = value;
    }
  });
  parser.write(xml).close();
  return question;
}

/** One answer for every category that was asked. */
export function answerOf(categories: readonly string[], decision: string): string {
  const results = categories.map(
    (category) => `<Result><Decision>${decision}</Decision>
<Attributes Category="urn:oasis:names:tc:xacml:3.0:attribute-category:action">
<Attribute AttributeId="urn:ihe:iti:appc:2016:document-entry:event-code" IncludeInResult="true">
<AttributeValue DataType="urn:hl7-org:v3#CV"><CodedValue xmlns="urn:hl7-org:v3" code="${category}" \
codeSystem="2.16.840.1.113883.2.4.3.111.5.10.1"/></AttributeValue></Attribute></Attributes>
</Result>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Body>
<Response xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17">${results.join('')}</Response>
</soap:Body></soap:Envelope>`;
}

/** @throws Error for what is no subscription. */
export function subscriptionIn(xml: string): Omit<Subscription, 'id'> {
  const criteria = /<criteria value="([^"]*)"/.exec(xml)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const query = new URLSearchParams(criteria.split('?')[1] ?? '');
  const endpoint = /<endpoint value="([^"]*)"/.exec(xml)?.[1] ?? '';
  const [bsn, holder] = [query.get('patientid'), query.get('providerid')];
  if (!bsn || !holder || endpoint === '') throw new Error('no subscription');
  return { bsn, holder, endpoint };
}

/** A refusal comes as the real register sends it: `inactive`, and without a type. */
export function notificationOf(choice: MitzChoice): string {
  const [consent, patient, organisation] = [randomUUID(), randomUUID(), randomUUID()];
  const coded = (system: string, code: string) =>
    `<coding><system value="${system}"/><code value="${code}"/></coding>`;
  const extension = `<extension url="http://fhir.nl/StructureDefinition/OTV-ProviderCategory">
<valueCodeableConcept>${coded(
    'http://fhir.nl/otv/CodeSystem/raadplegende-zorgaanbiedercategorie',
    choice.recipient,
  )}</valueCodeableConcept></extension>`;
  const entry = (id: string, resource: string, type: string) =>
    `<entry><fullUrl value="urn:uuid:${id}"/><resource>${resource}</resource>
<request><method value="POST"/><url value="${type}"/></request></entry>`;
  return `<Bundle xmlns="http://hl7.org/fhir"><type value="transaction"/>${entry(
    consent,
    `<Consent><id value="${consent}"/><text><status value="generated"/>
<div xmlns="http://www.w3.org/1999/xhtml">Keuze van de stand-in van Mitz.</div></text>${extension}
<status value="${choice.permit ? 'active' : 'inactive'}"/>
<scope>${coded('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy')}</scope>
<category>${coded('http://fhir.nl/otv/CodeSystem/gegevenscategorie', 'GGC002')}</category>
<patient><reference value="urn:uuid:${patient}"/></patient><dateTime value="${choice.at}"/>
<provision>${choice.permit ? '<type value="permit"/>' : ''}<actor><role>${coded(
      'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
      'CST',
    )}</role><reference><reference value="urn:uuid:${organisation}"/></reference></actor>
<purpose><system value="http://hl7.org/fhir/v3/ActReason"/><code value="TREAT"/></purpose>
</provision></Consent>`,
    'Consent',
  )}${entry(
    patient,
    `<Patient><id value="${patient}"/><identifier>
<system value="http://fhir.nl/fhir/NamingSystem/bsn"/><value value="${choice.bsn}"/>
</identifier></Patient>`,
    'Patient',
  )}${entry(
    organisation,
    `<Organization><id value="${organisation}"/><identifier>
<system value="http://fhir.nl/fhir/NamingSystem/ura"/><value value="${choice.holder}"/></identifier>
<type>${coded(
      'http://nictiz.nl/fhir/NamingSystem/organization-type',
      choice.holderType,
    )}</type></Organization>`,
    'Organization',
  )}</Bundle>`;
}
