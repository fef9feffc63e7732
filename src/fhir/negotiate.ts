/** Which format and FHIR version an answer takes. https://hl7.org/fhir/R4/http.html#mime-type */
import type { FastifyRequest } from 'fastify';
import type { FhirVersion } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';

export interface Negotiated {
  readonly format: 'json' | 'xml';
  readonly pretty: boolean;
}

/** The forms with `+fhir` are of before STU3, which still lets a server take them. */
const JSON_TYPES = new Set([
  ...['application/fhir+json', 'application/json', 'text/json', 'json'],
  'application/json+fhir',
]);
const XML_TYPES = new Set([
  ...['application/fhir+xml', 'application/xml', 'text/xml', 'xml'],
  'application/xml+fhir',
]);
/** A browser that asks for a page gets JSON too. */
const ANY_TYPES = new Set(['*/*', 'application/*', 'text/*']);
const ASKED_LENGTH_MAX = 1_000;

const NO_QUERY = new URLSearchParams();

interface Asked {
  readonly type: string;
  readonly fhirVersion: string | undefined;
  readonly quality: number;
  /** Of any type: the first of ours that is not ruled out beside it. */
  readonly any?: 'json' | 'xml';
}

/**
 * `_format` wins over Accept; without either it is JSON.
 * @param others media types that the caller can make itself, for instance that of a Binary
 * @throws Problem `not-acceptable` when no asked type can be made, or only in another FHIR version.
 */
export function negotiate(
  request: FastifyRequest,
  version: FhirVersion,
  others: ReadonlySet<string> = new Set(),
): Negotiated {
  const pretty = askedAs(request, '_pretty') === 'true';
  const text = formatAsked(request) || request.headers.accept || '*/*';
  const known = preferencesIn(text).flatMap((one) => {
    const format = formatOf(one, others);
    return format ? [{ ...one, format }] : [];
  });
  const fits = known.find(({ fhirVersion }) => speaks(version, fhirVersion));
  if (fits) return { format: fits.format, pretty };
  if (known.length > 0) {
    throw new Problem('not-acceptable', `This address speaks FHIR ${version.fhirVersion}.`, {
      code: 'fhir-version',
    });
  }
  throw new Problem('not-acceptable', 'Ask for application/fhir+json or application/fhir+xml.');
}

const FORM = /^application\/x-www-form-urlencoded(?:\s*;|$)/i;

/** In the address, or in the form of a search: https://hl7.org/fhir/R4/http.html#search */
function askedAs({ url, body, headers }: FastifyRequest, name: string): string | null {
  const query = url.includes('?') ? new URL(url, 'http://localhost').searchParams : NO_QUERY;
  const isForm = typeof body === 'string' && FORM.test(headers['content-type'] ?? '');
  return query.get(name) ?? (isForm ? new URLSearchParams(body).get(name) : null);
}

/** A plus sign in `_format=application/fhir+json` arrives as a blank; one after `;` is a blank. */
const formatAsked = (request: FastifyRequest): string | undefined =>
  askedAs(request, '_format')?.replace(/^([\w.-]+\/[\w.-]+) /, '$1+');

/** The format alone, for an answer that is given whatever was asked. */
export function formatOrJson(request: FastifyRequest, version: FhirVersion): Negotiated {
  try {
    return negotiate(request, version);
  } catch {
    const asked = `${request.url} ${request.headers.accept ?? ''}`;
    return { format: /fhir(\+|%2B)xml/i.test(asked) ? 'xml' : 'json', pretty: false };
  }
}

/** Clients say the same in every request. */
const remembered = new Map<string, readonly Asked[]>();
const REMEMBERED_MAX = 200;

function preferencesIn(text: string): readonly Asked[] {
  const known = remembered.get(text);
  if (known) return known;
  const found = preferences(text);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(text, found);
  return found;
}

/** Media types of an `Accept`, best first. */
export const typesAsked = (accept: string): readonly string[] =>
  preferencesIn(accept).map(({ type }) => type);

/** Best first (RFC 9110 section 12.5.1); what has quality 0 is not wanted at all. */
function preferences(text: string): Asked[] {
  const asked = text
    .slice(0, ASKED_LENGTH_MAX)
    .split(',')
    .map((one) => {
      const [type = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
      const value = (name: string) =>
        parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
      const quality = Number(value('q') ?? '1');
      return {
        type,
        fhirVersion: value('fhirversion')?.replaceAll('"', ''),
        quality: Number.isNaN(quality) ? 1 : quality,
      };
    });
  const any = firstLeft(asked.filter(({ quality }) => quality === 0));
  return asked
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map((one) => (any && ANY_TYPES.has(one.type) ? { ...one, any } : one));
}

/** What is named counts before a wildcard: any type is JSON, unless that is refused by name. */
function firstLeft(refused: readonly Asked[]): 'json' | 'xml' | undefined {
  const isRefused = (format: string) =>
    refused.some((one) => one.type === `application/fhir+${format}` && !one.fhirVersion);
  return (['json', 'xml'] as const).find((format) => !isRefused(format));
}

function formatOf({ type, any }: Asked, others: ReadonlySet<string>): 'json' | 'xml' | undefined {
  if (XML_TYPES.has(type)) return 'xml';
  if (ANY_TYPES.has(type)) return any;
  return JSON_TYPES.has(type) || others.has(type) ? 'json' : undefined;
}

/** Major and minor decide: an app in use asks for a document with `fhirVersion=3.0s`. */
function speaks(version: FhirVersion, asked: string | undefined): boolean {
  return asked === undefined || asked.startsWith(version.mediaVersion);
}

/** The next page comes in the format that this one was asked in. */
export function formatParameter(request: FastifyRequest): string {
  const format = formatAsked(request);
  return format === undefined ? '' : `&_format=${encodeURIComponent(format)}`;
}

/** The media type of an answer. */
export function mediaTypeOf(format: 'json' | 'xml', version: FhirVersion): string {
  // STU3 knows no version parameter; clients of MedMij send it all the same and accept it back.
  return version.name === 'R4'
    ? `application/fhir+${format}; fhirVersion=4.0; charset=utf-8`
    : `application/fhir+${format}; charset=utf-8`;
}
