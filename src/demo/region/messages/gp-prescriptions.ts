/** What the GP practice prescribed, as medication agreements (QUMA_IN991203NL). */
import type { Organisation } from '../../../identity/index.ts';
import type { Medicine, PersonRecord } from '../record.ts';
import {
  about,
  BSN,
  digits,
  doctorOf,
  type Envelope,
  rootOf,
  URA,
  UZI,
  uziOf,
  wrapped,
  xml,
} from './hl7v3-wrapper.ts';

const SNOMED = '2.16.840.1.113883.6.96';

/** One agreement for each medicine, open-ended, with what the GP agreed on. */
export function prescriptions(record: PersonRecord, envelope: Envelope): string {
  const { person, medicines } = record;
  const root = `${rootOf(envelope.organisation)}.8`;
  const agreements = medicines.map(
    (medicine, at) =>
      `<component typeCode="COMP">${agreement(
        medicine,
        `<id extension="${person.key}-MA${at + 1}" root="${root}"/>`,
        envelope.organisation,
      )}</component>`,
  );
  return wrapped(
    'QUMA_IN991203NL02',
    envelope,
    `<organizer classCode="CLUSTER" moodCode="EVN">
<code code="419891008" codeSystem="${SNOMED}" displayName="Gegevensobject"/>
<statusCode code="completed"/>
<recordTarget><patientRole><id extension="${person.bsn}" root="${BSN}"/>
<patient>${about(person)}</patient></patientRole></recordTarget>
${agreements.join('\n')}</organizer>`,
  );
}

function agreement(medicine: Medicine, id: string, organisation: Organisation): string {
  const { prk, perDay, dose, since } = medicine;
  return `<substanceAdministration classCode="SBADM" moodCode="RQO">${id}
<code code="16076005" codeSystem="${SNOMED}" displayName="Medicatieafspraak"/>
<text>${perDay} maal per dag ${dose} stuk</text>
<effectiveTime xsi:type="IVL_TS"><low value="${digits(since)}"/></effectiveTime>
<routeCode code="9" codeSystem="2.16.840.1.113883.2.4.4.9" displayName="ORAAL"/>
<consumable><manufacturedProduct classCode="MANU">
<manufacturedMaterial classCode="MMAT" determinerCode="KIND">
<code code="${prk.code}" codeSystem="2.16.840.1.113883.2.4.4.10" displayName="${xml(
    prk.display,
  )}"/></manufacturedMaterial></manufacturedProduct></consumable>
<author><time value="${digits(since)}"/><assignedAuthor>
<id extension="${uziOf(organisation)}" root="${UZI}"/>
<code code="01.015" codeSystem="2.16.840.1.113883.2.4.15.111" displayName="Huisarts"/>
<assignedPerson><name><family>${xml(doctorOf(organisation))}</family></name></assignedPerson>
<representedOrganization classCode="ORG" determinerCode="INSTANCE">
<id extension="${organisation.ura}" root="${URA}"/><name>${xml(organisation.name)}</name>
</representedOrganization></assignedAuthor></author>
<entryRelationship typeCode="COMP"><sequenceNumber value="1"/>
<substanceAdministration classCode="SBADM" moodCode="RQO">
<effectiveTime xsi:type="nl:PIVL_TS" xmlns:nl="urn:hl7-nl:v3"><nl:frequency>
<nl:numerator value="${perDay}" xsi:type="nl:INT"/>
<nl:denominator unit="d" value="1" xsi:type="nl:PQ"/></nl:frequency></effectiveTime>
<doseQuantity><center unit="1" value="${dose}">
<translation value="${dose}" code="245" displayName="stuk"
codeSystem="2.16.840.1.113883.2.4.4.1.900.2"/></center></doseQuantity>
</substanceAdministration></entryRelationship></substanceAdministration>`;
}
