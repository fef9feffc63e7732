/**
 * Code tables: `profiles/mappings/codes/<name>.csv`, first row `from` and any of `system`, `code`,
 * `display`, `relationship`. `from` is the source code, or `code^system` where one table serves
 * several source systems. Rows whose first cell begins with `#` say where the table comes from.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface CodeRow {
  readonly system?: string;
  readonly code: string;
  readonly display?: string;
}

export interface CodeTable {
  readonly name: string;
  readonly rows: ReadonlyMap<string, CodeRow>;
}

/** @throws SyntaxError naming the file and line of a row that does not fit its header. */
export function readCodeTables(folder: string): ReadonlyMap<string, CodeTable> {
  const tables = new Map<string, CodeTable>();
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.csv')) continue;
    const name = basename(file, '.csv');
    tables.set(name, parseCodeTable(name, readFileSync(join(folder, file), 'utf8')));
  }
  return tables;
}

/** One table from its CSV text; the name is for messages to its author. */
export function parseCodeTable(name: string, csv: string): CodeTable {
  const rows = new Map<string, CodeRow>();
  let header: string[] | undefined;
  for (const [index, line] of csv.split(/\r?\n/).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const cells = csvCells(line);
    if (header === undefined) {
      header = cells;
      if (cells[0] !== 'from' || !cells.includes('code')) {
        throw new SyntaxError(
          `codes/${name}.csv line ${index + 1}: header needs "from" and "code"`,
        );
      }
      continue;
    }
    const row = Object.fromEntries(header.map((column, at) => [column, cells[at] ?? '']));
    const { from = '', system, code = '', display } = row;
    if (cells.length > header.length || rows.has(from)) {
      throw new SyntaxError(`codes/${name}.csv line ${index + 1}: too many cells, or a row twice`);
    }
    rows.set(from, { code, ...(system ? { system } : {}), ...(display ? { display } : {}) });
  }
  return { name, rows };
}

function csvCells(line: string): string[] {
  const cells: string[] = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    cells.push(match[1] !== undefined ? match[1].replaceAll('""', '"') : (match[2] ?? ''));
  }
  return cells;
}
