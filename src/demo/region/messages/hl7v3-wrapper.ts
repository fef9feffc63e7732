/** What the HL7 v3 messages of the demo have in common: wrapper, person, numbers. */
import type { Organisation } from '../../../identity/index.ts';
import type { DemoPerson } from '../people.ts';

export interface Envelope {
  readonly id: string;
  /** `yyyyMMddHHmmss`. */
  readonly time: string;
  readonly organisation: Organisation;
}

export const BSN = '2.16.840.1.113883.2.4.6.3';
export const URA = '2.16.528.1.1007.3.3';
export const UZI = '2.16.528.1.1007.3.1';
export const LOINC = '2.16.840.1.113883.6.1';

/** The whole message around its subject. */
export function wrapped(interaction: string, envelope: Envelope, subject: string): string {
  const { id, time, organisation } = envelope;
  return `<?xml version="1.0" encoding="UTF-8"?>
<${interaction} xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id extension="${id}" root="${rootOf(organisation)}.1"/><creationTime value="${time}"/>
<versionCode code="NICTIZEd2005-Okt"/>
<interactionId extension="${interaction}" root="2.16.840.1.113883.1.6"/>
<profileId root="2.16.840.1.113883.2.4.3.11.1" extension="810"/><processingCode code="P"/>
<processingModeCode code="T"/><acceptAckCode code="NE"/>
<receiver typeCode="RCV"><device classCode="DEV" determinerCode="INSTANCE">
<id extension="1" root="2.16.840.1.113883.2.4.6.6"/></device></receiver>
<sender typeCode="SND"><device classCode="DEV" determinerCode="INSTANCE">
<id extension="2" root="2.16.840.1.113883.2.4.6.6"/></device></sender>
<ControlActProcess classCode="CACT" moodCode="EVN"><authorOrPerformer typeCode="AUT"><participant>
<AssignedDevice>
<id extension="2" root="2.16.840.1.113883.2.4.6.6"/>
<Organization classCode="ORG" determinerCode="INSTANCE">
<id extension="${organisation.ura}" root="${URA}"/><name>${xml(organisation.name)}</name>
</Organization></AssignedDevice></participant></authorOrPerformer>
<subject>${subject}</subject></ControlActProcess></${interaction}>`;
}

/** Numbers of the demo's organisations live below their URA. */
export const rootOf = (organisation: Organisation): string => `${URA}.${Number(organisation.ura)}`;

function nameOf(person: DemoPerson): string {
  const prefix = person.prefix ? `<prefix qualifier="VV">${xml(person.prefix)} </prefix>` : '';
  return `<name><given qualifier="IN">${person.initials}</given>
<given qualifier="BR">${xml(person.given)}</given>${prefix}<family
qualifier="BR">${xml(person.family)}</family></name>`;
}

/** Name, sex and birth date, as every message has them. */
export function about(person: DemoPerson): string {
  return `${nameOf(person)}<administrativeGenderCode
code="${person.gender === 'female' ? 'F' : 'M'}" codeSystem="2.16.840.1.113883.5.1"/>
<birthTime value="${digits(person.birthDate)}"/>`;
}

export const uziOf = (organisation: Organisation): string => `9${organisation.ura}`;
export const doctorOf = (organisation: Organisation): string =>
  organisation.name.includes('Jansen') ? 'Jansen' : 'Duinker';

export const digits = (date: string): string => date.replaceAll('-', '');

/** Text made fit to stand in XML. */
export function xml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
