/**
 * Organisations that came under a choice after it was made: a new member of a region is let in by
 * what the person permitted to its kind, and the person is told (consent.md 13, point 4).
 */
import type { Organisation } from '../identity/index.ts';
import { type ConsentRule, standardPolicy } from '../permission/index.ts';

export interface Joined {
  /** Organisation id. */
  readonly organisation: string;
  /** When it became a member. */
  readonly since: Date;
}

/** @returns those that a standing permission to a kind, or to anybody, lets in; newest first. */
export function joinedSince(
  rules: readonly ConsentRule[],
  organisations: readonly Organisation[],
  at: Date,
): Joined[] {
  const { recipientCategoryOf } = standardPolicy();
  const broad = rules.filter(
    ({ type, status, recipient }) =>
      type === 'permit' &&
      status === 'active' &&
      (recipient.level === 'any' || recipient.level === 'cat'),
  );
  return organisations
    .filter(({ connection }) => connection === 'connected')
    .flatMap(({ id, category, regions }) => {
      const asks = recipientCategoryOf[category] ?? category;
      const chosen = broad
        .filter(({ recipient }) => recipient.level === 'any' || recipient.value === asks)
        .map(({ dateTime }) => Date.parse(dateTime));
      const began = regions.flatMap(({ from, until }) =>
        from !== undefined && (until === undefined || at < new Date(until)) ? [new Date(from)] : [],
      );
      // A member of a region from before the choice was told of then, whatever it joined later.
      const isOld = regions.length > began.length;
      const since = new Date(Math.min(...began.map((one) => one.getTime())));
      const isNew = !isOld && began.length > 0 && since <= at;
      return isNew && chosen.some((moment) => moment < since.getTime())
        ? [{ organisation: id, since }]
        : [];
    })
    .toSorted((a, b) => b.since.getTime() - a.since.getTime());
}
