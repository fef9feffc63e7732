/**
 * Rule tables: YAML in `profiles/mappings/<format>/*.yaml`, checked against a schema, compiled once.
 *
 * A table has `rules` (run in order against the whole message), `templates` (run by a field's `make`)
 * and `ignored` (values left out, each with its reason). A rule with `resource` makes one resource for
 * each node of `each`; without it, it only opens a context for the rules inside it. A rule that says
 * `extend: <id>` adds its fields and rules to another one: that is how a sender's table maps a Z-segment.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { CodeTable } from './code-table.ts';
import { type Condition, compileCondition } from './condition.ts';
import type { Converter, Converters } from './converter.ts';
import { RULE_TABLE_SCHEMA } from './rule-schema.ts';
import { compilePath, type SourcePath, topOf } from './source-path.ts';
import { compileTarget, type TargetPath } from './target.ts';

export interface Ignored {
  readonly id: string;
  readonly from: readonly SourcePath[];
  readonly because: string;
  readonly when?: Condition;
}

export interface KeyPart {
  readonly path?: SourcePath;
  readonly literal?: string;
  readonly optional: boolean;
}

export interface Field {
  readonly id: string;
  readonly label: string;
  readonly to?: TargetPath;
  readonly append: boolean;
  readonly extension?: string;
  readonly modifier: boolean;
  readonly from: readonly SourcePath[];
  readonly when?: Condition;
  readonly as?: Converter;
  readonly type: string;
  readonly with: ReadonlyMap<string, SourcePath>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly through?: CodeTable;
  readonly value?: unknown;
  readonly fallback?: unknown;
  readonly required: boolean;
  readonly make?: string;
  readonly ref: readonly string[];
  readonly fields: readonly Field[];
}

export interface Rule {
  readonly id: string;
  readonly each: readonly SourcePath[];
  readonly when?: Condition;
  readonly resource?: string;
  readonly profile: readonly string[];
  readonly version: 'R4' | 'STU3';
  /** Alternatives; the first one of which every part that is not optional has a value is the key. */
  readonly keys: readonly (readonly KeyPart[])[];
  readonly time: readonly SourcePath[];
  /** An update that speaks only of what it names; `""` then removes what is stored. */
  readonly partial: boolean;
  readonly same: 'merge' | 'number';
  readonly reads: readonly SourcePath[];
  readonly fields: readonly Field[];
  readonly rules: readonly Rule[];
  readonly ignored: readonly Ignored[];
}

export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly templates: ReadonlyMap<string, Rule>;
  readonly ignored: readonly Ignored[];
  readonly codes: ReadonlyMap<string, CodeTable>;
}

/** A table as it was read: what it says and where it says it. */
export interface TableSource {
  readonly file: string;
  readonly table: RawTable;
  /** Line of a place in the file, for messages to the person who wrote it. */
  line(path: readonly (string | number)[]): number | undefined;
}

interface RawTable {
  table: string;
  when?: string;
  rules?: RawRule[];
  templates?: Record<string, RawRule>;
  ignored?: RawIgnored[];
}
interface RawRule {
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
  same?: 'merge' | 'number';
  reads?: string | string[];
  fields?: RawField[];
  rules?: RawRule[];
  ignored?: RawIgnored[];
}
interface RawIgnored {
  id?: string;
  from: string | string[];
  because: string;
  when?: string;
}
interface RawField {
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

const checkTable = new Ajv2020({
  allErrors: false,
  strict: true,
  strictTypes: false,
  strictRequired: false,
}).compile(RULE_TABLE_SCHEMA);

/** Every table of a folder, in the order of the file names. @throws SyntaxError naming file and line. */
export function readTables(folder: string): TableSource[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => parseTable(join(folder, file), readFileSync(join(folder, file), 'utf8')));
}

export function parseTable(file: string, yaml: string): TableSource {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines });
  const [error] = document.errors;
  if (error) throw new SyntaxError(`${file} line ${error.linePos?.[0].line ?? '?'}: ${error.code}`);
  const line = (path: readonly (string | number)[]): number | undefined => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return undefined;
  };
  return checkedTable(file, document.toJS() as unknown, line);
}

/** A table that is not a file of its own, for instance one inside a sender's overlay. */
export function checkedTable(
  file: string,
  table: unknown,
  line: TableSource['line'] = () => undefined,
): TableSource {
  if (!checkTable(table)) {
    const [error] = checkTable.errors ?? [];
    const path = (error?.instancePath ?? '').split('/').slice(1).map(decodePointer);
    const key = (error?.params as { additionalProperty?: string } | undefined)?.additionalProperty;
    const where = [...path, ...(key === undefined ? [] : [key])];
    const reason =
      key === undefined ? (error?.message ?? 'not a rule table') : `unknown key "${key}"`;
    throw new SyntaxError(`${file} line ${line(where) ?? '?'}: /${where.join('/')}: ${reason}`);
  }
  return { file, table: table as RawTable, line };
}

