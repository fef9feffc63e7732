/**
 * `Consent` means two things: a choice about sharing, and clinical data that carries treatment
 * limits or a living will (BgZ). Only the first is refused where clinical data comes in: stored
 * there, it would look like a choice and close nothing.
 */
const SCOPE = 'http://terminology.hl7.org/CodeSystem/consentscope';
const SCOPES = ['patient-privacy', 'research'].map((code) => `${SCOPE}|${code}`);
/** Categories of FHIR, in their STU3 and R4 spelling: looking in, telling others, research. */
const OF_FHIR = [
  ...['ICOL', 'IDSCL', 'INFA', 'INFAO', 'INFASO', 'IRDSCL', 'RESEARCH', 'RSDID', 'RSREID'].flatMap(
    (code) => [
      `http://terminology.hl7.org/CodeSystem/v3-ActCode|${code}`,
      `http://hl7.org/fhir/v3/ActCode|${code}`,
    ],
  ),
  ...['research', 'rsdid', 'rsreid'].flatMap((code) => [
    `http://terminology.hl7.org/CodeSystem/consentcategorycodes|${code}`,
    `http://hl7.org/fhir/consentcategorycodes|${code}`,
  ]),
];
const SHARING: ReadonlySet<string> = new Set([
  ...OF_FHIR,
  ...['59284-0', '64292-6'].map((code) => `http://loinc.org|${code}`),
  'urn:zorgsluis:consent-source|otv',
  'urn:zorgsluis:consent-source|dhtv',
  'urn:zorgsluis:consent-source|implicit',
  ...['GGC002', 'GGC012', 'GGC013'].map(
    (code) => `http://fhir.nl/otv/CodeSystem/gegevenscategorie|${code}`,
  ),
]);

/** @param resource of any type, in STU3 or R4. */
export function isAboutSharing(resource: { readonly [element: string]: unknown }): boolean {
  if (resource['resourceType'] !== 'Consent') return false;
  const { scope, category } = resource;
  if (codesOf(scope).some((code) => SCOPES.includes(code))) return true;
  return codesOf(category).some((code) => SHARING.has(code));
}

/** `system|code` of each coding of one concept or of a list of them. */
function codesOf(concepts: unknown): string[] {
  return [concepts]
    .flat()
    .flatMap((one) => (one as { coding?: unknown } | null | undefined)?.coding ?? [])
    .map((coding) => {
      const { system, code } = (coding ?? {}) as { system?: unknown; code?: unknown };
      return `${system}|${code}`;
    });
}
