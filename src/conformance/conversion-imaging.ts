/** Converters of ImagingStudy: identifiers and UIDs are written differently in the two versions. */
import { carry } from './conversion-carry.ts';
import type { ConversionStep } from './conversion-map.ts';
import { hasRoom, type Place, putValue, ruleOf, take } from './conversion-place.ts';
import { isObject } from './fhir-json.ts';

const URI_SYSTEM = 'urn:ietf:rfc:3986';
const DICOM_UID = 'urn:dicom:uid';

/** The study's UID and accession number are elements in STU3 and identifiers in R4. */
function imagingStudyIdentity(place: Place): void {
  if (place.run.forward) studyToR4(place);
  else studyToStu3(place);
}

function studyToR4(place: Place): void {
  const { run, target, targetRules, path } = place;
  const [uid] = take(place, 'uid');
  const rule = ruleOf(targetRules, 'identifier');
  if (uid && rule && hasRoom(target, rule)) {
    const value = { system: DICOM_UID, value: uid.pair.value };
    putValue(target, rule, 'identifier', { value, extra: undefined });
  }
  for (const { spelling, pair } of rule ? take(place, 'identifier') : []) {
    if (rule) run.put(place, spelling, rule, pair, `${path}.identifier`);
  }
  for (const { spelling, pair } of take(place, 'accession')) {
    const type = { coding: [{ system: 'http://hl7.org/fhir/v2/0203', code: 'ACSN' }] };
    const value = isObject(pair.value) ? { type, ...pair.value } : pair.value;
    if (rule) run.put(place, spelling, rule, { ...pair, value }, `${path}.accession`);
  }
  const [availability] = take(place, 'availability');
  const isThere = ['ONLINE', 'OFFLINE', 'NEARLINE'].includes(String(availability?.pair.value));
  target['status'] = isThere ? 'available' : 'unknown';
  if (availability && availability.pair.value !== 'ONLINE') {
    carry(place, availability.spelling, availability.pair, 'no such element');
  }
}

function studyToStu3(place: Place): void {
  const { run, target, targetRules, path } = place;
  for (const { spelling, pair } of take(place, 'identifier')) {
    const item = isObject(pair.value) ? pair.value : {};
    const isAccession = isAccessionNumber(item['type']);
    if (item['system'] === DICOM_UID && target['uid'] === undefined) target['uid'] = item['value'];
    else {
      const wanted = isAccession && target['accession'] === undefined ? 'accession' : 'identifier';
      const rule = ruleOf(targetRules, wanted);
      if (rule) run.put(place, spelling, rule, pair, `${path}.identifier`);
    }
  }
  const [status] = take(place, 'status');
  if (status?.pair.value === 'available') target['availability'] ??= 'ONLINE';
  else if (status && status.pair.value !== 'unknown') {
    carry(place, status.spelling, status.pair, 'no such element');
  }
}

function isAccessionNumber(type: unknown): boolean {
  if (!isObject(type) || !Array.isArray(type['coding'])) return false;
  return (type['coding'] as unknown[]).some((one) => isObject(one) && one['code'] === 'ACSN');
}

/** `urn:oid:1.2` in STU3 is `1.2` in R4. */
function bareOid(place: Place, step: ConversionStep): void {
  const element = String(step['element']);
  for (const { pair } of take(place, element)) {
    const text = String(pair.value).replace(/^urn:oid:/, '');
    place.target[element] = place.run.forward ? text : `urn:oid:${text}`;
  }
}

/** An oid in STU3 is a Coding of the URI system in R4. */
function oidCoding(place: Place, step: ConversionStep): void {
  const element = String(step['element']);
  for (const { pair } of take(place, element)) {
    if (place.run.forward) place.target[element] = { system: URI_SYSTEM, code: pair.value };
    else if (isObject(pair.value)) {
      const code = String(pair.value['code']);
      place.target[element] = code.startsWith('urn:oid:') ? code : `urn:oid:${code}`;
    }
  }
}

export const IMAGING_STEPS = { imagingStudyIdentity, bareOid, oidCoding };
