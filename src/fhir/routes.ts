/**
 * The FHIR interactions of one door. Registered once for each kind of visitor; the version is a
 * value that the door hands over with the visitor.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { capabilityStatement, isResourceType, parseSearch, R4 } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, Described, FhirDoor } from './asking.ts';
import { sendBinary } from './binary.ts';
import { face } from './face.ts';
import { faceBytes } from './face-bytes.ts';
import { FHIR_LIMITS } from './limits.ts';
import { type Negotiated, negotiate } from './negotiate.ts';
import { etagOf, read } from './read.ts';
import { searchset } from './searchset.ts';
import { sendJson, sendOutcome, sendResource } from './send.ts';

interface Params {
  base?: string;
  type: string;
  id: string;
  vid: string;
}

/** Hides the routes from the OpenAPI document: FHIR describes itself at /metadata. */
const HIDDEN = { schema: { hide: true } } as const;

const WRITES: HTTPMethods[] = ['POST', 'PUT', 'PATCH', 'DELETE'];

type Open = (request: FastifyRequest, reply: FastifyReply) => Promise<Asking>;

/** Writing is for senders, at the intake: refused before a body is read. */
function refuse(open: Open): (request: FastifyRequest, reply: FastifyReply) => Promise<never> {
  return async (request, reply) => {
    await open(request, reply);
    throw unknownAddress(request);
  };
}

/** All FHIR interactions of one door, under the prefix it is registered with. */
export async function fhirRoutes(app: FastifyInstance, door: FhirDoor): Promise<void> {
  const addresses = new WeakMap<FastifyRequest, Described>();

  async function describe(request: FastifyRequest, reply: FastifyReply): Promise<Described> {
    const described = addresses.get(request) ?? (await door.describe(request));
    addresses.set(request, described);
    for (const [name, value] of Object.entries(described.headers ?? {})) reply.header(name, value);
    return described;
  }
  async function open(request: FastifyRequest, reply: FastifyReply): Promise<Asking> {
    await describe(request, reply);
    return door.open(request);
  }

  app.setErrorHandler(async (error, request, reply) => {
    // What went wrong before the handler (a body too large) is told in this door's version too.
    const described = await describe(request, reply).catch(() => undefined);
    return sendOutcome(error, request, reply, described?.version ?? R4, described?.scope);
  });
  app.setNotFoundHandler(async (request, reply) => {
    await open(request, reply);
    throw unknownAddress(request);
  });
  for (const url of ['/', '/:type', '/:type/:id', '/:type/:id/_history/:vid']) {
    const handler = refuse(open);
    app.route({ method: WRITES, url, ...HIDDEN, onRequest: handler, handler });
  }
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: FHIR_LIMITS.searchFormBytesMax },
    (_request, body, done) => done(null, body),
  );

  app.get('/metadata', HIDDEN, async (request, reply) => {
    const described = await describe(request, reply);
    const negotiated = negotiate(request, described.version);
    return sendResource(reply, capabilities(described), described.version, negotiated);
  });

  app.get<{ Params: Params }>('/:type', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    const params = [...new URL(request.url, 'http://localhost').searchParams];
    return search(door, asking, request, reply, params, false);
  });
  app.post<{ Params: Params; Body: string }>('/:type/_search', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    const inUrl = [...new URL(request.url, 'http://localhost').searchParams];
    const inBody = [...new URLSearchParams(request.body ?? '')];
    return search(door, asking, request, reply, [...inUrl, ...inBody], false);
  });
  app.get<{ Params: Params }>('/:type/$lastn', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    if (request.params.type !== 'Observation') throw unknownOperation();
    const params = [...new URL(request.url, 'http://localhost').searchParams];
    return search(door, asking, request, reply, params, true);
  });
  app.get<{ Params: Params }>('/:type/:id', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    if (request.params.id.startsWith('$')) throw unknownOperation();
    return sendOne(door, asking, request, reply, request.params);
  });
  app.get<{ Params: Params }>('/:type/:id/_history/:vid', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    return sendOne(door, asking, request, reply, request.params);
  });
}

