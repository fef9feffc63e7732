/** HL7 v3 of the demo's GP practices and pharmacy: Ketenzorg blocks and the 6.12 dispense list. */

import type { Organisation } from '../../../identity/index.ts';
import { demoId } from '../organisations.ts';
import type { PersonRecord } from '../record.ts';
import {
  about,
  BSN,
  digits,
  doctorOf,
  type Envelope,
  LOINC,
  rootOf,
  URA,
  UZI,
  uziOf,
  wrapped,
  xml,
} from './hl7v3-wrapper.ts';

function organizer(
  record: PersonRecord,
  organisation: Organisation,
  code: string,
  display: string,
  components: readonly string[],
): string {
  return `<organizer classCode="CLUSTER" moodCode="EVN">
<code code="${code}" codeSystem="${LOINC}" displayName="${display}"/><statusCode code="completed"/>
<recordTarget typeCode="RCT"><patientRole><id extension="${record.person.bsn}" root="${BSN}"/>
<patient>${about(record.person)}</patient></patientRole></recordTarget>
<participant typeCode="CST"><participantRole classCode="ASSIGNED">
<id extension="${uziOf(organisation)}" root="${UZI}"/>
<code code="01.015" codeSystem="2.16.840.1.113883.2.4.15.111" displayName="Huisarts"/>
<playingEntity><name><given qualifier="IN">J.</given>
<family qualifier="BR">${xml(doctorOf(organisation))}</family></name></playingEntity>
<scopingEntity><id extension="${organisation.ura}" root="${URA}"/>
<desc>${xml(organisation.name)}</desc></scopingEntity></participantRole></participant>
${components
  .map(
    (component) => `<component
typeCode="COMP">${component}</component>`,
  )
  .join('\n')}</organizer>`;
}

export function episodes(record: PersonRecord, envelope: Envelope): string {
  const root = `${rootOf(envelope.organisation)}.6`;
  const acts = record.problems.map(
    (problem, at) => `<act classCode="ACT" moodCode="EVN">
<id extension="${record.person.key}-E${at + 1}" root="${root}"/>
<code code="CONC" codeSystem="2.16.840.1.113883.5.6" displayName="Concern"/>
<text>${xml(problem.icpc.display)}</text><statusCode code="active"/><effectiveTime>
<low value="${digits(problem.since)}"/></effectiveTime>
<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
<id extension="${record.person.key}-D${at + 1}" root="${root}"/>
<code code="282291009" codeSystem="2.16.840.1.113883.6.96" displayName="Diagnosis"/>
<statusCode code="completed"/>
<effectiveTime><low value="${digits(problem.since)}"/></effectiveTime>
<value xsi:type="CD" code="${problem.icpc.code}" codeSystem="2.16.840.1.113883.2.4.4.31.1"
displayName="${xml(problem.icpc.display)}"/></observation></entryRelationship></act>`,
  );
  return wrapped(
    'REPC_IN990111NL',
    envelope,
    organizer(record, envelope.organisation, '75310-3', 'Health concerns', acts),
  );
}

const NHG14 = { visit: '01', consult: '03', phone: '05' } as const;

/** The contacts of a person with the practice (PRPA_IN900350NL). */
export function contacts(record: PersonRecord, envelope: Envelope): string {
  const root = rootOf(envelope.organisation);
  const encounters = record.contacts.map(
    (contact) => `<encounter classCode="ENC" moodCode="EVN">
<id extension="${contact.id}" root="${root}.10"/>
<code code="${NHG14[contact.kind]}" codeSystem="2.16.840.1.113883.2.4.4.30.14"
displayName="${contact.kind}"/>
<statusCode code="completed"/><effectiveTime><low value="${digits(contact.date)}0930"/>
<high value="${digits(contact.date)}0945"/></effectiveTime></encounter>`,
  );
  return wrapped(
    'PRPA_IN900350NL',
    envelope,
    organizer(record, envelope.organisation, '46240-8', 'Contacts', encounters),
  );
}

const LINES = [
  ['61150-9', 'Subjective Narrative', 'subjective'],
  ['61149-1', 'Objective Narrative', 'objective'],
  ['51848-0', 'Evaluation note', 'evaluation'],
  ['18776-5', 'Plan of treatment', 'plan'],
] as const;

/** The journal; S and O lines are working notes that the patient does not get. */
export function journal(record: PersonRecord, envelope: Envelope): string {
  const root = rootOf(envelope.organisation);
  const reports = record.contacts.map((contact) => {
    const lines = LINES.map(([code, display, part]) => {
      const icpc =
        part === 'evaluation'
          ? `<entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN">
<id extension="${contact.id}-I" root="${root}.4"/>
<code code="282291009" codeSystem="2.16.840.1.113883.6.96" displayName="Diagnosis"/>
<statusCode code="completed"/><effectiveTime><low value="${digits(contact.date)}"/>
</effectiveTime>
<value xsi:type="CD" code="${contact.problem.icpc.code}"
codeSystem="2.16.840.1.113883.2.4.4.31.1" displayName="${xml(contact.problem.icpc.display)}"/>
</observation></entryRelationship>`
          : '';
      return `<entryRelationship typeCode="COMP"><act classCode="ACT" moodCode="EVN">
<code code="${code}" codeSystem="${LOINC}" displayName="${display}"/>
<text>${xml(contact[part])}</text><statusCode code="completed"/>${icpc}</act></entryRelationship>`;
    });
    return `<act classCode="ACT" moodCode="EVN"><id extension="${contact.id}" root="${root}.4"/>
<code code="34900-1" codeSystem="${LOINC}" displayName="General medicine Progress note"/>
<statusCode code="completed"/><effectiveTime value="${digits(contact.date)}094500"/>
<participant typeCode="RESP"><participantRole classCode="ASSIGNED">
<id extension="${uziOf(envelope.organisation)}" root="${UZI}"/></participantRole></participant>
<entryRelationship typeCode="REFR"><encounter classCode="ENC" moodCode="EVN">
<id extension="${contact.id}" root="${root}.10"/></encounter>
</entryRelationship>${lines.join('\n')}</act>`;
  });
  return wrapped(
    'REPC_IN990101NL',
    envelope,
    organizer(record, envelope.organisation, '34900-1', 'Progress notes', reports),
  );
}

