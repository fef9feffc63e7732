/**
 * A nested provision within the one around it: an exception says less than what it is taken from,
 * so whatever the outer one is limited to, it is limited to as well (consent.md 3.1).
 */
import { codingsOf, type Json, listOf, objectOf } from './fhir-consent-elements.ts';

export interface NestedProvision {
  /** The limits of both. */
  readonly provision: Json;
  /** It names something of its own where the outer one is limited: both would have to hold. */
  readonly isWider: boolean;
}

/** @param outer the provision around it; an empty object for the root. */
export function withinOuter(outer: Json, nested: Json): NestedProvision {
  const [around, own] = [limitsOf(outer), limitsOf(nested)];
  const provision: Json = { ...around, ...own };
  let isWider = false;
  for (const [name, limit] of Object.entries(own)) {
    const limited = around[name];
    if (limited === undefined) continue;
    if (name === 'actor') {
      provision[name] = [...listOf(limit), ...rolesNotIn(listOf(limit), listOf(limited))];
      const named = listOf(limited).filter((actor) => !isAmong(actor, listOf(limit)));
      isWider ||= named.length > rolesNotIn(listOf(limit), listOf(limited)).length;
    } else if (name === 'period' || name === 'dataPeriod') {
      isWider ||= !isInside(objectOf(limit), objectOf(limited));
    } else {
      const among = new Set(listOf(limited).map((one) => JSON.stringify(one)));
      isWider ||= !listOf(limit).every((one) => among.has(JSON.stringify(one)));
    }
  }
  return { provision, isWider };
}

function limitsOf({ provision: _, type: __, ...rest }: Json): Json {
  return rest;
}

const roleOf = (actor: Json): string | undefined => codingsOf(actor['role'])[0]?.code;

const rolesNotIn = (own: readonly Json[], around: readonly Json[]): Json[] =>
  around.filter((actor) => !own.some((one) => roleOf(one) === roleOf(actor)));

const isAmong = (one: Json, list: readonly Json[]): boolean =>
  list.some((other) => JSON.stringify(other) === JSON.stringify(one));

/** As instants: an end that the outer one has may not be left out or passed. */
function isInside(own: Json, around: Json): boolean {
  const at = (value: unknown) => Date.parse(String(value));
  const isAfter = around['start'] === undefined || at(own['start']) >= at(around['start']);
  return isAfter && (around['end'] === undefined || at(own['end']) <= at(around['end']));
}