async function search(
  door: FhirDoor,
  asking: Asking,
  request: FastifyRequest<{ Params: Params }>,
  reply: FastifyReply,
  params: readonly [string, string][],
  lastn: boolean,
): Promise<FastifyReply> {
  const { type } = request.params;
  if (type.startsWith('$')) throw unknownOperation();
  requireType(asking, type, asking.searchTypes);
  const negotiated = negotiate(request, asking.version);
  const cursor = params.find(([name]) => name === '_cursor')?.[1];
  const path = lastn ? `${type}/$lastn` : type;
  const strict = /handling=strict/.test(String(request.headers.prefer ?? ''));
  const question = {
    params: params.filter(
      ([name]) => name !== '_cursor' && name !== '_format' && name !== '_pretty',
    ),
    parse: (values: readonly (readonly [string, string])[]) =>
      parseSearch(asking.version, type, values as [string, string][], {
        strict,
        lastn,
        bases: [asking.base],
      }),
    path,
    base: asking.base,
    pageSizeDefault: asking.pageSizeDefault,
    pageSizeMax: FHIR_LIMITS.pageSizeMax,
    ...(cursor === undefined ? {} : { cursor }),
  };
  const answer = await door.release.search(asking.access, asking.vault, question);
  return sendResource(
    reply,
    searchset(asking, path, answer.query, answer, formatParameter(request)),
    asking.version,
    negotiated,
  );
}

/** The next page comes in the format that this one was asked in. */
function formatParameter(request: FastifyRequest): string {
  const format = new URL(request.url, 'http://localhost').searchParams.get('_format');
  return format === null ? '' : `&_format=${encodeURIComponent(format.replace(' ', '+'))}`;
}

async function sendOne(
  door: FhirDoor,
  asking: Asking,
  request: FastifyRequest,
  reply: FastifyReply,
  params: Params,
): Promise<FastifyReply> {
  requireType(asking, params.type, asking.readTypes);
  const released = await read(door, asking, params);
  reply.header('etag', etagOf(released)).header('last-modified', released.updated.toUTCString());
  if (params.type === 'Binary') {
    const sent = sendBinary(request, reply, face(released, asking));
    if (sent) return sent;
  }
  const negotiated = negotiate(request, asking.version);
  const asItLies = isPlainJson(negotiated) ? faceBytes(released, asking) : undefined;
  if (asItLies) return sendJson(reply, asItLies, asking.version);
  return sendResource(reply, face(released, asking), asking.version, negotiated);
}

const isPlainJson = ({ format, pretty }: Negotiated): boolean => format === 'json' && !pretty;

function requireType(asking: Asking, type: string, allowed: ReadonlySet<string> | undefined): void {
  if (!isResourceType(asking.version, type) || (allowed && !allowed.has(type))) {
    throw new Problem('not-supported', 'This resource type is not supported at this address.', {
      code: 'not-supported',
    });
  }
}

function unknownOperation(): Problem {
  return new Problem('invalid', 'There is no such operation at this address.', {
    code: 'unknown-operation',
  });
}

function unknownAddress(request: FastifyRequest): Problem {
  const path = request.url.split('?')[0] ?? '';
  if (/\/\$[^/]*$/.test(path)) return unknownOperation();
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return new Problem('method', 'This interaction is not supported at this address.');
  }
  return new Problem('not-found', 'There is nothing at this address.');
}

function capabilities(described: Awaited<ReturnType<FhirDoor['describe']>>) {
  return capabilityStatement(described.version, {
    url: described.base,
    interactions: ['read', 'vread', 'search-type'],
    ...(described.searchTypes ? { searchTypes: described.searchTypes } : {}),
    ...(described.readTypes ? { readTypes: described.readTypes } : {}),
  });
}
