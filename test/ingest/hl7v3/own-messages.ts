/** HL7v3 messages of invented people, in the shape that pharmacies and GPs send. */

export const ANNA = '999903007';
export const BRAM = '999903019';

const BSN = '2.16.840.1.113883.2.4.6.3';
const URA = '2.16.528.1.1007.3.3';
const NUMBERS = '2.16.840.1.113883.2.4.3.999.5';

export const message = (
  name: string,
  subjects: string,
  options: { id?: string; processing?: string; response?: string } = {},
) => `<?xml version="1.0" encoding="UTF-8"?>
<${name} xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="2.16.840.1.113883.2.4.6.6.700.1" extension="${options.id ?? 'm-1'}"/>
<creationTime value="20260302101500"/>
<interactionId root="2.16.840.1.113883.1.6" extension="${name}"/>
<processingCode code="${options.processing ?? 'P'}"/><processingModeCode code="T"/>
<acceptAckCode code="NE"/>
<receiver><device><id root="2.16.840.1.113883.2.4.6.6" extension="1"/></device></receiver>
<sender><device><id root="2.16.840.1.113883.2.4.6.6" extension="700"/></device></sender>
<ControlActProcess moodCode="EVN">
<authorOrPerformer typeCode="AUT"><participant><AssignedDevice>
<id root="2.16.840.1.113883.2.4.6.6" extension="700"/>
<Organization><id root="${URA}" extension="00700700"/><name>De Linde</name></Organization>
</AssignedDevice></participant></authorOrPerformer>
${subjects}
<queryAck><queryResponseCode code="${options.response ?? 'OK'}"/><resultTotalQuantity value="1"/>
<resultRemainingQuantity value="0"/></queryAck>
</ControlActProcess></${name}>`;

export const soap = (body: string) =>
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">
<s:Body>${body.replace(/<\?xml[^>]*>\n/, '')}</s:Body></s:Envelope>`;

export const batch = (...messages: readonly string[]) => `<MCCI_IN200101 xmlns="urn:hl7-org:v3">
<id root="2.16.840.1.113883.2.4.6.6.700.2" extension="batch-1"/>
<creationTime value="20260302101501"/>
<interactionId root="2.16.840.1.113883.1.6" extension="MCCI_IN200101"/>
${messages.map((one) => one.replace(/<\?xml[^>]*>\n/, '')).join('\n')}
</MCCI_IN200101>`;

export const dispenseSubject = (
  bsn: string,
  ...events: readonly string[]
) => `<subject><MedicationDispenseList>
<code code="MEDLIST" codeSystem="2.16.840.1.113883.5.4"/>
<subject><Patient><id root="${BSN}" extension="${bsn}"/>
<addr use="HP"><streetName>Lindelaan</streetName><houseNumber>12</houseNumber>
<postalCode>1234 AB</postalCode><city>Oosterdam</city></addr>
<statusCode code="active"/>
<Person><name use="L"><given qualifier="IN">A.B.</given><prefix qualifier="VV">van der </prefix>
<family qualifier="BR">Linden</family><prefix qualifier="VV">de </prefix>
<family qualifier="SP">Boer</family></name>
<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>
<birthTime value="19610704"/></Person></Patient></subject>
${events.map((event) => `<component>${event}</component>`).join('')}
</MedicationDispenseList></subject>`;

export const dose = (value: string) =>
  `<doseQuantity><center value="${value}">
<translation value="${value}" code="245" codeSystem="2.16.840.1.113883.2.4.4.1.900.2"
displayName="stuk"/></center></doseQuantity>`;

/** A dosage line: text, time, and what follows it. */
export const line = (text: string, time: string, rest = '') =>
  `<therapeuticAgentOf><medicationAdministrationRequest>
