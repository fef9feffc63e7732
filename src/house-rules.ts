/** What holds for every route: its place in the OpenAPI document, counting, errors, request ids. */
import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Rooms } from './app.ts';
import { R4 } from './conformance/index.ts';
import { sendOutcome } from './fhir/index.ts';
import { Problem } from './platform/problem.ts';
import { codingOf, isTakenCoding, TAKEN_CODINGS } from './platform/unpack-body.ts';
import { sendProblem } from './web/index.ts';

const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Zorgsluis',
    description: 'Every route that is not FHIR; FHIR describes itself at /metadata of each base.',
    version: '0.1.0',
  },
};

const COUNTED_MS = 60_000;

/** Registered before any route. */
export async function houseRules(app: FastifyInstance, rooms: Rooms): Promise<void> {
  await app.register(swagger, { openapi: OPENAPI });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.register(cookie);
  await app.register(rateLimit, {
    max: rooms.config.limits.requestsPerMinuteMax,
    timeWindow: COUNTED_MS,
    keyGenerator: (request) => countedAs(rooms, request),
  });
  app.setErrorHandler((error, request, reply) => sendOutcome(error, request, reply, R4));
  app.setNotFoundHandler((request, reply) => {
    const nothing = new Problem('not-found', 'There is nothing at this address.');
    if (isForABrowser(request)) {
      return sendProblem(nothing, request, reply, !rooms.config.production);
    }
    return sendOutcome(nothing, request, reply, R4);
  });
  app.addHook('onRequest', async (request) => {
    if (hasOneHost(request)) return;
    throw new Problem('invalid', 'Send one Host header, with the name of this service.', {
      code: 'host',
      expression: ['Host'],
    });
  });
  app.addHook('onRequest', async (request, reply) => {
    const coding = codingOf(request.headers);
    if (coding === undefined) return;
    // Elsewhere a packed body would be read as if it were not (RFC 9110 15.5.16).
    const takesPacked = request.routeOptions.config.takesPacked === true && !asksByForm(request);
    if (takesPacked && isTakenCoding(coding)) return;
    reply.header('accept-encoding', takesPacked ? TAKEN_CODINGS : 'identity');
    const text = takesPacked
      ? 'Send the body as it is, or packed once by gzip, br or deflate.'
      : 'Send the body as it is, without Content-Encoding.';
    throw new Problem('unsupported-media', text, {
      code: 'content-encoding',
      expression: ['Content-Encoding'],
    });
  });
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => rooms.metrics.observe(request, reply));
}

/**
 * What a form asks is decided on before anything else is done, and unpacking comes after deciding
 * who may come in: a form stays plain.
 */
const asksByForm = ({ headers, url }: FastifyRequest): boolean =>
  /x-www-form-urlencoded/i.test(headers['content-type'] ?? '') ||
  /_search\/?$/.test(url.split('?')[0] ?? '');

const HOST = /^(\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(:\d*)?$/i;

/**
 * Of two, a proxy before us may have followed the one and we the other (RFC 9112 3.2). HTTP/1.1
 * without any is refused by Node.js.
 */
function hasOneHost({ raw: { rawHeaders } }: FastifyRequest): boolean {
  const hosts = rawHeaders.flatMap((name, at) =>
    at % 2 === 0 && name.toLowerCase() === 'host' ? [rawHeaders[at + 1] ?? ''] : [],
  );
  return hosts.length <= 1 && HOST.test(hosts[0] ?? '');
}

/**
 * A browser would offer an outcome as a file to keep; where FHIR or messages are spoken, an outcome
 * is what whoever asks can read, whatever it says that it accepts.
 */
function isForABrowser({ method, url, headers }: FastifyRequest): boolean {
  const [path = ''] = url.split('?');
  if (method !== 'GET' || /(^|\/)(fhir|intake)(\/|$)/.test(path)) return false;
  return /\btext\/html\b/.test(headers.accept ?? '');
}

/**
 * Whose requests are counted together: a known token counts for its client (of an app: for the
 * consent of the person), anything else for its address, so that a flood of made-up tokens does not
 * get a count for each.
 */
function countedAs(rooms: Rooms, request: FastifyRequest): string {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  const whose = /^bearer$/i.test(scheme ?? '') && token ? rooms.tokens.countedAs(token) : undefined;
  return whose === undefined ? `address ${request.ip}` : `client ${whose}`;
}
