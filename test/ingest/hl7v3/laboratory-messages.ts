/** Laboratory reports of invented people, as organizer and as CDA document. */
import { ANNA } from './own-messages.ts';

const LOINC = '2.16.840.1.113883.6.1';
const SNOMED = '2.16.840.1.113883.6.96';

export interface ResultOptions {
  readonly id?: string;
  readonly code?: string;
  readonly value?: string;
  readonly status?: string;
  readonly more?: string;
}

export const labResult = ({
  id = 'r-1',
  code = '2823-3',
  value = '<value xsi:type="PQ" value="6.10" unit="mmol/L"/>',
  status,
  more = '',
}: ResultOptions = {}) => `<observation classCode="OBS" moodCode="EVN">
<templateId root="2.16.840.1.113883.2.4.3.11.60.7.10.31"/>
<id root="2.16.840.1.113883.2.4.3.999.7" extension="${id}"/>
<code code="${code}" codeSystem="${LOINC}" displayName="Kalium"/>
<statusCode code="completed"/><effectiveTime value="202601051015"/>${value}${more}
${status === undefined ? '' : statusOf('92236-9', status)}</observation>`;

const statusOf = (code: string, status: string) => `<entryRelationship typeCode="COMP">
<observation classCode="OBS" moodCode="EVN"><code code="${code}" codeSystem="${LOINC}"/>
<value xsi:type="CV" code="${status}" codeSystem="2.16.840.1.113883.2.4.3.11.60.40.4.16.1"/>
</observation></entryRelationship>`;

export const FLAG_HIGH = `<interpretationCode code="H" codeSystem="2.16.840.1.113883.5.83">
<translation code="281302008" codeSystem="${SNOMED}"/></interpretationCode>`;

export const comment = (text: string) => `<entryRelationship typeCode="COMP">
<act classCode="ACT" moodCode="EVN"><code code="48767-8" codeSystem="${LOINC}"/>
<text>${text}</text><statusCode code="completed"/></act></entryRelationship>`;

export const range = (low: string, high: string) => `<referenceRange typeCode="REFV">
<observationRange classCode="OBS" moodCode="EVN.CRT"><value xsi:type="IVL_PQ">
<low value="${low}" unit="mmol/L"/><high value="${high}" unit="mmol/L"/></value>
</observationRange></referenceRange>`;

export const panel = (...results: readonly string[]) => `<organizer classCode="BATTERY"
 moodCode="EVN"><code code="24326-1" codeSystem="${LOINC}" displayName="Elektrolyten"/>
<statusCode code="completed"/>
${results.map((one) => `<component typeCode="COMP">${one}</component>`).join('')}</organizer>`;

const SPECIMEN = `<entryRelationship typeCode="COMP"><procedure classCode="PROC" moodCode="EVN">
<code code="33882-2" codeSystem="${LOINC}"/>
<effectiveTime><low value="202601050800"/><high value="202601060800"/></effectiveTime>
<targetSiteCode code="14975008" codeSystem="${SNOMED}" displayName="onderarm"/>
<participant typeCode="PRD"><participantRole classCode="SPEC">
<id root="2.16.840.1.113883.2.4.3.999.8" extension="70"/><playingEntity>
<code code="119297000" codeSystem="${SNOMED}" displayName="bloed"/>
<quantity xsi:type="PQ" value="4.5" unit="mL"/></playingEntity></participantRole></participant>
<participant typeCode="SBJ"><participantRole classCode="CONT">
<id nullFlavor="UNC" extension="702"/><playingEntity classCode="CONT">
<code code="702281005" codeSystem="${SNOMED}" displayName="buis"/></playingEntity>
</participantRole></participant>
<entryRelationship typeCode="COMP"><act classCode="ACT" moodCode="EVN">
<code code="SPRECEIVE" codeSystem="1.3.5.1.4.1.19376.1.5.3.2"/>
<effectiveTime value="202601061200"/></act></entryRelationship>
</procedure></entryRelationship>`;

