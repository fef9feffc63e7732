/**
 * From the value of one parameter to a test on one element, for each parameter type.
 * Every value is read while parsing, so that a faulty one is refused before anything is fetched.
 */
import { boundCodes } from './elements.ts';
import type { FhirVersion } from './fhir-version.ts';
import {
  approximately,
  compareRanges,
  dateRange,
  type Prefix,
  rangeOf,
  type TimeRange,
} from './search-date.ts';
import { LIMITS } from './search-limits.ts';
import type { SearchKind, SearchParameter } from './search-parameters.ts';
import { periodOfUse } from './search-period-of-use.ts';
import { searchProblem } from './search-problem.ts';
import { matchesQuantity, numberAsked, type QuantityAsked } from './search-quantity.ts';
import { matchesReference, type ReferenceAsked, referenceAsked } from './search-reference.ts';
import { splitUnescaped, unescaped } from './search-split.ts';
import { folded, matchesString, matchesUri } from './search-string.ts';
import {
  matchesIdentifierType,
  matchesToken,
  matchesTokenText,
  type TokenAsked,
  tokensOf,
} from './search-token.ts';

/** Whether one element answers one value. */
export type ElementTest = (value: unknown) => boolean;

export interface ValueContext {
  readonly name: string;
  readonly modifier: string | undefined;
  readonly parameter: Pick<SearchParameter, 'code' | 'kind' | 'systems' | 'targets'>;
  readonly version: FhirVersion;
  readonly bases: readonly string[];
  readonly now: Date | undefined;
}

const PREFIX = /^(eq|ne|gt|ge|lt|le|sa|eb|ap)(?=[\d+-])/;

/** Which modifiers each type of parameter takes, `:missing`, `:type` and chains apart. */
const MODIFIERS: Readonly<Record<SearchKind, readonly string[]>> = {
  number: [],
  date: [],
  quantity: [],
  composite: [],
  special: [],
  string: ['exact', 'contains', 'text'],
  uri: ['above', 'below'],
  token: ['text', 'not', 'of-type', 'ofType', 'in', 'not-in'],
  reference: ['identifier'],
};

/** Value sets of HL7, by their name in the tables; a version makes no difference. */
const VALUE_SET =
  /^http:\/\/(?:hl7\.org\/fhir|terminology\.hl7\.org)\/ValueSet\/([\w-]+)(?:\|.*)?$/;

/** FHIR modifiers that need a terminology service or a hierarchy that we do not have. */
const UNSUPPORTED = new Set([
  'in',
  'not-in',
  'above',
  'below',
  'code-text',
  'text-advanced',
  'iterate',
]);

/** @throws Problem invalid for an unknown modifier, not-supported for one of FHIR that we lack */
export function checkModifier(context: ValueContext): void {
  const { name, modifier, parameter } = context;
  if (modifier === undefined || MODIFIERS[parameter.kind].includes(modifier)) return;
  if (UNSUPPORTED.has(modifier) || modifier === 'text') {
    throw searchProblem(
      name,
      'search-modifier',
      'This modifier is not supported on this search parameter.',
      'not-supported',
    );
  }
  throw searchProblem(name, 'search-modifier', 'This search parameter has no such modifier.');
}

/** Commas: any of the values. @throws Problem for an empty or too long list */
export function valuesOf(name: string, text: string): string[] {
  const values = splitUnescaped(text, ',').filter((value) => value !== '');
  if (values.length === 0) {
    throw searchProblem(name, 'search-value', 'This search parameter has no value.');
  }
  if (values.length > LIMITS.valuesPerParameterMax || text.length > valueLengthMax(values.length)) {
    throw searchProblem(
      name,
      'too-costly',
      'This search parameter has too many values.',
      'too-costly',
    );
  }
  return values;
}

function valueLengthMax(values: number): number {
  return LIMITS.valueCharactersMax * Math.min(values, 10);
}

/**
 * Reads one value into a test on one element.
 * @throws Problem when the value is not of the parameter's type
 */
export function elementTest(context: ValueContext, text: string): ElementTest {
  switch (context.parameter.kind) {
    case 'date':
      return dateTest(context, text);
    case 'special':
      return periodOfUseTest(context, text);
    case 'number':
    case 'quantity':
      return quantityTest(context, text);
    case 'string':
      return stringTest(context, text);
    case 'uri': {
      const asked = unescaped(text);
      const how =
        context.modifier === 'above' || context.modifier === 'below' ? context.modifier : 'same';
      return (value) => matchesUri(value, asked, how);
    }
    case 'token':
      return tokenTest(context, text);
    case 'reference':
      return referenceTest(context, text);
    default:
      throw searchProblem(
        context.name,
        'search-value',
        'This search parameter takes no such value.',
      );
  }
}

/** A date with its prefix. @throws Problem when it is no date */
export function dateAsked(
  context: ValueContext,
  text: string,
): { prefix: Prefix; asked: TimeRange } {
  const { prefix, rest } = prefixed(text);
  const asked = dateRange(rest);
  if (!asked) throw searchProblem(context.name, 'search-value', 'The value is not a FHIR date.');
  return { prefix, asked: prefix === 'ap' ? approximately(asked, context.now) : asked };
}

