/** A date parameter as a half-open period, for what has one moment only (a line of the ledger). */
import { dateRange } from './search-date.ts';

const PREFIXED = /^(eq|gt|ge|lt|le|sa|eb)?(\d.*)$/;

/**
 * @returns instants `from` (inclusive) and `until` (exclusive), either of which may be absent;
 *   undefined for a text that is no date, and for `ne` and `ap`, which are no period.
 */
export function dateBounds(value: string): { from?: Date; until?: Date } | undefined {
  const [, prefix = 'eq', text = ''] = PREFIXED.exec(value) ?? [];
  const range = dateRange(text);
  if (!range) return undefined;
  const low = new Date(range.low);
  const high = new Date(range.high);
  switch (prefix) {
    case 'eq':
      return { from: low, until: high };
    case 'ge':
      return { from: low };
    case 'gt':
    case 'sa':
      return { from: high };
    case 'lt':
    case 'eb':
      return { until: low };
    default:
      return { until: high };
  }
}