<text mediaType="text/plain">${text}</text>
<statusCode code="active"/>${time}${rest}</medicationAdministrationRequest></therapeuticAgentOf>`;

export const during = (interval: string, ...periods: readonly string[]) =>
  [
    '<effectiveTime xsi:type="SXPR_TS">',
    `<comp xsi:type="IVL_TS">${interval}</comp>`,
    ...periods.map((period) => `<comp xsi:type="PIVL_TS" operator="A">${period}</comp>`),
    '</effectiveTime>',
  ].join('');

const PRODUCT = `<code code="90000001" codeSystem="2.16.840.1.113883.2.4.4.8"
displayName="PROEFTABLET 5MG">
<translation code="900001" codeSystem="2.16.840.1.113883.2.4.4.7"/>
<translation code="90001" codeSystem="2.16.840.1.113883.2.4.4.10"/></code>`;

export const asNeeded = `<precondition><observationEventCriterion>
<code code="1137" codeSystem="2.16.840.1.113883.2.4.4.5" displayName="zo nodig"/>
</observationEventCriterion></precondition>`;

export const dispense = (
  id: string,
  lines: string,
  options: { code?: string; status?: string; expected?: string } = {},
) => `<medicationDispenseEvent>
<id root="${NUMBERS}" extension="${id}"/><statusCode code="${options.status ?? 'completed'}"/>
<effectiveTime value="20260115"/>
<quantity value="30">
<translation value="30" code="245" codeSystem="2.16.840.1.113883.2.4.4.1.900.2"
displayName="stuk"/></quantity>
${options.expected ?? ''}
<performer><assignedPerson><id nullFlavor="MSK"/></assignedPerson></performer>
<product><dispensedMedication><MedicationKind>
${options.code ?? PRODUCT}
</MedicationKind>
<directTargetOf typeCode="DIR"><prescription><id nullFlavor="UNK"/><statusCode nullFlavor="UNK"/>
</prescription></directTargetOf>
${lines}
</dispensedMedication></product>
<responsibleParty><assignedCareProvider><id root="2.16.528.1.1007.3.1" extension="000700701"/>
<code code="17.000" codeSystem="2.16.840.1.113883.2.4.15.111"/>
<representedOrganization><id root="${URA}" extension="00700700"/><name>Apotheek De Linde</name>
</representedOrganization></assignedCareProvider></responsibleParty>
</medicationDispenseEvent>`;

const CUSTODIAN = `<participant typeCode="CST"><participantRole classCode="ASSIGNED">
<id root="2.16.528.1.1007.3.1" extension="000700702"/>
<code code="01.015" codeSystem="2.16.840.1.113883.2.4.15.111"/>
<playingEntity><name><family qualifier="BR">Vos</family></name></playingEntity><scopingEntity>
<id root="${URA}" extension="00700703"/><desc>Praktijk De Vos</desc></scopingEntity>
</participantRole></participant>`;

/** A building block of the GP: organizer with the code of its kind and its components. */
export const block = (
  code: string,
  bsn: string,
  components: string,
) => `<subject><organizer classCode="CLUSTER" moodCode="EVN">
<code code="${code}" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
<recordTarget><patientRole><id root="${BSN}" extension="${bsn}"/><patient><name>
<given qualifier="IN">A.B.</given><family qualifier="BR">Linden</family></name>
<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>
<birthTime value="19610704"/></patient></patientRole></recordTarget>
${CUSTODIAN}${components}</organizer></subject>`;

export const ii = (extension: string) => `<id root="${NUMBERS}" extension="${extension}"/>`;

const concern = (id: string) =>
  `<entryRelationship typeCode="REFR">
<act classCode="ACT" moodCode="EVN">${ii(id)}<code code="CONC"
codeSystem="2.16.840.1.113883.5.6"/></act></entryRelationship>`;

export const episode = (
  id: string,
  status: string,
) => `<component><act classCode="ACT" moodCode="EVN">${ii(id)}
<code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><text>Gezwollen enkel</text>
<statusCode code="${status}"/><effectiveTime><low value="20250301"/></effectiveTime>
<entryRelationship typeCode="SUBJ">
<observation classCode="OBS" moodCode="EVN">${ii(`${id}-d`)}<code code="282291009"
codeSystem="2.16.840.1.113883.6.96" displayName="Diagnosis"/>
<statusCode code="completed"/><effectiveTime><low value="20250301"/></effectiveTime>
<value xsi:type="CD" code="L16" codeSystem="2.16.840.1.113883.2.4.4.31.1"
displayName="Enkel symptomen/klachten"/></observation></entryRelationship></act></component>`;

export const contact = (
  id: string,
  code: string,
) => `<component><encounter classCode="ENC" moodCode="EVN">${ii(id)}
<code code="${code}" codeSystem="2.16.840.1.113883.2.4.4.30.14" displayName="soort"/>
<effectiveTime><low value="20260105091000"/><high value="20260105092000"/></effectiveTime>
<performer typeCode="PRF"><assignedEntity><id root="2.16.528.1.1007.3.1" extension="000700702"/>
<code code="01.015" codeSystem="2.16.840.1.113883.2.4.15.111"/>
<assignedPerson><name><family qualifier="BR">Vos</family></name></assignedPerson>
<representedOrganization><id root="${URA}" extension="00700703"/><name>Praktijk De Vos</name>
</representedOrganization></assignedEntity></performer>
${concern('e-1')}</encounter></component>`;

const soepLine = (code: string, text: string, rest = '') =>
  `<entryRelationship typeCode="COMP"><act classCode="ACT" moodCode="EVN">
