/**
 * Reads one search parameter (with modifier, chain or `_has`) into a condition on a resource.
 * https://hl7.org/fhir/R4/search.html#chaining, #has
 */
import type { FhirVersion } from './fhir-version.ts';
import type { Resource } from './resource.ts';
import { select, selectFrom } from './search-expression.ts';
import { LIMITS } from './search-limits.ts';
import {
  isResourceType,
  type SearchComponent,
  type SearchParameter,
  searchParameter,
} from './search-parameters.ts';
import { searchProblem } from './search-problem.ts';
import type { Condition, Hint, Test } from './search-query.ts';
import { partsOf, resolved } from './search-reference.ts';
import { splitUnescaped } from './search-split.ts';
import { containsWords, folded } from './search-string.ts';
import {
  checkModifier,
  dateAsked,
  type ElementTest,
  elementTest,
  referenceValue,
  tokenAsked,
  type ValueContext,
  valuesOf,
} from './search-values.ts';

export interface ConditionContext {
  readonly version: FhirVersion;
  readonly bases: readonly string[];
  readonly now: Date | undefined;
  /** The whole name as the client sent it, for errors. */
  readonly name: string;
}

/**
 * Reads one parameter. Undefined: this type has no such parameter.
 * @throws Problem naming the parameter, for a modifier, chain or value that cannot be
 */
export function conditionOf(
  context: ConditionContext,
  type: string,
  name: string,
  value: string,
  level = 0,
): Condition | undefined {
  if (level > LIMITS.chainLevelsMax) {
    throw searchProblem(context.name, 'too-costly', 'The chain is too long.', 'too-costly');
  }
  if (name.startsWith('_has:')) return hasCondition(context, type, name, value, level);
  const dot = name.indexOf('.');
  const [code = '', modifier, surplus] = (dot < 0 ? name : name.slice(0, dot)).split(':');
  const parameter = searchParameter(context.version, type, code);
  if (!parameter) return undefined;
  if (surplus !== undefined) {
    throw searchProblem(context.name, 'search-modifier', 'A parameter takes one modifier.');
  }
  return dot < 0
    ? plainCondition(context, parameter, modifier, value)
    : chainCondition(context, parameter, modifier, name.slice(dot + 1), value, level);
}

function plainCondition(
  context: ConditionContext,
  parameter: SearchParameter,
  modifier: string | undefined,
  value: string,
): Condition {
  const { name } = context;
  // The parts of a composite are looked at together, so no modifier means anything on it.
  if (modifier === 'missing' && parameter.kind !== 'composite')
    return { name, visits: [], test: missingTest(context, parameter, value) };
  const ofType =
    modifier !== undefined &&
    parameter.kind === 'reference' &&
    isResourceType(context.version, modifier);
  const values: ValueContext = { ...context, modifier, parameter };
  if (!ofType) checkModifier(values);
  const texts = valuesOf(name, value);
  if (parameter.kind === 'composite') return compositeCondition(values, parameter, texts);
  if (parameter.expression === '') return { name, visits: [], test: wordsTest(parameter, texts) };
  if (parameter.code === '_id' && modifier !== 'of-type') requireIds(name, texts);
  const tests = texts.map((text) => elementTest(values, text));
  const { expression } = parameter;
  const some = (resource: Resource) =>
    select(expression, resource).some((found) => tests.some((test) => test(found.value)));
  const hint = hintOf(values, texts);
  return {
    name,
    visits: [],
    test: modifier === 'not' || modifier === 'not-in' ? (resource) => !some(resource) : some,
    ...(hint ? { hint } : {}),
  };
}

/** What has a type or an address before its id finds nothing, as if there were no such resource. */
function requireIds(name: string, texts: readonly string[]): void {
  if (!texts.some((text) => /[/:]/.test(tokenAsked(text).code ?? ''))) return;
  throw searchProblem(name, 'search-value', 'The value must be an id, without type or address.');
}

function missingTest(context: ConditionContext, parameter: SearchParameter, value: string): Test {
  if (value !== 'true' && value !== 'false') {
    throw searchProblem(context.name, 'search-value', 'The value must be true or false.');
  }
  const missing = value === 'true';
  const expression = parameter.expression || `${parameter.type}.text`;
  return (resource) => (select(expression, resource).length === 0) === missing;
}

/** `_text` looks in the narrative, `_content` in everything; every word must occur. */
function wordsTest(parameter: SearchParameter, texts: readonly string[]): Test {
  const wanted = texts.map((text) => folded(text).split(' '));
  const part = (resource: Resource) => (parameter.code === '_text' ? resource['text'] : resource);
  return (resource) => wanted.some((words) => containsWords(part(resource), words));
}

/**
 * `DocumentReference?relationship` was published with its two parts in each other's place, so some
 * send the relation first and some the document. What has a slash and no bar is no code.
 */
function inOrder(components: readonly SearchComponent[], parts: readonly string[]) {
  const [first = '', second = ''] = parts;
  const kinds = components.map(({ kind }) => kind).join();
  const isSwapped = kinds === 'token,reference' && /^[^|]*\/[^|]*$/.test(first);
  return isSwapped ? [second, first] : parts;
}

