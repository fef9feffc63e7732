/** Whether rules are about what a source holds, and from when until when they count for it. */
import type { Organisation } from '../../identity/index.ts';
import type { ConsentRule } from '../../permission/index.ts';

/** Whether the rule is about what this organisation holds. */
export function touches({ holder }: ConsentRule, organisation: Organisation): boolean {
  if (holder.level === 'any') return true;
  return holder.value === (holder.level === 'cat' ? organisation.category : organisation.id);
}

export interface Term {
  readonly effective: Date;
  readonly until: Date | null;
  /** When something of it ends by itself after the save: each moment once, the first of them. */
  readonly ends: readonly Date[];
}

/** Of one save; whoever sets more ends than these is told of the first. */
const ENDS_MAX = 10;

/** A rule that ended counts from the save; one for later from its own start. */
export function termOf(rules: readonly ConsentRule[], at: Date): Term | undefined {
  if (rules.length === 0) return undefined;
  const starts = rules.map(({ status, period }) =>
    status === 'active' && period?.start ? Date.parse(period.start) : at.getTime(),
  );
  const ends = rules.map(({ status, period }) =>
    status === 'active' && period?.end ? Date.parse(period.end) : Number.POSITIVE_INFINITY,
  );
  const last = Math.max(...ends);
  return {
    effective: new Date(Math.max(at.getTime(), Math.min(...starts))),
    until: Number.isFinite(last) ? new Date(last) : null,
    ends: [...new Set(ends)]
      .filter((end) => Number.isFinite(end) && end > at.getTime())
      .toSorted((a, b) => a - b)
      .slice(0, ENDS_MAX)
      .map((end) => new Date(end)),
  };
}