const decodePointer = (part: string): string | number =>
  /^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~');

interface Compiling {
  readonly source: TableSource;
  readonly converters: Converters;
  readonly codes: ReadonlyMap<string, CodeTable>;
  readonly extensions: ReadonlyMap<string, readonly RawRule[]>;
}

/** @throws SyntaxError naming file, line and what is wrong: path, condition, converter, table, template. */
export function compileTables(
  sources: readonly TableSource[],
  converters: Converters,
  codes: ReadonlyMap<string, CodeTable>,
): RuleSet {
  const extensions = new Map<string, RawRule[]>();
  for (const { table } of sources) {
    for (const rule of table.rules ?? []) {
      if (rule.extend !== undefined) {
        extensions.set(rule.extend, [...(extensions.get(rule.extend) ?? []), rule]);
      }
    }
  }
  const rules: Rule[] = [];
  const ignored: Ignored[] = [];
  const templates = new Map<string, Rule>();
  const made: { source: TableSource; path: (string | number)[]; name: string }[] = [];
  for (const source of sources) {
    const compiling: Compiling = { source, converters, codes, extensions };
    const { table } = source;
    const guard =
      table.when === undefined
        ? undefined
        : attempt(compiling, ['when'], () => compileCondition(table.when ?? ''));
    const guarded = (when: Condition | undefined): { when?: Condition } => {
      if (guard === undefined) return when === undefined ? {} : { when };
      const holds: Condition = (at) => guard(topOf(at));
      return { when: when === undefined ? holds : (at) => holds(at) && when(at) };
    };
    for (const [index, raw] of (table.rules ?? []).entries()) {
      collectMakes(raw, ['rules', index], (path, name) => made.push({ source, path, name }));
      if (raw.extend !== undefined) continue;
      const rule = compileRule(compiling, raw, ['rules', index], table.table, 'number');
      rules.push({ ...rule, ...guarded(rule.when) });
    }
    for (const [name, raw] of Object.entries(table.templates ?? {})) {
      collectMakes(raw, ['templates', name], (path, other) =>
        made.push({ source, path, name: other }),
      );
      if (templates.has(name)) throw trouble(compiling, ['templates', name], 'a template twice');
      const rule = compileRule(
        compiling,
        { id: name, ...raw },
        ['templates', name],
        table.table,
        'merge',
      );
      templates.set(name, rule);
    }
    for (const entry of compileIgnored(compiling, table.ignored, ['ignored'], table.table)) {
      ignored.push({ ...entry, ...guarded(entry.when) });
    }
  }
  for (const { source, path, name } of made) {
    if (!templates.has(name)) {
      throw trouble({ source, converters, codes, extensions }, path, `no template "${name}"`);
    }
  }
  return { rules, templates, ignored, codes };
}

function collectMakes(
  raw: RawRule | RawField,
  path: (string | number)[],
  found: (path: (string | number)[], name: string) => void,
): void {
  if ('make' in raw && raw.make !== undefined) found([...path, 'make'], raw.make);
  for (const [index, field] of (raw.fields ?? []).entries()) {
    collectMakes(field, [...path, 'fields', index], found);
  }
  if (!('rules' in raw)) return;
  for (const [index, rule] of (raw.rules ?? []).entries()) {
    collectMakes(rule, [...path, 'rules', index], found);
  }
}

function trouble(compiling: Compiling, path: readonly (string | number)[], reason: string) {
  const { source } = compiling;
  return new SyntaxError(
    `${source.file} line ${source.line(path) ?? '?'}: /${path.join('/')}: ${reason}`,
  );
}

function attempt<Result>(
  compiling: Compiling,
  path: readonly (string | number)[],
  work: () => Result,
): Result {
  try {
    return work();
  } catch (error) {
    throw trouble(compiling, path, error instanceof Error ? error.message : String(error));
  }
}

const listOf = (given: string | string[] | undefined): string[] =>
  given === undefined ? [] : Array.isArray(given) ? given : [given];

function paths(
  compiling: Compiling,
  at: readonly (string | number)[],
  given: string | string[] | undefined,
) {
  return attempt(compiling, at, () => listOf(given).map(compilePath));
}

function condition(
  compiling: Compiling,
  at: readonly (string | number)[],
  given: string | undefined,
) {
  if (given === undefined) return {};
  return { when: attempt(compiling, at, () => compileCondition(given)) };
}