function compositeCondition(
  context: ValueContext,
  parameter: SearchParameter,
  texts: readonly string[],
): Condition {
  const { name } = context;
  const { components, expression } = parameter;
  const wanted = texts.map((text) => {
    const parts = splitUnescaped(text, '$');
    if (parts.length !== components.length || parts.includes('')) {
      throw searchProblem(name, 'search-value', 'The value must have one part for each component.');
    }
    const ordered = inOrder(components, parts);
    return components.map((component, at): { expression: string; test: ElementTest } => ({
      expression: component.expression,
      test: elementTest(
        {
          ...context,
          modifier: undefined,
          parameter: { ...component, code: parameter.code, targets: [] },
        },
        ordered[at] ?? '',
      ),
    }));
  });
  const test: Test = (resource) =>
    select(expression, resource).some((root) =>
      wanted.some((parts) =>
        parts.every((part) =>
          selectFrom(part.expression, [root], resource).some((found) => part.test(found.value)),
        ),
      ),
    );
  const [first] = components;
  const narrowed =
    expression === parameter.type && first?.kind === 'token' && first.expression === 'code';
  const anyOf = texts.map((text) => tokenAsked(splitUnescaped(text, '$')[0] ?? ''));
  return {
    name,
    visits: [],
    test,
    ...(narrowed ? { hint: { by: 'token', parameter: 'code', anyOf } } : {}),
  };
}

function hintOf(context: ValueContext, texts: readonly string[]): Hint | undefined {
  const { modifier, parameter } = context;
  if (parameter.code === '_id' && modifier === undefined) {
    return { by: 'id', anyOf: texts.map((text) => tokenAsked(text).code ?? '') };
  }
  if (parameter.kind === 'token' && modifier === undefined) {
    return { by: 'token', parameter: parameter.code, anyOf: texts.map(tokenAsked) };
  }
  if (parameter.kind === 'reference' && modifier !== 'identifier') {
    const anyOf = texts.map((text) => referenceValue(context, text));
    return { by: 'reference', parameter: parameter.code, anyOf };
  }
  if (parameter.kind === 'date') {
    const anyOf = texts.map((text) => dateAsked(context, text));
    return { by: 'date', parameter: parameter.code, anyOf };
  }
  return undefined;
}

function chainCondition(
  context: ConditionContext,
  parameter: SearchParameter,
  modifier: string | undefined,
  rest: string,
  value: string,
  level: number,
): Condition | undefined {
  const { name, version, bases } = context;
  if (parameter.kind !== 'reference') {
    throw searchProblem(name, 'search-chain', 'Only a reference parameter can be chained.');
  }
  if (modifier !== undefined && !isResourceType(version, modifier)) {
    throw searchProblem(name, 'search-modifier', 'A chain takes a resource type as its modifier.');
  }
  const types = modifier === undefined ? parameter.targets : [modifier];
  if (types.length === 0) {
    throw searchProblem(name, 'search-chain', 'Name the resource type that the chain goes to.');
  }
  const next = new Map<string, Condition>();
  for (const type of types) {
    const condition = conditionOf(context, type, rest, value, level + 1);
    if (condition) next.set(type, condition);
  }
  if (next.size === 0) return undefined;
  const test: Test = (resource, neighbours) =>
    select(parameter.expression, resource).some((found) => {
      const target = resolved(found.value, resource, bases, neighbours.resolve);
      return target && next.get(target.resourceType)?.test(target, neighbours);
    });
  return { name, test, visits: visitsOf(next) };
}

function visitsOf(next: ReadonlyMap<string, Condition>): string[] {
  return [...new Set([...next].flatMap(([type, condition]) => [type, ...condition.visits]))];
}

/**
 * `_has:Observation:patient:code=…`: some Observation refers to this resource and has that code.
 */
function hasCondition(
  context: ConditionContext,
  type: string,
  name: string,
  value: string,
  level: number,
): Condition | undefined {
  const [, source = '', code = '', ...rest] = name.split(':');
  if (!isResourceType(context.version, source) || rest.length === 0) {
    throw searchProblem(context.name, 'search-chain', 'Write _has:Type:reference:parameter.');
  }
  const link = searchParameter(context.version, source, code);
  if (link?.kind !== 'reference' || (link.targets.length > 0 && !link.targets.includes(type))) {
    return undefined;
  }
  const inner = conditionOf(context, source, rest.join(':'), value, level + 1);
  if (!inner) return undefined;
  const test: Test = (resource, neighbours) => {
    for (const referrer of neighbours.referrers(source, resource)) {
      if (refersTo(link, referrer, resource, context.bases) && inner.test(referrer, neighbours)) {
        return true;
      }
    }
    return false;
  };
  return { name: context.name, test, visits: visitsOf(new Map([[source, inner]])) };
}

function refersTo(
  link: SearchParameter,
  from: Resource,
  to: Resource,
  bases: readonly string[],
): boolean {
  const target = `${to.resourceType}/${to.id}`;
  return select(link.expression, from).some(
    (found) => partsOf(found.value, bases)?.target === target,
  );
}
