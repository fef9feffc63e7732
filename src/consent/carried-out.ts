/**
 * An obligation that cannot be carried out turns the permit into a refusal (consent.md 6). Research
 * gets data under pseudonyms only: the export of a study makes them, and nothing that a patient
 * permitted for research leaves by any other way.
 */
import type { AccessRequest, Grant, Verdict } from '../permission/index.ts';

const NOT_CARRIED_OUT: ReadonlySet<string> = new Set(['PSEUDONYMISE', 'NO-REDISCLOSURE']);

const REASON = 'obligation';

/** The grant with what nobody would carry out left closed. */
export function carriedOut(
  grant: Grant,
  { purpose, underPseudonym }: Pick<AccessRequest, 'purpose' | 'underPseudonym'>,
): Grant {
  if (purpose !== 'HRESCH' || underPseudonym) return grant;
  const covers = (...asked: Parameters<Grant['covers']>): Verdict => {
    const verdict = grant.covers(...asked);
    const open = verdict.obligations.find((one) => NOT_CARRIED_OUT.has(one));
    if (!verdict.permit || open === undefined) return verdict;
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
