/**
 * The compiled rules of one format, for any sender: read and compiled at the first message that
 * needs them, once for each overlay. A gateway that gets no messages of a format holds nothing.
 */
import { join } from 'node:path';
import type { SenderOverlay } from '../format.ts';
import { checkOwnTables } from './check-own-tables.ts';
import { type CodeTable, readCodeTables } from './code-table.ts';
import { compileTables } from './compile-tables.ts';
import type { Converters } from './converter.ts';
import { checkedTable, readTables, type TableSource } from './read-table.ts';
import { namesIn } from './rule-names.ts';
import type { RuleSet } from './rule-table.ts';
import { MAPPINGS_FOLDER } from './sender-overlay.ts';

export interface Mapping {
  /** @throws SyntaxError when a table is wrong, naming file and line. */
  (overlay: SenderOverlay): RuleSet;
  /** Compiles what the sender's own file adds. @throws SyntaxError when that does not fit. */
  prepare(overlay: SenderOverlay): void;
}

interface Opened {
  readonly sources: readonly TableSource[];
  readonly shared: RuleSet;
  /** What rules and fields are called. */
  readonly names: ReadonlySet<string>;
}

/** How to open each format that this process knows. */
const openers = new Map<string, () => Opened>();

let codeTables: ReadonlyMap<string, CodeTable> | undefined;

function codes(): ReadonlyMap<string, CodeTable> {
  codeTables ??= readCodeTables(join(MAPPINGS_FOLDER, 'codes'));
  return codeTables;
}

/** A table of `profiles/mappings/codes`. @throws Error when there is none of that name. */
export function sharedCodeTable(name: string): CodeTable {
  const table = codes().get(name);
  if (!table) throw new Error(`There is no code table ${name}.`);
  return table;
}

/**
 * Rules of `profiles/mappings/<folder>`. A sender without tables of its own shares one compiled
 * set.
 */
export function openMapping(folder: string, converters: Converters): Mapping {
  let opened: Opened | undefined;
  const open = () => {
    opened ??= readFormat(folder, converters);
    return opened;
  };
  openers.set(folder, open);
  const own = new WeakMap<SenderOverlay, RuleSet>();
  const mapping = (overlay: SenderOverlay) => {
    const { sources, shared } = open();
    if (overlay.tables.length === 0) return shared;
    const known = own.get(overlay);
    if (known) return known;
    const added = overlay.tables
      .map((table, index) => checkedTable(`senders/${overlay.id}.yaml: /tables/${index}`, table))
      .filter(({ table }) => table.format === undefined || table.format === folder);
    const rules = fitting(folder, added, () => {
      const all = compileTables([...sources, ...added], converters, codes());
      checkOwnTables(added, shared);
      return all;
    });
    own.set(overlay, rules);
    return rules;
  };
  return Object.assign(mapping, {
    prepare(overlay: SenderOverlay) {
      if (overlay.tables.length > 0) mapping(overlay);
    },
  });
}

/** A table that names no format must fit every one: what does not is told with its format. */
function fitting(folder: string, added: readonly TableSource[], work: () => RuleSet): RuleSet {
  try {
    return work();
  } catch (error) {
    const isOfAll = added.some(({ table }) => table.format === undefined);
    if (!isOfAll || !(error instanceof SyntaxError)) throw error;
    const hint = `as a table for ${folder}; one for another format alone says so with "format"`;
    throw new SyntaxError(`${error.message} (${hint})`);
  }
}

function readFormat(folder: string, converters: Converters): Opened {
  const sources = readTables(join(MAPPINGS_FOLDER, folder));
  const shared = compileTables(sources, converters, codes());
  return { sources, shared, names: namesIn(shared) };
}

/** Formats that have rule tables; names can be checked where all of them are known. */
const FORMATS = ['hl7v2', 'hl7v3', 'edifact'];

/**
 * A rule that is turned off or added to must be there: a slip in its name would change nothing,
 * and nobody would see it.
 * @throws SyntaxError naming the sender and the name.
 */
export function checkNames({ id, off, tables }: SenderOverlay): void {
  if (off.length === 0 && tables.length === 0) return;
  if (!FORMATS.every((format) => openers.has(format))) return;
  const own = tables.map(
    (table, index) => checkedTable(`senders/${id}.yaml: /tables/${index}`, table).table,
  );
  const extended = own.flatMap(({ rules = [] }) => rules.flatMap((rule) => rule.extend ?? []));
  const ownRules = own.flatMap(({ rules = [] }) => rules.flatMap((rule) => rule.id ?? []));
  const known = (name: string) =>
    ownRules.includes(name) || [...openers.values()].some((open) => open().names.has(name));
  const wrong = [...off, ...extended].find((name) => !known(name));
  if (wrong !== undefined) {
    throw new SyntaxError(`senders/${id}.yaml: no rule or field is called "${wrong}"`);
  }
}