<code code="${code}" codeSystem="2.16.840.1.113883.6.1"/><text>${text}</text>
<statusCode code="completed"/>${rest}</act></entryRelationship>`;

export const report = (
  id: string,
  contactId: string,
) => `<component><act classCode="ACT" moodCode="EVN">${ii(id)}
<code code="34900-1" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
<effectiveTime value="20260105091500"/>
<participant typeCode="RESP"><participantRole classCode="ASSIGNED">
<id root="2.16.528.1.1007.3.1" extension="000700702"/></participantRole></participant>
<entryRelationship typeCode="REFR">
<encounter classCode="ENC" moodCode="EVN">${ii(contactId)}</encounter></entryRelationship>
${concern('e-1')}
${soepLine('61150-9', 'Vertelt over de enkel')}${soepLine('61149-1', 'Enkel gezwollen')}
${soepLine(
  '51848-0',
  'Verstuikt',
  `<entryRelationship typeCode="REFR">
<observation classCode="OBS" moodCode="EVN">${ii(`${id}-x`)}<code code="282291009"
codeSystem="2.16.840.1.113883.6.96"/><statusCode code="completed"/><effectiveTime><low
value="20260105"/></effectiveTime><value xsi:type="CD" code="L77"
codeSystem="2.16.840.1.113883.2.4.4.31.1"
displayName="Verstuiking enkel"/></observation></entryRelationship>`,
)}
${soepLine('18776-5', 'Rust, over een week terug')}</act></component>`;

export const determination = (
  id: string,
  value: string,
  rest = '',
) => `<component><observation classCode="OBS" moodCode="EVN">${ii(id)}
<code code="372" codeSystem="2.16.840.1.113883.2.4.4.30.45" codeSystemVersion="v40"
displayName="glucose nuchter"/><statusCode code="completed"/><effectiveTime value="20260106"/>
${value}${rest}</observation></component>`;

export const alert = (
  id: string,
  period: string,
) => `<component><observation classCode="OBS" moodCode="EVN">${ii(id)}<code code="74018-3"
codeSystem="2.16.840.1.113883.6.1" displayName="Alert"/>
<statusCode code="completed"/><effectiveTime>${period}</effectiveTime>
<value xsi:type="CE" code="18" codeSystem="2.16.840.1.113883.2.4.4.1.902.40"
displayName="HYPERTENSIE"/></observation></component>`;

export const allergy = (
  id: string,
  status: string,
) => `<component><act classCode="ACT" moodCode="EVN">${ii(`${id}-c`)}<code code="CONC"
codeSystem="2.16.840.1.113883.5.6"/>
<statusCode code="${status}"/><effectiveTime><low value="20240102"/></effectiveTime>
<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">${ii(id)}
<code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="completed"/>
<effectiveTime><low value="20240102"/></effectiveTime>
<value xsi:type="CD" code="419511003" codeSystem="2.16.840.1.113883.6.96"
displayName="Propensity to adverse reactions to drug"/>
<participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">
<code nullFlavor="OTH"><originalText>Rode zalf</originalText></code></playingEntity>
</participantRole></participant></observation></entryRelationship></act></component>`;

/** A professional summary with one contact, its journal lines, and what else is given to it. */
export const summary = (bsn: string, rest: string) => `<subject><PrimaryCareProvision>
${ii('p-1')}<statusCode code="active"/><effectiveTime><low value="19900101"/></effectiveTime>
<subject><Patient><id root="${BSN}" extension="${bsn}"/><statusCode code="active"/>
<Person><name><given qualifier="IN">A.</given><family qualifier="BR">Linden</family></name>
<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>
<birthTime value="19610704"/></Person></Patient></subject>
<author><AssignedEntity><id root="2.16.528.1.1007.3.1" extension="000700702"/>
<code code="01.015" codeSystem="2.16.840.1.113883.2.4.15.111"/>
<assignedPerson><name><family>Vos</family></name></assignedPerson>
<Organization><id root="${URA}" extension="00700703"/><name>Praktijk De Vos</name></Organization>
</AssignedEntity></author>
${rest}</PrimaryCareProvision></subject>`;

export const journalLine = (id: string, code: string, text: string) => `<component>
<sequenceNumber value="1"/><JournalEntry>${ii(id)}
<code code="${code}" codeSystem="2.16.840.1.113883.2.4.4.32.2"/>
<value>${text}</value></JournalEntry></component>`;
