/**
 * Turns search parameter expressions into functions on parsed FHIR JSON. Compiled once for each
 * text.
 */

import type { Resource } from './resource.ts';
import { type Expression, parseExpression } from './search-expression-parser.ts';
import { referenceType } from './search-reference-parts.ts';

/** An element found, with its data type where the element could have several. */
export interface Found {
  readonly value: unknown;
  readonly type?: string | undefined;
}

type Select = (nodes: readonly Found[], root: Resource) => readonly Found[];

const NONE: readonly Found[] = [];
const compiled = new Map<string, Select>();

/** The data types that a choice (`value[x]`) may end in. */
const CHOICE_TYPES: ReadonlySet<string> = new Set(
  `Base64Binary Boolean Canonical Code Date DateTime Decimal Id Instant Integer Markdown Oid
  PositiveInt String Time UnsignedInt Uri Url Uuid Address Age Annotation Attachment
  CodeableConcept Coding ContactPoint Count Distance Duration HumanName Identifier Money Period
  Quantity Range Ratio Reference SampledData Signature Timing ContactDetail Contributor
  DataRequirement Expression ParameterDefinition RelatedArtifact TriggerDefinition UsageContext
  Dosage Meta`.split(/\s+/),
);

/** Elements of their own that are spelled like a choice of another beside them. */
const NO_CHOICE: ReadonlySet<string> = new Set(
  `subscriberId languageCode statusDate dataPeriod paymentDate conclusionCode formCode typeReference
  reasonCode preAuthRefPeriod instantiatesCanonical instantiatesUri sourceId sequenceAttachment
  nTerminalModificationId cTerminalModificationId organismId responseCode`.split(/\s+/),
);

/** What the expression finds in a resource. */
export function select(expression: string, root: Resource): readonly Found[] {
  return selectFrom(expression, [{ value: root, type: root.resourceType }], root);
}

/** The same from an element within the resource, for components of a composite. */
export function selectFrom(
  expression: string,
  nodes: readonly Found[],
  root: Resource,
): readonly Found[] {
  let run = compiled.get(expression);
  if (!run) {
    run = compile(parseExpression(expression));
    compiled.set(expression, run);
  }
  return run(nodes, root);
}

function compile(expression: Expression): Select {
  switch (expression.op) {
    case 'name':
      return expression.of
        ? chained(compile(expression.of), child(expression.name))
        : first(expression.name);
    case 'variable':
      return (_, root) => [{ value: root, type: root.resourceType }];
    case 'literal': {
      const found = [{ value: expression.value }];
      return () => found;
    }
    case 'index': {
      const of = compile(expression.of);
      return (nodes, root) => of(nodes, root).slice(expression.at, expression.at + 1);
    }
    case 'call':
      return call(expression);
    case 'type': {
      const of = compile(expression.of);
      const { type, how } = expression;
      return how === 'as'
        ? (nodes, root) => of(nodes, root).filter((node) => isType(node, type))
        : (nodes, root) => of(nodes, root).map((node) => ({ value: isType(node, type) }));
    }
    case 'union': {
      const [left, right] = [compile(expression.left), compile(expression.right)];
      return (nodes, root) => [...left(nodes, root), ...right(nodes, root)];
    }
    default:
      return logic(expression.op, compile(expression.left), compile(expression.right));
  }
}

function logic(op: '=' | '!=' | 'and' | 'or', left: Select, right: Select): Select {
  const verdict = (value: boolean) => [{ value, type: 'boolean' }];
  if (op === 'and') {
    return (nodes, root) => verdict(isTrue(left(nodes, root)) && isTrue(right(nodes, root)));
  }
  if (op === 'or') {
    return (nodes, root) => verdict(isTrue(left(nodes, root)) || isTrue(right(nodes, root)));
  }
  return (nodes, root) => {
    const [a] = left(nodes, root);
    const [b] = right(nodes, root);
    return a && b ? verdict((a.value === b.value) === (op === '=')) : NONE;
  };
}

function isTrue(nodes: readonly Found[]): boolean {
  return nodes.length > 0 && nodes[0]?.value !== false;
}