function compileRule(
  compiling: Compiling,
  raw: RawRule,
  at: readonly (string | number)[],
  table: string,
  same: 'merge' | 'number',
): Rule {
  const id = raw.id ?? table;
  const added = compiling.extensions.get(id) ?? [];
  const fields = [...(raw.fields ?? []), ...added.flatMap((extra) => extra.fields ?? [])];
  const rules = [...(raw.rules ?? []), ...added.flatMap((extra) => extra.rules ?? [])];
  const ignored = [...(raw.ignored ?? []), ...added.flatMap((extra) => extra.ignored ?? [])];
  return {
    id,
    each: paths(compiling, [...at, 'each'], raw.each),
    ...condition(compiling, [...at, 'when'], raw.when),
    ...(raw.resource === undefined ? {} : { resource: raw.resource }),
    profile: listOf(raw.profile),
    version: raw.version ?? 'R4',
    keys: compileKeys(compiling, raw.key ?? [], [...at, 'key']),
    time: paths(compiling, [...at, 'time'], raw.time),
    partial: raw.partial ?? false,
    same: raw.same ?? same,
    reads: paths(compiling, [...at, 'reads'], raw.reads),
    fields: fields.map((field, index) =>
      compileField(compiling, field, [...at, 'fields', index], id, raw.resource ?? id),
    ),
    rules: rules.map((rule, index) =>
      compileRule(compiling, rule, [...at, 'rules', index], `${id}-${index + 1}`, 'number'),
    ),
    ignored: compileIgnored(compiling, ignored, [...at, 'ignored'], id),
  };
}

/** Key parts: a path, `path?` when it may be empty, `=text` for a fixed text. A flat list is one key. */
function compileKeys(
  compiling: Compiling,
  raw: readonly (string | string[])[],
  at: readonly (string | number)[],
) {
  const flat = raw.every((part) => typeof part === 'string');
  const alternatives = flat && raw.length > 0 ? [raw as string[]] : raw.map((part) => listOf(part));
  return attempt(compiling, at, () =>
    alternatives.map((parts) =>
      parts.map((part): KeyPart => {
        if (part.startsWith('=')) return { literal: part.slice(1), optional: false };
        const optional = part.endsWith('?');
        return { path: compilePath(optional ? part.slice(0, -1) : part), optional };
      }),
    ),
  );
}

function compileIgnored(
  compiling: Compiling,
  raw: readonly RawIgnored[] | undefined,
  at: readonly (string | number)[],
  id: string,
): Ignored[] {
  return (raw ?? []).map((entry, index) => ({
    id: entry.id ?? `${id}.ignored`,
    from: paths(compiling, [...at, index, 'from'], entry.from),
    because: entry.because,
    ...condition(compiling, [...at, index, 'when'], entry.when),
  }));
}

function compileField(
  compiling: Compiling,
  raw: RawField,
  at: readonly (string | number)[],
  rule: string,
  label: string,
): Field {
  const { to, extension } = raw;
  const name = to ?? `extension(${extension?.split('/').pop() ?? ''})`;
  const id = raw.id ?? `${rule}.${name}`;
  const as = raw.as === undefined ? undefined : compiling.converters[raw.as];
  if (raw.as !== undefined && as === undefined) {
    throw trouble(compiling, [...at, 'as'], `no converter "${raw.as}"`);
  }
  const through = raw.through === undefined ? undefined : compiling.codes.get(raw.through);
  if (raw.through !== undefined && through === undefined) {
    throw trouble(compiling, [...at, 'through'], `no code table "${raw.through}"`);
  }
  const target =
    to === undefined ? undefined : attempt(compiling, [...at, 'to'], () => compileTarget(to));
  return {
    id,
    label: `${label}.${name.replaceAll('[]', '')}`,
    ...(target === undefined ? {} : { to: target }),
    append: extension !== undefined || target?.[target.length - 1]?.append === true,
    ...(extension === undefined ? {} : { extension }),
    modifier: raw.modifier ?? false,
    from: paths(compiling, [...at, 'from'], raw.from),
    ...condition(compiling, [...at, 'when'], raw.when),
    ...(as === undefined ? {} : { as }),
    type: raw.type ?? as?.type ?? 'string',
    with: attempt(
      compiling,
      [...at, 'with'],
      () => new Map(Object.entries(raw.with ?? {}).map(([key, path]) => [key, compilePath(path)])),
    ),
    options: raw.options ?? {},
    ...(through === undefined ? {} : { through }),
    ...('value' in raw ? { value: raw.value } : {}),
    ...('default' in raw ? { fallback: raw.default } : {}),
    required: raw.required ?? false,
    ...(raw.make === undefined ? {} : { make: raw.make }),
    ref: listOf(raw.ref),
    fields: (raw.fields ?? []).map((field, index) =>
      compileField(
        compiling,
        field,
        [...at, 'fields', index],
        id,
        `${label}.${name.replaceAll('[]', '')}`,
      ),
    ),
  };
}
