/**
 * An obligation that cannot be carried out turns the permit into a refusal (consent.md 6). Research
 * gets data under pseudonyms only, and figures are numbers: the export of a study and the count
 * make them, and what a person permitted for either leaves by no other way, and never by name.
 */
import type { AccessRequest, Grant, Verdict } from '../permission/index.ts';

/** Purposes under which nothing is given by name, with the way that carries that out. */
const NAMELESS: Readonly<Partial<Record<AccessRequest['purpose'], AccessRequest['nameless']>>> = {
  HRESCH: 'pseudonyms',
  HOPERAT: 'numbers',
  PUBHLTH: 'numbers',
};

const REASON = 'obligation';

/** The grant with what nobody would carry out left closed. */
export function carriedOut(
  grant: Grant,
  { purpose, nameless }: Pick<AccessRequest, 'purpose' | 'nameless'>,
): Grant {
  const asked = NAMELESS[purpose];
  if (asked === nameless) return grant;
  const covers = (...facts: Parameters<Grant['covers']>): Verdict => {
    const verdict = grant.covers(...facts);
    if (!verdict.permit) return verdict;
    return { ...verdict, permit: false, reason: REASON, route: 'none', obligations: ['AUDIT'] };
  };
  // Getters of the grant are worked out when they are asked for, and stay so.
  return Object.create(grant, {
    covers: { value: covers },
    anything: { value: false },
    closed: { value: grant.closed ?? REASON },
    narrowing: { value: { custodians: [] } },
  });
}
