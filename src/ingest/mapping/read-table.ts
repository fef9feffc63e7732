/**
 * Rule tables as they stand in their files, checked against the schema before anything is
 * compiled.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { RULE_TABLE_SCHEMA } from './rule-schema.ts';

/** A table as it was read: what it says and where it says it. */
export interface TableSource {
  readonly file: string;
  readonly table: RawTable;
  /** Line of a place in the file, for messages to the person who wrote it. */
  line(path: readonly (string | number)[]): number | undefined;
}

export interface RawTable {
  table: string;
  /** In a sender's file: the only format that this table is for. */
  format?: string;
  when?: string;
  rules?: RawRule[];
  templates?: Record<string, RawRule>;
  ignored?: RawIgnored[];
}
export interface RawRule {
  id?: string;
  extend?: string;
  each?: string | string[];
  when?: string;
  resource?: string;
  profile?: string | string[];
  version?: 'R4' | 'STU3';
  key?: (string | string[])[];
  time?: string | string[];
  partial?: boolean;
  same?: 'merge' | 'number' | 'latest';
  reads?: string | string[];
  fields?: RawField[];
  rules?: RawRule[];
  ignored?: RawIgnored[];
}
export interface RawIgnored {
  id?: string;
  from: string | string[];
  because: string;
  when?: string;
}
export interface RawField {
  id?: string;
  to?: string;
  extension?: string;
  modifier?: boolean;
  from?: string | string[];
  when?: string;
  as?: string;
  type?: string;
  with?: Record<string, string>;
  options?: Record<string, unknown>;
  through?: string;
  value?: unknown;
  default?: unknown;
  required?: boolean;
  make?: string;
  ref?: string | string[];
  fields?: RawField[];
}

let compiled: ValidateFunction | undefined;

/** Compiled when the first table is read. */
function checkOfTables(): ValidateFunction {
  compiled ??= new Ajv2020({
    allErrors: false,
    strict: true,
    strictTypes: false,
    strictRequired: false,
  }).compile(RULE_TABLE_SCHEMA);
  return compiled;
}

/**
 * Every table of a folder, in the order of the file names. @throws SyntaxError naming file and
 * line.
 */
export function readTables(folder: string): TableSource[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => parseTable(join(folder, file), readFileSync(join(folder, file), 'utf8')));
}

/** One table from its YAML text. @throws SyntaxError naming the file and line. */
export function parseTable(file: string, yaml: string): TableSource {
  const document = parseDocument(yaml, { lineCounter: new LineCounter() });
  const [error] = document.errors;
  if (error) throw new SyntaxError(`${file} line ${error.linePos?.[0].line ?? '?'}: ${error.code}`);
  const line = (path: readonly (string | number)[]) => lineOf(yaml, path);
  return checkedTable(file, document.toJS() as unknown, line);
}

/** Read anew when a mistake has to be placed: the parsed text is ten times as large as the text. */
function lineOf(yaml: string, path: readonly (string | number)[]): number | undefined {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines });
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

/** A table that is not a file of its own, for instance one inside a sender's overlay. */
export function checkedTable(
  file: string,
  table: unknown,
  line: TableSource['line'] = () => undefined,
): TableSource {
  const checkTable = checkOfTables();
  if (!checkTable(table)) {
    const [error] = checkTable.errors ?? [];
    const path = (error?.instancePath ?? '').split('/').slice(1).map(decodePointer);
    const key = (error?.params as { additionalProperty?: string } | undefined)?.additionalProperty;
    const where = [...path, ...(key === undefined ? [] : [key])];
    throw wrongAt({ file, line }, where, reasonOf(error) ?? 'not a rule table');
  }
  return { file, table: table as RawTable, line };
}

/** What a schema has against a file, in words for whoever writes it. */
export function reasonOf(
  error: { readonly message?: string; readonly params?: unknown } | undefined,
): string | undefined {
  const { additionalProperty, allowedValues } = (error?.params ?? {}) as {
    readonly additionalProperty?: string;
    readonly allowedValues?: readonly string[];
  };
  if (additionalProperty !== undefined) return `unknown key "${additionalProperty}"`;
  if (allowedValues !== undefined) return `must be one of ${allowedValues.join(', ')}`;
  return error?.message;
}

/** The error that says where a table is wrong. */
export function wrongAt(
  source: Pick<TableSource, 'file' | 'line'>,
  path: readonly (string | number)[],
  reason: string,
): SyntaxError {
  const line = source.line(path);
  const where = line === undefined ? source.file : `${source.file} line ${line}`;
  // A table within a file of a sender has its place in that file before its own.
  const colon = where.includes(': /') ? '' : ': ';
  return new SyntaxError(`${where}${colon}/${path.join('/')}: ${reason}`);
}

const decodePointer = (part: string): string | number =>
  /^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~');
