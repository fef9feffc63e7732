/** Building blocks of medication 9 of an invented person, as practices and pharmacies send them. */
const ROOT = '2.16.840.1.113883.2.4.3.999.9';
const SNOMED = 'codeSystem="2.16.840.1.113883.6.96"';
const OBSERVATIONS = 'codeSystem="2.16.840.1.113883.2.4.3.11.60.20.77.5.2"';

export const numbered = (extension: string) => `<id root="${ROOT}" extension="${extension}"/>`;

const PRODUCT = `<manufacturedProduct><manufacturedMaterial classCode="MMAT" determinerCode="KIND">
<code code="90002" codeSystem="2.16.840.1.113883.2.4.4.10" displayName="PROEFTABLET 5MG">
<translation code="90003" codeSystem="2.16.840.1.113883.2.4.4.1" displayName="PROEF TABLET"/></code>
</manufacturedMaterial></manufacturedProduct>`;

const PERSON = `<id root="2.16.528.1.1007.3.1" extension="000700702"/>
<code code="0100" codeSystem="2.16.840.1.113883.2.4.6.7" displayName="Huisartsen"/>
<assignedPerson><name><given qualifier="BR">Eva</given><family qualifier="BR">Vos</family></name>
</assignedPerson><representedOrganization>
<id root="2.16.528.1.1007.3.3" extension="00700703"/><name>Praktijk De Vos</name>
</representedOrganization>`;

export const author = (who = PERSON) =>
  `<author><time value="20260302091500"/><assignedAuthor>${who}</assignedAuthor></author>`;

export const treatment = (id: string) => `<entryRelationship typeCode="COMP" inversionInd="true">
<procedure classCode="PROC" moodCode="EVN">${numbered(id)}
<code code="1" codeSystem="2.16.840.1.113883.2.4.3.11.60.20.77.5.3"/></procedure>
</entryRelationship>`;

export const relation = (
  code: string,
  id: string,
  element = 'substanceAdministration',
  rest = '',
) =>
  `<entryRelationship typeCode="REFR"><${element} classCode="SBADM" moodCode="RQO">
${numbered(id)}<code code="${code}" ${SNOMED}/>${rest}</${element}></entryRelationship>`;

/** An observation under a block: a long code is SNOMED CT, a short one of medication 9 itself. */
export const about = (code: string, value: string, type = 'RSON') =>
  `<entryRelationship typeCode="${type}"><observation classCode="OBS" moodCode="EVN">
<code code="${code}" ${code.length > 4 ? SNOMED : OBSERVATIONS}/>${value}
</observation></entryRelationship>`;

export const snomed = (code: string, display: string) =>
  `<value xsi:type="CE" code="${code}" ${SNOMED} displayName="${display}"/>`;

/** A dosage line: number, schedule and the rest of it. */
export const dosageLine = (sequence: number, schedule: string, rest = '') =>
  `<entryRelationship typeCode="COMP"><sequenceNumber value="${sequence}"/>
<substanceAdministration classCode="SBADM" moodCode="RQO">${schedule}${rest}
<consumable xsi:nil="true"/></substanceAdministration></entryRelationship>`;

export const fhirSchedule = (repeat: string, rest = '') =>
  `<effectiveTime xsi:type="Timing" xmlns="http://hl7.org/fhir">${rest}<repeat>${repeat}</repeat>
</effectiveTime>`;

export const olderSchedule = (content: string, attributes = 'isFlexible="true"') =>
  `<effectiveTime xsi:type="hl7nl:PIVL_TS" operator="A" ${attributes}
xmlns:hl7nl="urn:hl7-nl:v3">${content}</effectiveTime>`;

export const given = (low: string, high = low) => {
  const side = (name: string, value: string) =>
    `<${name} value="${value}" unit="1"><translation value="${value}" code="245"
codeSystem="2.16.840.1.113883.2.4.4.1.900.2" displayName="stuk"/></${name}>`;
  const amount = low === high ? side('center', low) : side('low', low) + side('high', high);
  return `<doseQuantity>${amount}</doseQuantity>`;
};

const PERIOD = `<effectiveTime xsi:type="IVL_TS"><low value="20260303"/><width value="4" unit="wk"/>
</effectiveTime>`;
const ROUTE = `<routeCode code="9" codeSystem="2.16.840.1.113883.2.4.4.9" displayName="oraal"/>`;

/** A block that is taken or given: agreement, regimen, use, administration. */
export const taken = (
  code: string,
  id: string,
  rest: string,
  options: { period?: string; attributes?: string; before?: string } = {},
) => `<component typeCode="COMP">
<substanceAdministration classCode="SBADM" ${options.attributes ?? 'moodCode="RQO"'}>
${numbered(id)}<code code="${code}" ${SNOMED}/><text>1 maal per dag 1 stuk</text>
${options.period ?? PERIOD}${ROUTE}${options.before ?? ''}<consumable>${PRODUCT}</consumable>
${rest}${treatment('t-1')}</substanceAdministration></component>`;

/** A block that is handed over: dispense request, dispense. */
export const supplied = (code: string, id: string, rest: string) => `<component typeCode="COMP">
<supply classCode="SPLY" moodCode="RQO">${numbered(id)}<code code="${code}" ${SNOMED}/>
<quantity value="30" unit="1"/>${rest.replace('<product/>', `<product>${PRODUCT}</product>`)}
${treatment('t-1')}</supply></component>`;

export const PHARMACY = `<performer><assignedEntity><id nullFlavor="NI"/><representedOrganization>
<id root="2.16.528.1.1007.3.3" extension="00700700"/><name>Apotheek De Linde</name>
</representedOrganization></assignedEntity></performer>`;

/** The whole message: 95 a prescription, 131 its handling, 102 what is known. */
export const blocks = (code: '95' | '131' | '102', bsn: string, ...components: string[]) =>
  `<organizer classCode="CLUSTER" moodCode="EVN" xmlns="urn:hl7-org:v3"
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<templateId root="2.16.840.1.113883.2.4.3.11.60.20.77.10.9433"/>
<code code="${code}" codeSystem="2.16.840.1.113883.2.4.3.11.60.20.77.4"/>
<statusCode nullFlavor="NI"/>
<recordTarget><patientRole><id root="2.16.840.1.113883.2.4.6.3" extension="${bsn}"/>
<patient><name><given qualifier="IN">A.B.</given><family qualifier="BR">Linden</family></name>
<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>
<birthTime value="19610704"/></patient></patientRole></recordTarget>
${components.join('\n')}</organizer>`;
