/** How much one search may ask. Beyond it the answer is a Problem that names the parameter. */
export const LIMITS = {
  parametersMax: 100,
  valuesPerParameterMax: 200,
  valueCharactersMax: 2_000,
  chainLevelsMax: 4,
  includesMax: 40,
  sortKeysMax: 5,
  elementsMax: 100,
  /** Entries on a page; a larger `_count` is lowered to it. */
  countEntriesMax: 200,
  lastnPerCodeMax: 100,
  /** Months that a resource's own period may touch before it is filed under "long". */
  monthsPerResourceMax: 6,
  yearsPerResourceMax: 6,
} as const;
