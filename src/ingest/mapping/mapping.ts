/** The compiled rules of one format, for any sender: read once, compiled once for each overlay. */
import { join } from 'node:path';
import type { SenderOverlay } from '../format.ts';
import { type CodeTable, readCodeTables } from './code-table.ts';
import { compileTables } from './compile-tables.ts';
import type { Converters } from './converter.ts';
import { checkedTable, readTables } from './read-table.ts';
import type { RuleSet } from './rule-table.ts';
import { MAPPINGS_FOLDER } from './sender-overlay.ts';

export type Mapping = (overlay: SenderOverlay) => RuleSet;

let codeTables: ReadonlyMap<string, CodeTable> | undefined;

/**
 * Rules of `profiles/mappings/<folder>`. A sender without tables of its own shares one compiled
 * set.
 * @throws SyntaxError at once when a table is wrong, naming file and line.
 */
export function openMapping(folder: string, converters: Converters): Mapping {
  codeTables ??= readCodeTables(join(MAPPINGS_FOLDER, 'codes'));
  const codes = codeTables;
  const sources = readTables(join(MAPPINGS_FOLDER, folder));
  const shared = compileTables(sources, converters, codes);
  const own = new WeakMap<SenderOverlay, RuleSet>();
  return (overlay) => {
    if (overlay.tables.length === 0) return shared;
    const known = own.get(overlay);
    if (known) return known;
    const added = overlay.tables.map((table) => checkedTable(`senders/${overlay.id}.yaml`, table));
    const rules = compileTables([...sources, ...added], converters, codes);
    own.set(overlay, rules);
    return rules;
  };
}