function prefixed(text: string): { prefix: Prefix; rest: string } {
  const prefix = PREFIX.exec(text)?.[1];
  return prefix ? { prefix: prefix as Prefix, rest: text.slice(2) } : { prefix: 'eq', rest: text };
}

function dateTest(context: ValueContext, text: string): ElementTest {
  const { prefix, asked } = dateAsked(context, text);
  return (value) => {
    const stored = rangeOf(value);
    return stored !== undefined && compareRanges(prefix, stored, asked);
  };
}

function periodOfUseTest(context: ValueContext, text: string): ElementTest {
  if (context.parameter.code !== 'period-of-use') {
    throw searchProblem(
      context.name,
      'search-parameter',
      'This special search parameter is not supported.',
      'not-supported',
    );
  }
  const { prefix, asked } = dateAsked(context, text);
  return (value) => {
    const stored = periodOfUse(value);
    return stored !== undefined && compareRanges(prefix, stored, asked);
  };
}

function quantityTest(context: ValueContext, text: string): ElementTest {
  const [number = '', system, code, ...more] = splitUnescaped(text, '|').map(unescaped);
  if (more.length > 0) {
    const wrong = 'A quantity is a number, a system and a code.';
    throw searchProblem(context.name, 'search-value', wrong);
  }
  const { prefix, rest } = prefixed(number);
  const asked = numberAsked(prefix, rest);
  if (!asked || (context.parameter.kind === 'number' && system !== undefined)) {
    throw searchProblem(context.name, 'search-value', 'The value is not a number.');
  }
  const quantity: QuantityAsked = {
    ...asked,
    ...(system ? { system } : {}),
    ...(code ? { code } : {}),
  };
  return (value) => matchesQuantity(value, quantity);
}

function stringTest({ modifier }: ValueContext, text: string): ElementTest {
  const plain = unescaped(text);
  if (modifier === 'exact') return (value) => matchesString(value, plain, 'exact');
  const asked = folded(plain);
  const how = modifier === undefined ? 'start' : 'contains';
  return (value) => matchesString(value, asked, how);
}

/** `system|code`, `system|`, `|code` or `code`. */
export function tokenAsked(text: string): TokenAsked {
  const [first = '', second] = splitUnescaped(text, '|', 2).map(unescaped);
  if (second === undefined) return { code: first };
  return { system: first, ...(second === '' ? {} : { code: second }) };
}

function tokenTest(context: ValueContext, text: string): ElementTest {
  const { modifier, name, parameter } = context;
  if (modifier === 'text') {
    const asked = folded(unescaped(text));
    return (value) => matchesTokenText(value, asked);
  }
  if (modifier === 'of-type' || modifier === 'ofType') {
    const [system, code, identifier] = splitUnescaped(text, '|', 3).map(unescaped);
    if (!system || !code || !identifier) {
      throw searchProblem(name, 'search-value', 'The value must be system|code|value.');
    }
    return (value) => matchesIdentifierType(value, { system, code }, identifier);
  }
  if (modifier === 'in' || modifier === 'not-in') return valueSetTest(context, unescaped(text));
  const asked = tokenAsked(text);
  if (asked.system === '' && asked.code === undefined) {
    throw searchProblem(name, 'search-value', 'The value has neither system nor code.');
  }
  return (value) => tokensOf(value).some((token) => matchesToken(token, asked, parameter.systems));
}

/** A value set of the base specification whose codes are listed in our tables. */
function valueSetTest({ name, version }: ValueContext, url: string): ElementTest {
  const listed = VALUE_SET.exec(url)?.[1];
  const codes = listed === undefined ? undefined : boundCodes(version, listed);
  if (!codes) {
    const text = 'The codes of this value set are not at hand here.';
    throw searchProblem(name, 'search-value-set', text, 'not-supported');
  }
  return (value) =>
    tokensOf(value).some(({ system, code = '', implied }) =>
      implied
        ? [...codes.values()].some((set) => set.has(code))
        : codes.get(system ?? '')?.has(code) === true,
    );
}

function referenceTest(context: ValueContext, text: string): ElementTest {
  const { bases } = context;
  if (context.modifier === 'identifier') {
    const asked = tokenAsked(text);
    return (value) =>
      tokensOf((value as { identifier?: unknown } | null)?.identifier).some((token) =>
        matchesToken(token, asked, []),
      );
  }
  const asked = referenceValue(context, text);
  return (value) => matchesReference(value, asked, bases);
}

/**
 * The value of a reference parameter; with `:Type` only that type counts.
 * @throws Problem when the id is missing
 */
export function referenceValue(context: ValueContext, text: string): ReferenceAsked {
  const type = context.modifier && /^[A-Z]/.test(context.modifier) ? [context.modifier] : undefined;
  const plain = unescaped(text);
  if (/^([A-Z][A-Za-z]+)?\/$/.test(plain)) {
    throw searchProblem(context.name, 'search-value', 'The reference has no id.');
  }
  const bare = /^[A-Za-z0-9\-.]{1,64}$/.test(plain);
  const types = type ?? (bare ? context.parameter.targets : []);
  return referenceAsked(plain, types, context.bases);
}