function chained(of: Select, then: Select): Select {
  return (nodes, root) => {
    const between = of(nodes, root);
    return between.length === 0 ? NONE : then(between, root);
  };
}

/** A leading type name is the resource itself, or nothing when it is of another type. */
function first(name: string): Select {
  if (!/^[A-Z]/.test(name)) return child(name);
  const any = name === 'Resource' || name === 'DomainResource';
  return (nodes) => nodes.filter((node) => any || node.type === name);
}

function child(name: string): Select {
  return (nodes) => {
    const found: Found[] = [];
    for (const node of nodes) step(node.value, name, found);
    return found;
  };
}

function step(parent: unknown, name: string, found: Found[]): void {
  if (typeof parent !== 'object' || parent === null) return;
  const direct = (parent as Record<string, unknown>)[name];
  if (direct !== undefined) {
    add(direct, undefined, found);
    return;
  }
  for (const key in parent) {
    if (key.length > name.length && key.startsWith(name)) {
      const type = key.slice(name.length);
      if (CHOICE_TYPES.has(type) && !NO_CHOICE.has(key))
        add((parent as Record<string, unknown>)[key], type, found);
    }
  }
}

function add(value: unknown, type: string | undefined, found: Found[]): void {
  if (Array.isArray(value)) {
    for (const one of value) add(one, type, found);
  } else if (value !== null && value !== undefined) {
    const own: unknown = (value as Partial<Resource>).resourceType;
    found.push({ value, type: type ?? (typeof own === 'string' ? own : undefined) });
  }
}

function call(expression: Extract<Expression, { op: 'call' }>): Select {
  const of = expression.of ? compile(expression.of) : (nodes: readonly Found[]) => nodes;
  const [argument] = expression.args;
  const text = argument?.op === 'name' ? argument.name : String(literal(argument));
  switch (expression.name) {
    case 'as':
    case 'ofType':
      return (nodes, root) => of(nodes, root).filter((node) => isType(node, text));
    case 'is':
      return (nodes, root) => of(nodes, root).map((node) => ({ value: isType(node, text) }));
    case 'exists':
      return (nodes, root) => [{ value: of(nodes, root).length > 0, type: 'boolean' }];
    case 'empty':
      return (nodes, root) => [{ value: of(nodes, root).length === 0, type: 'boolean' }];
    case 'not':
      return (nodes, root) => [{ value: !isTrue(of(nodes, root)), type: 'boolean' }];
    case 'first':
      return (nodes, root) => of(nodes, root).slice(0, 1);
    case 'extension':
      return (nodes, root) => {
        const found: Found[] = [];
        for (const node of of(nodes, root)) step(node.value, 'extension', found);
        return found.filter((node) => (node.value as { url?: unknown }).url === text);
      };
    case 'where': {
      if (!argument) break;
      const keep = compile(argument);
      return (nodes, root) => of(nodes, root).filter((node) => isTrue(keep([node], root)));
    }
    case 'resolve':
      return (nodes, root) =>
        of(nodes, root).map((node) => ({
          value: node.value,
          type: referenceType(node.value, root),
        }));
  }
  throw new Error(`Search expressions know no function ${expression.name}`);
}

function literal(expression: Expression | undefined): unknown {
  return expression?.op === 'literal' ? expression.value : undefined;
}

/** Types that are one of another type: `as(uri)` finds a canonical too. */
const SUPERTYPE: Readonly<Record<string, string>> = {
  Canonical: 'uri',
  Url: 'uri',
  Uuid: 'uri',
  Oid: 'uri',
  Code: 'string',
  Id: 'string',
  Markdown: 'string',
  PositiveInt: 'integer',
  UnsignedInt: 'integer',
  Age: 'quantity',
  Count: 'quantity',
  Distance: 'quantity',
  Duration: 'quantity',
};

/**
 * Type names are compared without their first capital: older tables write `DateTime` for
 * `dateTime`.
 */
function isType({ type: is }: Found, type: string): boolean {
  if (is === undefined) return false;
  const wanted = type.charAt(0).toLowerCase() + type.slice(1);
  return is.charAt(0).toLowerCase() + is.slice(1) === wanted || SUPERTYPE[is] === wanted;
}
