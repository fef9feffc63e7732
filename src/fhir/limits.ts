/** The CapabilityStatement and the routes are written from these numbers. */
export const FHIR_LIMITS = {
  pageSizeDefault: 50,
  pageSizeMax: 200,
  everythingPageSizeMax: 500,
  bundleEntriesMax: 5_000,
  /** Resources that the questions of one bundle are answered with, together. */
  bundleAnswersMax: 10_000,
  bodyBytesMax: 52_428_800,
  /** Content of a Binary that is sent as itself: as much as a document may be. */
  rawBytesMax: 41_943_040,
  searchFormBytesMax: 65_536,
  urlLengthMax: 8_192,
} as const satisfies Record<string, number>;