/** Blood pressure and weight as NHG determinations (POOB_IN990003NL). */
export function determinations(record: PersonRecord, envelope: Envelope): string {
  const root = `${rootOf(envelope.organisation)}.7`;
  const [first] = record.vitals;
  if (!first) throw new RangeError('a record of the demo has vitals');
  const rows = record.vitals.flatMap(({ date, systolic, diastolic, weight }, at) => [
    ['1744', 'Systolische bloeddruk', String(systolic), 'mm[Hg]', date, `S${at}`],
    ['1740', 'Diastolische bloeddruk', String(diastolic), 'mm[Hg]', date, `D${at}`],
    ['357', 'Gewicht', String(weight), 'kg', date, `G${at}`],
  ]);
  const observations = rows.map(
    ([code, display, value, unit, date, id]) =>
      `<observation classCode="OBS" moodCode="EVN">
<id extension="${record.person.key}-${id}" root="${root}"/>
<code code="${code}" codeSystem="2.16.840.1.113883.2.4.4.30.45" displayName="${display}"/>
<statusCode code="completed"/><effectiveTime value="${digits(date ?? '')}"/>
<value xsi:type="PQ" value="${value}" unit="${unit}"/></observation>`,
  );
  return wrapped(
    'POOB_IN990003NL',
    envelope,
    organizer(record, envelope.organisation, '27899-4', 'Determinations', observations),
  );
}

/** The 6.12 dispense list: every dispense of every medicine. */
export function dispenses(record: PersonRecord, envelope: Envelope): string {
  const { person } = record;
  const { organisation } = envelope;
  const root = `${rootOf(organisation)}.3`;
  const events = record.medicines.flatMap((medicine, number) =>
    medicine.dispensed.map(
      (date, at) => `<component><medicationDispenseEvent>
<id extension="${person.key}-M${number + 1}-${at + 1}" root="${root}"/>
<statusCode code="completed"/><effectiveTime value="${digits(date)}"/>
<quantity value="${medicine.perDay * 90}" unit="1">
<translation value="${medicine.perDay * 90}" code="245" displayName="stuk"
codeSystem="2.16.840.1.113883.2.4.4.1.900.2"/></quantity>
<performer><assignedPerson><id nullFlavor="MSK"/></assignedPerson></performer>
<product><dispensedMedication><MedicationKind classCode="MMAT" determinerCode="KIND">
<code code="${medicine.hpk.code}" codeSystem="2.16.840.1.113883.2.4.4.7"
displayName="${xml(medicine.hpk.display)}">
<translation code="${medicine.prk.code}" codeSystem="2.16.840.1.113883.2.4.4.10"
displayName="${xml(medicine.prk.display)}"/></code></MedicationKind>
<directTargetOf typeCode="DIR"><prescription>
<id extension="${demoId(`${person.key}/rx/${number}`)}" root="${root}.1"/>
<statusCode nullFlavor="UNK"/></prescription></directTargetOf>
<therapeuticAgentOf><medicationAdministrationRequest classCode="SBADM" moodCode="RQO">
<text mediaType="text/plain">${medicine.perDay} maal per dag ${medicine.dose} stuk, oraal</text>
<statusCode code="active"/>
<effectiveTime xsi:type="PIVL_TS">
<period value="${(1 / medicine.perDay).toFixed(4).replace(/\.?0+$/, '')}" unit="d"/>
</effectiveTime><routeCode code="9" codeSystem="2.16.840.1.113883.2.4.4.9" displayName="oraal"/>
<doseQuantity><center value="${medicine.dose}" unit="1">
<translation value="${medicine.dose}" code="245" displayName="stuk"
codeSystem="2.16.840.1.113883.2.4.4.1.900.2"/></center></doseQuantity>
</medicationAdministrationRequest></therapeuticAgentOf></dispensedMedication></product>
<responsibleParty><assignedCareProvider><id nullFlavor="NI"/>
<code code="17.000" codeSystem="2.16.840.1.113883.2.4.15.111" displayName="Apotheker"/>
<representedOrganization><id extension="${organisation.ura}" root="${URA}"/>
<name>${xml(organisation.name)}</name></representedOrganization></assignedCareProvider>
</responsibleParty></medicationDispenseEvent></component>`,
    ),
  );
  const list = `<MedicationDispenseList><code code="MEDLIST" codeSystem="2.16.840.1.113883.5.4"/>
<subject><Patient><id extension="${person.bsn}" root="${BSN}"/><statusCode code="active"/>
<Person>${about(person)}</Person></Patient></subject>${events.join('\n')}</MedicationDispenseList>`;
  return wrapped('QURX_IN990113NL', envelope, list);
}
