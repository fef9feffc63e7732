/** What the provider of the log-in says of an auditor's time and period (audit.md 7.3). */
import type { AuditorScope } from '../../audit/index.ts';
import type { LoggedIn } from '../../identity/index.ts';

const CLAIMS = { ends: 'audit_ends', from: 'audit_from', until: 'audit_until' } as const;

/**
 * Who brings none of the claims is of the house.
 * @returns undefined when a claim is there and is no moment: then nobody knows what was meant.
 */
export function scopeOf({ claims }: LoggedIn): AuditorScope | undefined {
  const scope: Record<string, string> = {};
  for (const [name, claim] of Object.entries(CLAIMS)) {
    const value = claims[claim];
    if (value === undefined) continue;
    const moment = typeof value === 'string' ? new Date(value) : undefined;
    if (!moment || Number.isNaN(moment.getTime())) return undefined;
    scope[name] = moment.toISOString();
  }
  return scope;
}
