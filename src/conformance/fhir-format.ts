/** FHIR JSON and XML behind one pair of functions. Both give and take the JSON form. */
import { readFhirJson, writeFhirJson } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import { readFhirXml } from './fhir-xml-read.ts';
import { writeFhirXml } from './fhir-xml-write.ts';
import type { Resource } from './resource.ts';

export type FhirFormat = 'json' | 'xml';

/**
 * Reads one resource. A decimal is a number when `String(number)` equals its source, else a
 * Decimal.
 * @throws Problem invalid when the bytes are not a FHIR resource in that format.
 */
export function readFhir(
  bytes: Uint8Array,
  options: { readonly format: FhirFormat; readonly version: FhirVersion },
): Resource {
  if (options.format === 'xml') return readFhirXml(bytes, options.version);
  return readFhirJson(bytes);
}

/** Writes one resource; every decimal with the digits it was read with. */
export function writeFhir(
  resource: Resource,
  options: {
    readonly format: FhirFormat;
    readonly version: FhirVersion;
    readonly pretty?: boolean;
  },
): Buffer {
  if (options.format === 'xml') return writeFhirXml(resource, options.version, options.pretty);
  return writeFhirJson(resource, options.pretty);
}

/**
 * The format a media type names (`application/fhir+json; fhirVersion=4.0`, `xml`, `text/xml` …), or
 * undefined when it names neither. Parameters do not count.
 */
export function formatOf(mediaType: string): FhirFormat | undefined {
  const bare = mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  return MEDIA_TYPES[bare];
}

const MEDIA_TYPES: Readonly<Record<string, FhirFormat>> = {
  json: 'json',
  'application/json': 'json',
  'application/fhir+json': 'json',
  'application/json+fhir': 'json',
  'text/json': 'json',
  xml: 'xml',
  'application/xml': 'xml',
  'application/fhir+xml': 'xml',
  'application/xml+fhir': 'xml',
  'text/xml': 'xml',
};
