/** The compiled rules of one format, for any sender: read once, compiled once for each overlay. */
import { join } from 'node:path';
import type { SenderOverlay } from '../format.ts';
import { type CodeTable, readCodeTables } from './code-table.ts';
import { compileTables } from './compile-tables.ts';
import type { Converters } from './converter.ts';
import { checkedTable, readTables } from './read-table.ts';
import { namesIn } from './rule-names.ts';
import type { RuleSet } from './rule-table.ts';
import { MAPPINGS_FOLDER } from './sender-overlay.ts';

export type Mapping = (overlay: SenderOverlay) => RuleSet;

/** What rules and fields are called, by format. */
const namesOf = new Map<string, ReadonlySet<string>>();

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
  namesOf.set(folder, namesIn(shared));
  const own = new WeakMap<SenderOverlay, RuleSet>();
  return (overlay) => {
    if (overlay.tables.length === 0) return shared;
    const known = own.get(overlay);
    if (known) return known;
    const added = overlay.tables
      .map((table) => checkedTable(`senders/${overlay.id}.yaml`, table))
      .filter(({ table }) => table.format === undefined || table.format === folder);
    const rules = compileTables([...sources, ...added], converters, codes);
    own.set(overlay, rules);
    return rules;
  };
}

/** Formats that have rule tables; names can be checked where all of them are open. */
const FORMATS = ['hl7v2', 'hl7v3', 'edifact'];

/**
 * A rule that is turned off or added to must be there: a slip in its name would change nothing,
 * and nobody would see it.
 * @throws SyntaxError naming the sender and the name.
 */
export function checkNames({ id, off, tables }: SenderOverlay): void {
  if (!FORMATS.every((format) => namesOf.has(format))) return;
  const own = tables.map((table) => checkedTable(`senders/${id}.yaml`, table).table);
  const extended = own.flatMap(({ rules = [] }) => rules.flatMap((rule) => rule.extend ?? []));
  const ownRules = own.flatMap(({ rules = [] }) => rules.flatMap((rule) => rule.id ?? []));
  const known = (name: string) =>
    ownRules.includes(name) || [...namesOf.values()].some((names) => names.has(name));
  const wrong = [...off, ...extended].find((name) => !known(name));
  if (wrong !== undefined) {
    throw new SyntaxError(`senders/${id}.yaml: no rule or field is called "${wrong}"`);
  }
}
