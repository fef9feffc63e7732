/** The CapabilityStatement and the routes are written from these numbers. */
export const FHIR_LIMITS = {
  pageSizeDefault: 50,
  pageSizeMax: 200,
  searchFormBytesMax: 65_536,
  urlLengthMax: 8_192,
} as const satisfies Record<string, number>;
