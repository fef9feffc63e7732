/**
 * Reads the parameters of a search into a query, once; nothing is evaluated here.
 * https://hl7.org/fhir/R4/search.html, https://hl7.org/fhir/STU3/search.html
 */
import { Problem } from '../platform/problem.ts';
import type { FhirVersion } from './fhir-version.ts';
import { type ConditionContext, conditionOf } from './search-condition.ts';
import { asksForLatestStop, LATEST_STOP, withLatestStops } from './search-latest-stop.ts';
import { LIMITS } from './search-limits.ts';
import { isResourceType, searchParameter } from './search-parameters.ts';
import { searchProblem } from './search-problem.ts';
import type {
  Condition,
  Include,
  SearchOptions,
  SearchQuery,
  SortKey,
  Summary,
} from './search-query.ts';

/** Answered by the door, not by the search. */
const OF_THE_DOOR = new Set(['_format', '_pretty']);
/** Leaving these out would answer another question than the one asked. */
const REFUSED = new Set(['_filter', '_query', '_list', '_contained', '_containedType']);
const SUMMARIES: readonly string[] = ['true', 'text', 'data', 'count', 'false'];
const TOTALS: readonly string[] = ['none', 'estimate', 'accurate'];
const NOT_SORTABLE = new Set(['composite', 'special']);

interface Draft {
  readonly version: FhirVersion;
  readonly type: string;
  readonly options: SearchOptions;
  readonly conditions: Condition[];
  readonly includes: Include[];
  readonly revincludes: Include[];
  readonly sort: SortKey[];
  readonly elements: string[];
  count?: number;
  total?: 'none' | 'estimate' | 'accurate';
  summary?: Summary;
  lastnMax?: number;
  latestStop?: boolean;
}

/** What became of a parameter: the value that was processed, or undefined when it is left out. */
type Outcome = string | undefined;

/**
 * Reads a search. Unknown parameters are refused (strict) or left out (lenient); a known parameter
 * with a faulty value or modifier is always refused.
 * @throws Problem invalid, not-supported or too-costly; `expression` names the parameter, values
 * are never shown
 */
export function parseSearch(
  version: FhirVersion,
  type: string,
  params: readonly (readonly [string, string])[],
  options: SearchOptions,
): SearchQuery {
  if (!isResourceType(version, type)) {
    throw new Problem('not-supported', 'This server has no such resource type.');
  }
  if (params.length > LIMITS.parametersMax) {
    throw new Problem('too-costly', 'The search has too many parameters.', { code: 'too-costly' });
  }
  const draft: Draft = {
    version,
    type,
    options,
    conditions: [],
    includes: [],
    revincludes: [],
    sort: [],
    elements: [],
    ...(options.lastn ? { lastnMax: 1 } : {}),
  };
  const processed: [string, string][] = [];
  const ignored: string[] = [];
  for (const [name, value] of params) {
    if (OF_THE_DOOR.has(name)) continue;
    const done = value === '' ? undefined : read(draft, name, value);
    if (done !== undefined) processed.push([name, done]);
    else if (!options.strict) ignored.push(name);
    else if (value === '') throw searchProblem(name, 'search-value', 'The value is missing.');
    else throw searchProblem(name, 'search-parameter', 'This search parameter is not known here.');
  }
  const { options: _, elements, latestStop, ...query } = draft;
  return {
    ...query,
    conditions: latestStop ? withLatestStops(draft.conditions, type) : draft.conditions,
    ...(elements.length > 0 ? { elements } : {}),
    ...(options.mayInclude ? { mayInclude: options.mayInclude } : {}),
    ...(options.within ? { within: options.within } : {}),
    processed,
    ignored,
    bases: options.bases ?? [],
  };
}

const UNMODIFIED: ReadonlySet<string> = new Set([
  '_contained',
  '_sort',
  '_count',
  '_total',
  '_summary',
  '_elements',
]);

function read(draft: Draft, name: string, value: string): Outcome {
  const [head = '', modifier] = name.split(':');
  if (REFUSED.has(head) && !(head === '_contained' && value === 'false')) {
    throw searchProblem(
      name,
      'search-parameter',
      'This search parameter is not supported.',
      'not-supported',
    );
  }
  // What was asked otherwise must not be done as if it were not: `_sort:desc` is of an older FHIR.
  if (modifier !== undefined && UNMODIFIED.has(head)) {
    throw searchProblem(name, 'search-modifier', 'This search parameter has no modifiers.');
  }
  switch (head) {
    case '_contained':
      return value;
    case '_include':
    case '_revinclude':
      return readInclude(draft, name, value);
    case '_sort':
      return readSort(draft, name, value);
    case '_count':
      return readCount(draft, name, value);
    case '_total':
      draft.total = oneOf(name, value, TOTALS) as NonNullable<Draft['total']>;
      return value;
    case '_summary':
      draft.summary = oneOf(name, value, SUMMARIES) as Summary;
      return value;
    case '_elements':
      return readElements(draft, name, value);
    case 'max':
      if (draft.options.lastn) return readLastnMax(draft, name, value);
  }
  return readCondition(draft, name, value);
}

