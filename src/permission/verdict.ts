/** How a verdict is worded: permitted by a route, or withheld for a reason. */
import type { Verdict } from './grant.ts';

/** Given on the word of whoever asked: somebody looks at it afterwards. */
export function toReview(verdict: Verdict): Verdict {
  return { ...verdict, obligations: [...verdict.obligations, 'REVIEW-RELATION'].toSorted() };
}

/** Permitted by this route, with what has to be done for it. */
export function released(
  reason: string,
  basis: readonly string[],
  route: Verdict['route'],
  obligations: readonly string[] = [],
): Verdict {
  return {
    permit: true,
    basis,
    reason,
    route,
    obligations: ['AUDIT', ...obligations].toSorted(),
  };
}

/** Withheld; the reason is for the ledger and the person, never for whoever asks. */
export function withheld(reason: string, basis: readonly string[] = []): Verdict {
  return { permit: false, basis, reason, route: 'none', obligations: ['AUDIT'] };
}
