/**
 * What a line keeps of the number that was asked for, so that walking along numbers shows (AN-08):
 * keyed hashes of the number and of its neighbourhood of a thousand. Nobody reads a number in them.
 */
import type { Ledger } from '../audit/index.ts';
import { patientAnchors, type SearchQuery } from '../conformance/index.ts';
import type { AccessRequest } from '../permission/index.ts';

const NEIGHBOURHOOD_DIGITS = 3;
const NUMBER = /^\d{6,18}$/;

/** Only of professionals: nobody else may ask for a person by number. */
export function numberTrail(
  ledger: Pick<Ledger, 'pseudonymOf'>,
  { actor }: AccessRequest,
  query: SearchQuery,
): Readonly<Record<string, string>> {
  if (actor.kind !== 'professional') return {};
  const [identifier] = patientAnchors(query)?.identifiers ?? [];
  if (!identifier || !NUMBER.test(identifier.value)) return {};
  const { system, value } = identifier;
  const keyed = (name: string) => ledger.pseudonymOf(`${name}|${system}`).slice(0, 13);
  return {
    near: keyed(`near|${value.slice(0, -NEIGHBOURHOOD_DIGITS)}`),
    number: keyed(`number|${value}`),
  };
}
