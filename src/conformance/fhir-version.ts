/** A FHIR version is a value handed to the code, never a second copy of the code. */
export interface FhirVersion {
  readonly name: 'R4' | 'STU3';
  readonly fhirVersion: '4.0.1' | '3.0.2';
  /** As in the media type parameter: `application/fhir+json; fhirVersion=4.0`. */
  readonly mediaVersion: '4.0' | '3.0';
  /** Folder of its rule books below `profiles/`. */
  readonly profiles: 'r4' | 'stu3';
  /** R4 issue codes that STU3 lacks, and the older code each one falls back to. */
  readonly issueFallback: Readonly<Record<string, string>>;
  /** How a repeated include is spelled. */
  readonly iterate: 'iterate' | 'recurse';
}

export const R4: FhirVersion = {
  name: 'R4',
  fhirVersion: '4.0.1',
  mediaVersion: '4.0',
  profiles: 'r4',
  issueFallback: {},
  iterate: 'iterate',
};

export const STU3: FhirVersion = {
  name: 'STU3',
  fhirVersion: '3.0.2',
  mediaVersion: '3.0',
  profiles: 'stu3',
  issueFallback: { deleted: 'not-found', 'multiple-matches': 'conflict' },
  iterate: 'recurse',
};
