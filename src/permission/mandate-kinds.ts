/**
 * What a mandate can be limited to, by names that stay the same on our own pages, in what a log-in
 * tells, and in the ledger. A mandate that a log-in established stands in the authority of the
 * request in full, so that the decision about it can be made again. consent.md 10.2.
 */
import { localMidnight } from './age.ts';
import type { Representation } from './representation.ts';
import type { DataMatch } from './rule.ts';

export type MandateKind = 'medicijnen' | 'uitslagen' | 'brieven' | 'afspraken' | 'klachten';

export const MANDATE_KINDS: Readonly<Record<MandateKind, readonly DataMatch[]>> = {
  medicijnen: [
    { level: 'ggc', value: 'GGC013' },
    { level: 'type', value: 'AllergyIntolerance' },
  ],
  uitslagen: [
    { level: 'ggc', value: 'GGC012' },
    { level: 'type', value: 'Observation' },
  ],
  brieven: [{ level: 'type', value: 'DocumentReference' }],
  afspraken: [
    { level: 'type', value: 'Appointment' },
    { level: 'type', value: 'Encounter' },
  ],
  klachten: [
    { level: 'type', value: 'Condition' },
    { level: 'type', value: 'Procedure' },
    { level: 'type', value: 'Immunization' },
  ],
};

/** A mandate for all that there is. */
const ALL = 'alles';

/** Authority of who acts by a mandate of the log-in. */
export const VOLUNTARY = 'voluntary';

const isKind = (name: string): name is MandateKind => Object.hasOwn(MANDATE_KINDS, name);

/**
 * @param named the kinds that the log-in told, with spaces between; `alles` is all of them.
 * @param until ISO date or instant at which the mandate is over; a date counts from its midnight.
 * @returns the authority; undefined for a mandate that names nothing that is known here, or an end
 * that is no moment: what is not understood opens nothing.
 */
export function voluntaryAuthority(named: string, until?: string): string | undefined {
  const names = named.split(/\s+/);
  const kinds = names.includes(ALL) ? [ALL] : [...new Set(names.filter(isKind))].toSorted();
  if (kinds.length === 0) return undefined;
  if (until === undefined) return `${VOLUNTARY}:${kinds.join('+')}`;
  const end = localMidnight(until) ?? new Date(until);
  if (Number.isNaN(end.getTime())) return undefined;
  return `${VOLUNTARY}:${kinds.join('+')}:${end.toISOString()}`;
}

/** The evidence that stands in the authority; undefined for any other authority. */
export function voluntaryMandate(authority: string): Representation | undefined {
  if (authority !== VOLUNTARY && !authority.startsWith(`${VOLUNTARY}:`)) return undefined;
  const [, named = ALL, ...rest] = authority.split(':');
  const end = rest.join(':');
  const kinds = named.split('+').filter(isKind);
  return {
    rel: 'proxy',
    scope: 'read',
    ...(end === '' ? {} : { period: { end } }),
    ...(named === ALL ? {} : { kinds: kinds.flatMap((kind) => MANDATE_KINDS[kind]) }),
  };
}

/** The kinds that an authority names; undefined for all, and for any other authority. */
export function kindsNamed(authority: string): readonly MandateKind[] | undefined {
  const [way, named = ALL] = authority.split(':');
  return way !== VOLUNTARY || named === ALL ? undefined : named.split('+').filter(isKind);
}