function readCondition(draft: Draft, name: string, value: string): Outcome {
  const context: ConditionContext = {
    version: draft.version,
    bases: draft.options.bases ?? [],
    now: draft.options.now,
    name,
  };
  if (name === LATEST_STOP && searchParameter(draft.version, draft.type, name)) {
    draft.latestStop = asksForLatestStop(name, value);
    return value;
  }
  const condition = conditionOf(context, draft.type, name, value);
  if (!condition) return undefined;
  draft.conditions.push(condition);
  return value;
}

function oneOf(name: string, value: string, allowed: readonly string[]): string {
  if (allowed.includes(value)) return value;
  throw searchProblem(name, 'search-value', `The value must be one of ${allowed.join(', ')}.`);
}

function wholeNumber(name: string, value: string, min: number): number {
  if (/^\d{1,9}$/.test(value) && Number(value) >= min) return Number(value);
  throw searchProblem(name, 'search-value', 'The value must be a whole number.');
}

function readCount(draft: Draft, name: string, value: string): Outcome {
  const count = Math.min(wholeNumber(name, value, 0), LIMITS.countEntriesMax);
  draft.count = count;
  if (count === 0) draft.summary = 'count';
  return String(count);
}

function readLastnMax(draft: Draft, name: string, value: string): Outcome {
  draft.lastnMax = Math.min(wholeNumber(name, value, 1), LIMITS.lastnPerCodeMax);
  return String(draft.lastnMax);
}

function readElements(draft: Draft, name: string, value: string): Outcome {
  for (const element of value.split(',')) {
    if (!/^(?:[A-Z][A-Za-z]*\.)?[a-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*$/.test(element)) {
      throw searchProblem(name, 'search-value', 'The value must be names of elements.');
    }
    draft.elements.push(element);
  }
  if (draft.elements.length > LIMITS.elementsMax) {
    throw searchProblem(name, 'too-costly', 'Too many elements are asked.', 'too-costly');
  }
  return value;
}

function readSort(draft: Draft, name: string, value: string): Outcome {
  const kept: string[] = [];
  for (const key of value.split(',')) {
    const descending = key.startsWith('-');
    const code = descending ? key.slice(1) : key;
    const parameter = searchParameter(draft.version, draft.type, code);
    if (parameter?.expression && !NOT_SORTABLE.has(parameter.kind)) {
      draft.sort.push({ parameter, descending });
      kept.push(key);
    } else if (draft.options.strict) {
      throw searchProblem(name, 'search-sort', 'The search cannot be sorted by this.');
    }
  }
  if (draft.sort.length > LIMITS.sortKeysMax) {
    throw searchProblem(name, 'too-costly', 'The search has too many sort keys.', 'too-costly');
  }
  return kept.length > 0 ? kept.join(',') : undefined;
}

function readInclude(draft: Draft, name: string, value: string): Outcome {
  const [head, modifier, surplus] = name.split(':');
  const iterate = modifier === 'iterate' || modifier === 'recurse';
  if ((modifier !== undefined && !iterate) || surplus !== undefined) {
    throw searchProblem(name, 'search-modifier', 'An include takes iterate (STU3: recurse) only.');
  }
  const list = head === '_include' ? draft.includes : draft.revincludes;
  if (draft.includes.length + draft.revincludes.length >= LIMITS.includesMax) {
    throw searchProblem(name, 'too-costly', 'The search has too many includes.', 'too-costly');
  }
  const include = includeOf(draft, name, value, iterate);
  if (!include) return undefined;
  list.push(include);
  return value;
}

function includeOf(
  draft: Draft,
  name: string,
  value: string,
  iterate: boolean,
): Include | undefined {
  const { version, type } = draft;
  if (value === '*') {
    // What points at a match, and what an included resource points at, is of any type.
    const isOfAny = iterate || name.startsWith('_revinclude');
    return { name, source: isOfAny ? '*' : type, iterate };
  }
  const [source = '', code = '', target, surplus] = value.split(':');
  if (!isResourceType(version, source) || surplus !== undefined) {
    if (/^[A-Za-z]+:[A-Za-z-]+(:[A-Za-z]+)?$/.test(value)) return undefined;
    throw searchProblem(name, 'search-value', 'Write Type:parameter or Type:parameter:Target.');
  }
  if (code === '*') return { name, source, iterate };
  const parameter = searchParameter(version, source, code);
  if (parameter?.kind !== 'reference') return undefined;
  if (target === undefined || target === '') return { name, source, parameter, iterate };
  return isResourceType(version, target) ? { name, source, parameter, target, iterate } : undefined;
}
