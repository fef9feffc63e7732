/**
 * What records have in common, as a preset dictionary (RFC 1950) for packing them: a record of 960
 * bytes takes 306. A packed body names its dictionary by number; a number is never given another
 * text.
 */
export const DICTIONARIES: Readonly<Record<number, Buffer>> = {
  1: Buffer.from(
    [
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
    ].join(''),
  ),
};

export const CURRENT_DICTIONARY = 1;
