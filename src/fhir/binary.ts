/**
 * A Binary comes and goes as itself, or as a FHIR resource: its media type says which.
 * https://hl7.org/fhir/R4/binary.html#rest
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { formatOf, type Resource } from '../conformance/index.ts';
import { letGoOf } from '../platform/let-go.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking } from './asking.ts';
import { bytesIn, resourceIn } from './body.ts';
import { FHIR_LIMITS } from './limits.ts';
import { typesAsked } from './negotiate.ts';

/** What asks for the resource, also where the content is JSON or XML itself. */
const FHIR_TYPES = /^application\/(fhir\+(json|xml)|(json|xml)\+fhir)$/;
/** RFC 9110 section 8.3.1, with room for the parameters that are in use. */
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(\s*;[^\r\n]{0,255})?$/;

const bareType = (mediaType: string): string =>
  (mediaType.split(';')[0] ?? '').trim().toLowerCase();

/**
 * @param wild whether a client that takes anything gets the content
 * @returns undefined when the client wants the FHIR form.
 */
export function sendBinary(
  request: FastifyRequest,
  reply: FastifyReply,
  binary: Resource,
  { wild = true }: { wild?: boolean } = {},
): FastifyReply | undefined {
  const contentType = typeof binary['contentType'] === 'string' ? binary['contentType'] : '';
  const data = binary['data'] ?? binary['content'];
  if (!MEDIA_TYPE.test(contentType) || typeof data !== 'string') return undefined;
  if (new URL(request.url, 'http://localhost').searchParams.get('_format')) return undefined;
  if (!wants(request.headers.accept ?? '', bareType(contentType), wild)) return undefined;
  const { reference } = (binary['securityContext'] ?? {}) as { reference?: unknown };
  if (typeof reference === 'string') reply.header('x-security-context', reference);
  return reply
    .header('cache-control', 'no-store')
    .header('content-disposition', 'attachment')
    .header('x-content-type-options', 'nosniff')
    .type(contentType)
    .send(Buffer.from(data, 'base64'));
}

/** Content that is JSON or XML itself is given to whoever asks for JSON or XML. */
function wants(accept: string, contentType: string, wild: boolean): boolean {
  const any = ['*/*', `${contentType.split('/')[0]}/*`];
  for (const type of typesAsked(accept || '*/*')) {
    if (FHIR_TYPES.test(type)) return false;
    if (type === contentType) return true;
    if (any.includes(type)) return wild;
    if (formatOf(type)) return false;
  }
  return false;
}

/**
 * The resource in the body of a request. What is sent to Binary and is none is the content of one,
 * with the media type that it was sent with; `X-Security-Context` says whose it is.
 * @param id of the address, where it has one
 * @throws Problem as `resourceIn`, `too-large` for more than a document may be
 */
export function writtenIn(
  request: FastifyRequest,
  { version, base }: Pick<Asking, 'version' | 'base'>,
  { type, id }: { readonly type: string; readonly id?: string },
): Resource {
  if (type !== 'Binary' || holdsBinary(request)) return resourceIn(request, version);
  const bytes = bytesIn(request);
  if (bytes.length > FHIR_LIMITS.rawBytesMax) {
    throw new Problem('too-large', 'A document may be 40 MB.', { code: 'too-large' });
  }
  const context = request.headers['x-security-context'];
  const data = bytes.toString('base64');
  letGoOf(bytes);
  return {
    resourceType: 'Binary',
    ...(id === undefined ? {} : { id }),
    contentType: contentTypeOf(request),
    ...(context === undefined ? {} : { securityContext: { reference: within(base, context) } }),
    [version.name === 'R4' ? 'data' : 'content']: data,
  };
}

/** An address of ours as it is meant in the record: without where we are. */
function within(base: string, context: string | string[]): string {
  const text = String(context);
  return text.startsWith(`${base}/`) ? text.slice(base.length + 1) : text;
}

/** @throws Problem `unsupported-media` for what is no media type. */
function contentTypeOf({ headers }: FastifyRequest): string {
  const named = headers['content-type']?.trim() ?? '';
  // RFC 9110 section 8.3: what says nothing of itself is bytes.
  if (named === '') return 'application/octet-stream';
  // A code of FHIR has single blanks only.
  if (MEDIA_TYPE.test(named)) return named.replace(/\s+/g, ' ');
  throw new Problem('unsupported-media', 'This is not a media type.', { code: 'content-type' });
}

const BINARY_IN_JSON = /"resourceType"\s*:\s*"Binary"/;
const ROOT_IN_XML =
  /^(?:\ufeff|\s|<\?[^>]*\?>|<!--(?:(?!-->)[\s\S])*-->)*<(?:[\w.-]+:)?Binary[\s/>]/;
/** Of an XML document its root stands near the beginning. */
const ROOT_WITHIN = 8_192;

/** Whether the body is the resource Binary, not the content of one. */
function holdsBinary({ headers, body }: FastifyRequest): boolean {
  const format = formatOf(headers['content-type'] ?? '');
  if (format === undefined || !Buffer.isBuffer(body)) return false;
  if (format === 'xml') return ROOT_IN_XML.test(body.toString('utf8', 0, ROOT_WITHIN));
  const text = body.toString('utf8');
  if (!BINARY_IN_JSON.test(text)) return false;
  try {
    return (JSON.parse(text) as { resourceType?: unknown } | null)?.resourceType === 'Binary';
  } catch {
    // A Binary that cannot be read is told so, not kept as it came.
    return true;
  }
}
