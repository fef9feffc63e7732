/** Search in one record, by GET and by POST. https://hl7.org/fhir/R4/http.html#search */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type Bundle,
  parseSearch,
  type SearchOptions,
  type SearchQuery,
} from '../conformance/index.ts';
import type { SearchAnswer } from '../consent/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';
import { beforeBody, type Doorway, HIDDEN, requireType, type TypeParams } from './doorway.ts';
import { unknownOperation } from './interactions.ts';
import { FHIR_LIMITS } from './limits.ts';
import { formatParameter, negotiate } from './negotiate.ts';
import { operationParameters } from './operation-parameters.ts';
import { isStrict } from './prefer.ts';
import { withinOf } from './read.ts';
import { type CompartmentParams, compartmentSearch } from './search-compartment.ts';
import { searchset, searchsetBytes } from './searchset.ts';
import { sendJson, sendResource } from './send.ts';

/**
 * `GET /:type`, `POST /:type/_search`, `GET /Patient/:id/:type`, `POST /Patient/:id/:type/_search`
 * and `GET /Observation/$lastn`.
 */
export function searchTypeRoutes(app: FastifyInstance, { door, open }: Doorway): void {
  app.get<{ Params: TypeParams }>('/:type', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    const params = [...new URL(request.url, 'http://localhost').searchParams];
    return search(door, asking, request, reply, { type: request.params.type, params });
  });
  app.get<{ Params: CompartmentParams }>('/:type/:id/:kind', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    const params = [...new URL(request.url, 'http://localhost').searchParams];
    return search(door, asking, request, reply, compartmentSearch(asking, request.params, params));
  });
  app.post<{ Params: TypeParams; Body: string | Buffer }>(
    '/:type/_search',
    HIDDEN,
    async (request, reply) => {
      const asking = await open(request, reply);
      const { type } = request.params;
      return search(door, asking, request, reply, { type, params: sentIn(request) });
    },
  );
  app.post<{ Params: CompartmentParams; Body: string | Buffer }>(
    '/:type/:id/:kind/_search',
    HIDDEN,
    async (request, reply) => {
      const asking = await open(request, reply);
      const params = sentIn(request);
      const asked = compartmentSearch(asking, request.params, params);
      return search(door, asking, request, reply, asked);
    },
  );
  app.route<{ Params: TypeParams }>({
    method: ['GET', 'POST'],
    url: '/:type/$lastn',
    ...beforeBody({ door, open }),
    handler: async (request, reply) => {
      const asking = await open(request, reply);
      if (request.params.type !== 'Observation') throw unknownOperation();
      const params = [...operationParameters(request, asking.version)];
      if (request.method === 'POST') asking.checkParams?.(params);
      const { type } = request.params;
      return search(door, asking, request, reply, { type, params, lastn: true });
    },
  });
}

/** Answers a search that came by itself, in the format that was asked for. */
export async function search(
  door: FhirDoor,
  asking: Asking,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    type,
    params,
    lastn = false,
    over,
  }: Pick<SearchAsked, 'type' | 'params' | 'over'> & {
    lastn?: boolean;
  },
): Promise<FastifyReply> {
  if (type.startsWith('$')) throw unknownOperation();
  if (!over) requireType(asking, type, asking.searchTypes);
  const negotiated = negotiate(request, asking.version);
  const strict = isStrict(request);
  const format = formatParameter(request);
  const asked = { type, params, lastn, strict, format, ...(over ? { over } : {}) };
  const { path, answer } = await searchAnswer(door, asking, asked);
  if (negotiated.format === 'json' && !negotiated.pretty) {
    const bytes = searchsetBytes(asking, path, answer.query, answer, asked.format);
    return sendJson(reply, bytes, asking.version);
  }
  const bundle = searchset(asking, path, answer.query, answer, asked.format);
  return sendResource(reply, bundle, asking.version, negotiated);
}

export interface SearchAsked {
  readonly type: string;
  readonly params: readonly (readonly [string, string])[];
  readonly lastn: boolean;
  readonly strict: boolean;
  /** Over several types, which it tells from the parameters. */
  readonly over?: (options: SearchOptions) => {
    readonly path: string;
    parse(params: readonly (readonly [string, string])[]): SearchQuery;
  };
  /** What the link to the next page repeats. */
  readonly format?: string;
}

/** One page of a search. */
export async function searchBundle(
  door: FhirDoor,
  asking: Asking,
  asked: SearchAsked,
): Promise<Bundle> {
  const { path, answer } = await searchAnswer(door, asking, asked);
  return searchset(asking, path, answer.query, answer, asked.format);
}

async function searchAnswer(
  door: FhirDoor,
  asking: Asking,
  { type, params, lastn, strict, over }: SearchAsked,
): Promise<{ path: string; answer: SearchAnswer }> {
  if (!over) requireType(asking, type, asking.searchTypes);
  const cursor = params.find(([name]) => name === '_cursor')?.[1];
  const options: SearchOptions = {
    strict,
    lastn,
    // A data service gives what belongs to it, however it is asked for.
    mayInclude: asking.readTypes,
    ...(asking.only ? { within: withinOf(asking) } : {}),
    bases: [asking.base],
    now: new Date(),
  };
  const several = over?.(options);
  const path = several?.path ?? (lastn ? `${type}/$lastn` : type);
  const given = params.filter(
    ([name]) => name !== '_cursor' && name !== '_format' && name !== '_pretty',
  );
  const question = {
    params: [...given, ...limits(asking, type, given)],
    parse: (values: readonly (readonly [string, string])[]) =>
      several?.parse(values) ?? parseSearch(asking.version, type, values, options),
    path,
    base: asking.base,
    pageSizeDefault: asking.pageSizeDefault,
    // A door may give more at once than a visitor may ask for.
    pageSizeMax: Math.max(FHIR_LIMITS.pageSizeMax, asking.pageSizeDefault),
    ...(cursor === undefined ? {} : { cursor }),
  };
  return { path, answer: await door.release.search(asking.access, asking.vault, question) };
}

/** What this door is limited to, and gives beside it, unless it was asked like that already. */
function limits(
  { only, alongside }: Asking,
  type: string,
  given: readonly (readonly [string, string])[],
): (readonly [string, string])[] {
  const asked = (name: string, value: string) =>
    given.some(([other, said]) => other === name && said === value);
  const own = [...(only?.get(type) ?? []), ...(alongside?.get(type) ?? [])];
  return own.filter(([name, value]) => !asked(name, value));
}

function sentIn({ url, body }: { url: string; body: string | Buffer }): [string, string][] {
  return [...new URL(url, 'http://localhost').searchParams, ...formOf(body)];
}

/** @throws Problem `unsupported-media` for a body that is no form. */
export function formOf(body: string | Buffer | undefined): [string, string][] {
  if (Buffer.isBuffer(body) && body.length > 0) {
    throw new Problem(
      'unsupported-media',
      'Send the parameters of a search as application/x-www-form-urlencoded.',
    );
  }
  return [...new URLSearchParams(typeof body === 'string' ? body : '')];
}
