/** Ages that may collect (medmij-protocol.md 1.5). */

/** Oneself, and an adult who mandated somebody: from 16. */
export const ADULT = { yearsMin: 16 } as const;

/** A child by its parent: under 12. */
export const CHILD = { yearsBelow: 12 } as const;
