/** Which format and FHIR version an answer takes. https://hl7.org/fhir/R4/http.html#mime-type */
import type { FastifyRequest } from 'fastify';
import type { FhirVersion } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';

export interface Negotiated {
  readonly format: 'json' | 'xml';
  readonly pretty: boolean;
}

const JSON_TYPES = new Set(['application/fhir+json', 'application/json', 'text/json', 'json']);
const XML_TYPES = new Set(['application/fhir+xml', 'application/xml', 'text/xml', 'xml']);
const ANY_TYPES = new Set(['*/*', 'application/*']);

/**
 * `_format` wins over Accept; without either it is JSON.
 * @throws Problem `not-acceptable` when no asked type can be made, `invalid` for another FHIR version.
 */
export function negotiate(
  request: FastifyRequest,
  version: FhirVersion,
  others: ReadonlySet<string> = new Set(),
): Negotiated {
  const query = new URL(request.url, 'http://localhost').searchParams;
  const pretty = query.get('_pretty') === 'true';
  // A plus sign in `_format=application/fhir+json` arrives as a blank.
  const asked = query.get('_format')?.replace(' ', '+') ?? request.headers.accept ?? '*/*';
  for (const one of asked.split(',')) {
    const [type = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
    checkVersion(parameters, version);
    if (JSON_TYPES.has(type) || ANY_TYPES.has(type) || others.has(type)) {
      return { format: 'json', pretty };
    }
    if (XML_TYPES.has(type)) return { format: 'xml', pretty };
    if (type === 'text/html') return { format: 'json', pretty };
  }
  throw new Problem('not-acceptable', 'Ask for application/fhir+json or application/fhir+xml.');
}

function checkVersion(parameters: readonly string[], version: FhirVersion): void {
  const named = parameters.find((parameter) => parameter.startsWith('fhirversion='));
  const asked = named?.slice('fhirversion='.length).replaceAll('"', '');
  if (asked === undefined || asked.startsWith(version.mediaVersion)) return;
  throw new Problem('invalid', `This address speaks FHIR ${version.fhirVersion}.`, {
    code: 'fhir-version',
  });
}

/** The media type of an answer. */
export function mediaTypeOf(format: 'json' | 'xml', version: FhirVersion): string {
  // STU3 knows no version parameter; clients of MedMij send it all the same and accept it back.
  return version.name === 'R4'
    ? `application/fhir+${format}; fhirVersion=4.0; charset=utf-8`
    : `application/fhir+${format}; charset=utf-8`;
}
