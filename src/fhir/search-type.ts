/** Search in one record, by GET and by POST. https://hl7.org/fhir/R4/http.html#search */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Bundle, parseSearch, searchParametersOf } from '../conformance/index.ts';
import type { SearchAnswer } from '../consent/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';
import { beforeBody, type Doorway, HIDDEN, requireType, type TypeParams } from './doorway.ts';
import { actorOf, unknownOperation } from './interactions.ts';
import { FHIR_LIMITS } from './limits.ts';
import { formatParameter, negotiate } from './negotiate.ts';
import { operationParameters } from './operation-parameters.ts';
import { withinOf } from './read.ts';
import { searchset, searchsetBytes } from './searchset.ts';
import { sendJson, sendResource } from './send.ts';

/** `GET /:type`, `POST /:type/_search`, `GET /Patient/:id/:type` and `GET /Observation/$lastn`. */
export function searchTypeRoutes(app: FastifyInstance, { door, open }: Doorway): void {
  app.get<{ Params: TypeParams }>('/:type', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    const params = [...new URL(request.url, 'http://localhost').searchParams];
    return search(door, asking, request, reply, { type: request.params.type, params });
  });
  app.get<{ Params: CompartmentParams }>('/:type/:id/:kind', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    const { type, id, kind } = request.params;
    if (kind.startsWith('$')) throw unknownOperation();
    if (type !== 'Patient' || actorOf(asking.access) === 'pgo') throw absent();
    const params = [...new URL(request.url, 'http://localhost').searchParams];
    const member = [memberParameter(asking, kind), id] as const;
    return search(door, asking, request, reply, { type: kind, params: [member, ...params] });
  });
  app.post<{ Params: TypeParams; Body: string | Buffer }>(
    '/:type/_search',
    HIDDEN,
    async (request, reply) => {
      const asking = await open(request, reply);
      const inUrl = [...new URL(request.url, 'http://localhost').searchParams];
      if (Buffer.isBuffer(request.body) && request.body.length > 0) throw notAForm();
      const inBody = [...new URLSearchParams(typeof request.body === 'string' ? request.body : '')];
      const { type } = request.params;
      return search(door, asking, request, reply, { type, params: [...inUrl, ...inBody] });
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

interface CompartmentParams {
  type: string;
  id: string;
  kind: string;
}

const absent = () => new Problem('not-found', 'There is nothing at this address.');

/**
 * Which parameter says that a resource is in the compartment of a Patient.
 * https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 * @throws Problem `not-found` for a type that is in no compartment of a Patient
 */
function memberParameter(asking: Asking, type: string): string {
  requireType(asking, type, asking.searchTypes);
  if (type === 'Patient') return '_id';
  const codes = new Set(searchParametersOf(asking.version, type).map(({ code }) => code));
  const member = ['patient', 'subject'].find((code) => codes.has(code));
  if (member === undefined) throw absent();
  return member;
}

async function search(
  door: FhirDoor,
  asking: Asking,
  request: FastifyRequest,
  reply: FastifyReply,
  { type, params, lastn = false }: Pick<SearchAsked, 'type' | 'params'> & { lastn?: boolean },
): Promise<FastifyReply> {
  if (type.startsWith('$')) throw unknownOperation();
  requireType(asking, type, asking.searchTypes);
  const negotiated = negotiate(request, asking.version);
  const strict = /handling=strict/.test(String(request.headers.prefer ?? ''));
  const asked = { type, params, lastn, strict, format: formatParameter(request) };
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
  { type, params, lastn, strict }: SearchAsked,
): Promise<{ path: string; answer: SearchAnswer }> {
  requireType(asking, type, asking.searchTypes);
  const cursor = params.find(([name]) => name === '_cursor')?.[1];
  const path = lastn ? `${type}/$lastn` : type;
  const given = params.filter(
    ([name]) => name !== '_cursor' && name !== '_format' && name !== '_pretty',
  );
  const question = {
    params: [...given, ...limits(asking, type, given)],
    parse: (values: readonly (readonly [string, string])[]) =>
      parseSearch(asking.version, type, values as [string, string][], {
        strict,
        lastn,
        // A data service gives what belongs to it, however it is asked for.
        mayInclude: asking.readTypes,
        ...(asking.only ? { within: withinOf(asking) } : {}),
        bases: [asking.base],
      }),
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

function notAForm(): Problem {
  return new Problem(
    'unsupported-media',
    'Send the parameters of a search as application/x-www-form-urlencoded.',
  );
}
