/** Search in one patient by code, a page of 20, 16 connections. */

import { compareSearch } from './compare-search.ts';
import type { BenchContext, CaseResult } from './context.ts';

export const run = (context: BenchContext): Promise<CaseResult> =>
  compareSearch(context, { ours: '', plain: '/search' });
