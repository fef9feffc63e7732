/**
 * A care relation is a fact with a begin and an end. It is a precondition for asking, never a
 * permit
 * (consent.md 11); without a referral a professional asks as somebody who treats the person.
 */
export interface CareRelation {
  readonly id: string;
  /** Organisation id of the side that treats. */
  readonly organisation: string;
  readonly kind: 'encounter' | 'referral' | 'appointment' | 'registration' | 'admission';
  /** Instants; the end is exclusive, absent while it lasts. */
  readonly from: string;
  readonly until?: string;
  /** What shows it: `Encounter/id`, `Task/id`, or the id of a message. */
  readonly evidence: string;
}

/** @returns the relation that shows it, or undefined when there is none at this moment. */
export function relationAt(
  relations: readonly CareRelation[],
  organisation: string,
  at: Date,
): CareRelation | undefined {
  const now = at.getTime();
  return relations.find(
    (relation) =>
      relation.organisation === organisation &&
      Date.parse(relation.from) <= now &&
      (relation.until === undefined || now < Date.parse(relation.until)),
  );
}
