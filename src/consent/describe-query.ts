/** A search as the ledger names it. */
import type { SearchQuery } from '../conformance/index.ts';

/**
 * Parameter names, and values of coded parameters only: the ledger holds no free text of searches.
 */
export function describeQuery(path: string, query: SearchQuery): string {
  const names = query.processed.map(([name, value]) =>
    CODED.test(name) ? `${name}=${value}` : name,
  );
  return names.length > 0 ? `${path}?${names.join('&')}`.slice(0, 300) : path;
}

const CODED = /^(category|code|class|status|type|_type|_include|_revinclude)(:|$)/;
