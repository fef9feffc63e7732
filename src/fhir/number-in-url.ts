/**
 * No BSN in an address: it would stand in the logs of every proxy on the way. A search with one
 * goes by `POST …/_search` (consent.md 7.2, regional-exchange.md 21, medmij-protocol.md 4.1).
 */
import type { FastifyRequest } from 'fastify';
import { isBsnSystem, normaliseBsn } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import { queryOf } from './doorway.ts';

/** @throws Problem `invalid` code `bsn-in-url`, which names the parameter and not the number. */
export function refuseNumberInUrl(request: FastifyRequest): void {
  if (!request.url.includes('?')) return;
  for (const [name, value] of queryOf(request)) {
    if (!value.split(',').some((one) => isNumber(name, one))) continue;
    throw new Problem(
      'invalid',
      'A BSN may not stand in an address: send this search as POST [type]/_search.',
      { code: 'bsn-in-url', expression: [/^[A-Za-z_]{1,40}/.exec(name)?.[0] ?? 'identifier'] },
    );
  }
}

export const isNumberInUrl = ({ code }: Problem): boolean => code === 'bsn-in-url';

function isNumber(name: string, value: string): boolean {
  const bar = value.indexOf('|');
  const system = bar < 0 ? '' : value.slice(0, bar);
  if (isBsnSystem(system)) return value.length > bar + 1;
  // A number under another system is that system's.
  return system === '' && /identifier/.test(name) && isBsn(value.slice(bar + 1));
}

const isBsn = (text: string): boolean => /^\d{8,9}$/.test(text) && normaliseBsn(text) !== undefined;
