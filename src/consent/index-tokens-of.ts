/** What conformance indexes of a stored row, for whatever seals whole records again. */
import { indexTokens, type Resource } from '../conformance/index.ts';
import type { IndexTokens } from '../store/index.ts';

export const indexTokensOf: IndexTokens = (row) =>
  indexTokens(JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Resource);
