/** The same search with `_include` of patient and encounter. */

import { compareSearch } from './compare-search.ts';
import type { BenchContext, CaseResult } from './context.ts';

export const run = (context: BenchContext): Promise<CaseResult> =>
  compareSearch(context, {
    ours: '&_include=Observation:patient&_include=Observation:encounter',
    plain: '/include',
  });
