import { lz4Dictionary } from '../platform/lz4-block.ts';

/**
 * What records have in common, as a preset dictionary for packing them. A packed body names its
 * dictionary by number; a number is never given another text.
 */
const FIRST = [
  '"detail":{"level":"vital","patientIncapable":"true","reasonCode":"unconscious","reason":"',
  '"detail":{"gegevensdienst":"48","receipt":"","format":"hl7v2 ORU^R01","answer":"',
  '"obligations":["NOTIFY-PATIENT","REVIEW"],"labels":["N","R","V","PSY","SUD"],',
  '"whatDigest":"","reason":"nothing-on-record","bsn-eleven-test","label-gate",',
  'Immunization/MedicationDispense/MedicationRequest/MedicationStatement/AllergyIntolerance/',
  'Condition/Procedure/Encounter/DiagnosticReport/DocumentReference/Binary/Composition/Consent/',
  '"action":"C","event":"receive","create","update","delete","login","token","authorize","refused",',
  '"class":"evidence","class":"security","class":"pgo","class":"ops","kind":"person",',
  '"kind":"system","kind":"representative","kind":"auditor","kind":"operator",',
  '"purpose":"PATRQT","route":"own-right","route":"presumed","route":"emergency","route":"sender",',
  '"door":"medmij","door":"ingest","door":"web","door":"regions","route":"none","event":"read",',
  '{"action":"R","agent":{"address":"127.0.0.1","id":"\u0001","kind":"professional",',
  '"organisation":"\u0001","role":"01.015"},"at":"\u0003","basis":["rule:\u0001@1"],"class":"care",',
  '"client":"","correlationId":"\u0001","counts":{"Observation":1,"Patient":1},"door":"fhir",',
  '"epoch":1,"event":"search-type","holders":["\u0001","\u0001"],"inputsHash":"\u0002","outcome":4,',
  '"outcome":0,"patient":"\u0001","purpose":"TREAT","query":"Observation?category=laboratory&',
  'patient&_count&date&code","released":1,"requestId":"\u0001","route":"explicit","tokenId":"\u0001",',
  '"v":1,"what":["Patient/\u0001@1","Observation/\u0001@1","Observation/\u0001@1"],"withheld":0}',
].join('');

/** Whole lines as they mostly are: where each piece is one match, a line packs to a few of them. */
const LINES = [
  '{"action":"C","agent":{"address":"127.0.0.1","id":"","kind":"system","organisation":"\u0001"},"at":"\u0003",',
  '"class":"care","client":"","correlationId":"\u0001","counts":{"Observation":1},"door":"fhir","event":"create",',
  '"holders":["\u0001"],"outcome":0,"patient":"\u0001","purpose":"TREAT","released":1,"requestId":"\u0001",',
  '"route":"sender","tokenId":"\u0001","v":1,"what":["Observation/\u0001@1"]}',
  '{"action":"E","agent":{"address":"127.0.0.1","id":"\u0001","kind":"person"},"at":"\u0003","class":"pgo",',
  '"detail":{"answer":"\u0001","gegevensdienst":"48","toestemming":"\u0001"},"door":"medmij","epoch":2,"event":"search-type",',
  '{"action":"R","agent":{"address":"127.0.0.1","id":"","kind":"professional","organisation":"\u0001","role":"01.015"},',
  '"at":"\u0003","basis":["rule:\u0001@1"],"class":"care","client":"","correlationId":"\u0001","counts":{"Observation":1},',
  '"door":"regions","epoch":2,"event":"read","holders":["\u0001"],"inputsHash":"\u0002","labels":["N"],"outcome":0,',
  '"patient":"\u0001","purpose":"TREAT","query":"Observation","released":1,"requestId":"\u0001","route":"explicit",',
  '"tokenId":"\u0001","v":1,"what":["Observation/\u0001@1","Observation/\u0001@1"],"withheld":0}',
].join('');

/** For DEFLATE (RFC 1951): all bodies at first, now only very long ones. */
export const DEFLATE_DICTIONARY = { number: 1, bytes: Buffer.from(FIRST) } as const;
/** For LZ4 blocks. */
export const LZ4_DICTIONARY = {
  number: 2,
  ...lz4Dictionary(Buffer.from(FIRST + LINES)),
} as const;