export const reportAct = (...results: readonly string[]) => `<act classCode="ACT" moodCode="EVN">
<code code="26436-6" codeSystem="${LOINC}"/><statusCode code="completed"/>
<performer typeCode="PRF"><assignedEntity classCode="ASSIGNED">
<id root="2.16.528.1.1007.3.3" extension="00000707"/>
<code code="L1" codeSystem="2.16.840.1.113883.2.4.15.1060" displayName="Laboratorium"/>
<telecom use="WP" value="tel:0700-707070"/>
<representedOrganization><name>Lab Oosterdam</name></representedOrganization>
</assignedEntity></performer>
${statusOf('92235-1', 'preliminary')}${SPECIMEN}
${results.map((one) => `<entryRelationship typeCode="COMP">${one}</entryRelationship>`).join('')}
<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN">
<code code="16" codeSystem="2.16.840.1.113883.2.4.3.11.60.20.77.5.2"/>
<value xsi:type="BL" value="true"/></observation></entryRelationship>
<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN">
<code nullFlavor="OTH"><originalText>MEDLAB-IDE-2</originalText></code>
<value xsi:type="ST">880011</value></observation></entryRelationship></act>`;

const PERSON = `<recordTarget><patientRole><id root="2.16.840.1.113883.2.4.6.3"
 extension="${ANNA}"/><patient><name><given qualifier="IN">A.</given>
<family qualifier="BR">Linden</family></name>
<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>
<birthTime value="19610704"/></patient></patientRole></recordTarget>`;

const NAMESPACES = 'xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

export const labOrganizer = (...results: readonly string[]) => `<organizer ${NAMESPACES}
 classCode="CLUSTER" moodCode="EVN">
<templateId root="2.16.840.1.113883.2.4.3.11.60.66.10.77"/>
<code code="26436-6" codeSystem="${LOINC}"/><statusCode code="completed"/>${PERSON}
<participant typeCode="CST"><participantRole classCode="ASSIGNED">
<id root="2.16.528.1.1007.3.3" extension="00000808"/>
<playingEntity classCode="ORG"><name>Praktijk De Linde</name></playingEntity></participantRole>
</participant>
<component typeCode="COMP"><templateId root="2.16.840.1.113883.2.4.3.11.60.25.10.53"/>
${reportAct(...results)}</component></organizer>`;

export const cdaDocument = (
  body: string,
  header = '',
) => `<?xml version="1.0"?><ClinicalDocument ${NAMESPACES}>
<realmCode code="NL"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<id root="2.16.840.1.113883.2.4.3.999.9" extension="doc-2"/>
<code code="11502-2" codeSystem="${LOINC}" displayName="Laboratory report"/>
<title>Uitslagen</title><effectiveTime value="20260106130000"/>
<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="nl-NL"/>
<setId root="2.16.840.1.113883.2.4.3.999.9" extension="set-1"/><versionNumber value="2"/>
${PERSON}
<author><time value="20260106"/><assignedAuthor><id nullFlavor="NI"/><representedOrganization>
<id root="2.16.528.1.1007.3.3" extension="00000808"/><name>Praktijk De Linde</name>
</representedOrganization></assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization>
<id root="2.16.528.1.1007.3.3" extension="00000808"/><name>Praktijk De Linde</name>
</representedCustodianOrganization></assignedCustodian></custodian>${header}
<component>${body}</component></ClinicalDocument>`;

export const labSections = (narrative: string, ...results: readonly string[]) => `<structuredBody>
<component><section><code code="26436-6" codeSystem="${LOINC}"/><title>Laboratorium</title>
<component><section><code code="26436-6" codeSystem="${LOINC}"/><text>${narrative}</text>
<entry typeCode="DRIV"><templateId root="2.16.840.1.113883.2.4.3.11.60.25.10.53"/>
${reportAct(...results)}</entry></section></component></section></component></structuredBody>`;
