/** From tables as they were read to rules that run: every path, condition and name checked once. */
import type { CodeTable } from './code-table.ts';
import { type Condition, compileCondition } from './condition.ts';
import type { Converters } from './converter.ts';
import { ignoredPlaces } from './ignored-places.ts';
import { compilePath } from './path-grammar.ts';
import {
  type RawField,
  type RawIgnored,
  type RawRule,
  type TableSource,
  wrongAt,
} from './read-table.ts';
import { namesIn } from './rule-names.ts';
import type { Field, Ignored, KeyPart, Rule, RuleSet } from './rule-table.ts';
import { topOf } from './source-path.ts';
import { compileTarget } from './target.ts';

interface Compiling {
  readonly source: TableSource;
  readonly converters: Converters;
  readonly codes: ReadonlyMap<string, CodeTable>;
  readonly extensions: ReadonlyMap<string, readonly Extension[]>;
}

/** What a rule adds to another one, and where it says so: faults are named there. */
interface Extension {
  readonly raw: RawRule;
  readonly source: TableSource;
  readonly at: readonly (string | number)[];
}

/**
 * @throws SyntaxError naming file, line and what is wrong: path, condition, converter, table,
 * template.
 */
export function compileTables(
  sources: readonly TableSource[],
  converters: Converters,
  codes: ReadonlyMap<string, CodeTable>,
): RuleSet {
  const extensions = extensionsIn(sources);
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
      const at = ['templates', name];
      const rule = compileRule(compiling, { id: name, ...raw }, at, table.table, 'merge');
      templates.set(name, rule);
    }
    for (const entry of compileIgnored(compiling, table.ignored, ['ignored'], table.table)) {
      ignored.push({ ...entry, ...guarded(entry.when) });
    }
  }
  const lacking = made.find(({ name }) => !templates.has(name));
  if (lacking) throw wrongAt(lacking.source, lacking.path, `no template "${lacking.name}"`);
  const compiled = { rules, templates, ignored: ignoredPlaces(ignored), codes };
  checkExtended(extensions, compiled);
  return compiled;
}

function extensionsIn(sources: readonly TableSource[]): ReadonlyMap<string, Extension[]> {
  const all = sources.flatMap((source) =>
    (source.table.rules ?? []).map((raw, index) => ({ raw, source, at: ['rules', index] })),
  );
  return Map.groupBy(
    all.filter(({ raw }) => raw.extend !== undefined),
    ({ raw }) => raw.extend ?? '',
  );
}

/** A table that is for one format must add to rules of that format. */
function checkExtended(extensions: Compiling['extensions'], ruleSet: RuleSet): void {
  const known = namesIn(ruleSet);
  for (const [id, added] of extensions) {
    const named = added.find(({ source }) => source.table.format !== undefined);
    if (named && !known.has(id))
      throw wrongAt(named.source, [...named.at, 'extend'], `no rule "${id}"`);
  }
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
  return wrongAt(compiling.source, path, reason);
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
  const places = [
    { raw, compiling, at },
    ...(compiling.extensions.get(id) ?? []).map((added) => ({
      raw: added.raw,
      compiling: { ...compiling, source: added.source },
      at: added.at,
    })),
  ];
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
    fields: places.flatMap((one) =>
      (one.raw.fields ?? []).map((field, index) =>
        compileField(one.compiling, field, [...one.at, 'fields', index], id, raw.resource ?? id),
      ),
    ),
    rules: places
      .flatMap((one) =>
        (one.raw.rules ?? []).map((rule, index) => ({
          ...one,
          rule,
          at: [...one.at, 'rules', index],
        })),
      )
      .map((one, index) =>
        compileRule(one.compiling, one.rule, one.at, `${id}-${index + 1}`, 'number'),
      ),
    ignored: ignoredPlaces(
      places.flatMap((one) =>
        compileIgnored(one.compiling, one.raw.ignored, [...one.at, 'ignored'], id),
      ),
    ),
  };
}

/**
 * Key parts: a path, `path?` when it may be empty, `=text` for a fixed text. A flat list is one
 * key.
 */
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
