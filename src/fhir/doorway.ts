/** What the file of each interaction gets from the door it hangs in. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { dateBounds, isResourceType } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';

export interface Doorway {
  readonly door: FhirDoor;
  /** Who asks, looked up once a request, with the headers of this door put on the answer. */
  open(request: FastifyRequest, reply: FastifyReply): Promise<Asking>;
}

export interface TypeParams {
  type: string;
  id: string;
  vid: string;
}

export type TypedRequest = FastifyRequest<{ Params: TypeParams }>;

/** Hides a route from the OpenAPI document: FHIR describes itself at /metadata. */
export const HIDDEN = { schema: { hide: true } } as const;

/** Route options that let nobody send a body who may not come in. */
export function beforeBody({ open }: Doorway) {
  return {
    ...HIDDEN,
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      await open(request, reply);
    },
  };
}

/** Parameters of the address, as they came. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  return new URL(request.url, 'http://localhost').searchParams;
}

/** @throws Problem `not-supported` for a type that is not of this version or not of this door. */
export function requireType(
  asking: Asking,
  type: string,
  allowed?: ReadonlySet<string> | undefined,
): void {
  if (!isResourceType(asking.version, type) || (allowed && !allowed.has(type))) {
    throw new Problem('not-supported', 'This resource type is not supported at this address.', {
      code: 'not-supported',
    });
  }
}

/**
 * A moment from the query: of `2026-03-01` its first, in the Netherlands.
 * @throws Problem `invalid` naming the parameter.
 */
export function momentOf(query: URLSearchParams, name: string): Date | undefined {
  const text = dateText(query, name);
  return text === undefined ? undefined : dateBounds(text)?.from;
}

const YEAR = /^\d{4}(-|$)/;

/** A FHIR date or instant as it was written. @throws Problem `invalid` naming the parameter. */
export function dateText(query: URLSearchParams, name: string): string | undefined {
  // A plus sign in an offset arrives as a blank.
  const text = query.get(name)?.replace(' ', '+');
  if (text === undefined || text === '') return undefined;
  if (YEAR.test(text) && dateBounds(text)) return text;
  throw new Problem('invalid', 'This is not a date or an instant.', {
    code: 'date',
    expression: [name],
  });
}

/**
 * `_count`, from `min` to `max`: of a history none is an answer too, of an operation it is not.
 * @throws Problem `invalid` when it is not a whole number.
 */
export function countOf(query: URLSearchParams, max: number, min: 0 | 1 = 1): number | undefined {
  const text = query.get('_count');
  if (text === null || text === '') return undefined;
  if (!/^\d{1,9}$/.test(text)) {
    throw new Problem('invalid', 'The count is not a whole number.', {
      code: 'count',
      expression: ['_count'],
    });
  }
  return Math.min(Math.max(min, Number(text)), max);
}
