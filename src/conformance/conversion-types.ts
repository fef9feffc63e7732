/**
 * How a value of one type becomes one of another between the versions: a code a CodeableConcept, a
 * Reference a canonical, and so on. What has no plain rule here has no counterpart.
 */
import { convertMeta } from './conversion-meta.ts';
import { codeIn, extensionIn, referenceIn, systemIn } from './conversion-names.ts';
import type { Conversing, Json } from './conversion-place.ts';
import { convertReference } from './conversion-reference.ts';
import { boundCodes, type ElementRule, isPrimitive, type Spelling, typeRules } from './elements.ts';
import { isObject } from './fhir-json.ts';
import { isPrimitiveValue } from './primitive-formats.ts';

export interface ValueContext {
  readonly sourceRule: ElementRule;
  readonly rule: ElementRule;
  readonly path: string;
}

const QUANTITIES = new Set(['Quantity', 'Age', 'Duration', 'Distance', 'Count']);
const URI_SYSTEM = 'urn:ietf:rfc:3986';
const DATA_ABSENT_REASON = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';
const DATA_ABSENT_SYSTEM = {
  forward: 'http://hl7.org/fhir/data-absent-reason',
  back: 'http://terminology.hl7.org/CodeSystem/data-absent-reason',
};

/** Types that may take a value's place, the best first. */
const INSTEAD: Readonly<Record<string, readonly string[]>> = {
  canonical: ['uri', 'Reference', 'string'],
  url: ['uri', 'string'],
  uuid: ['uri', 'string'],
  oid: ['uri', 'string'],
  uri: ['canonical', 'url', 'oid', 'Reference', 'string', 'CodeableConcept'],
  id: ['string', 'code', 'oid'],
  markdown: ['string'],
  string: ['markdown', 'CodeableConcept', 'Annotation', 'code'],
  code: ['CodeableConcept', 'string', 'Coding'],
  positiveInt: ['unsignedInt', 'integer', 'decimal'],
  unsignedInt: ['positiveInt', 'integer', 'decimal'],
  integer: ['positiveInt', 'unsignedInt', 'decimal'],
  decimal: ['unsignedInt', 'integer'],
  date: ['dateTime'],
  dateTime: ['date', 'instant'],
  instant: ['dateTime'],
  CodeableConcept: ['code', 'Coding', 'string', 'uri'],
  Coding: ['CodeableConcept', 'code'],
  Reference: ['canonical', 'uri'],
  Identifier: ['Reference'],
  Annotation: ['string'],
  Age: ['Quantity'],
  Duration: ['Quantity'],
  Distance: ['Quantity'],
  Count: ['Quantity'],
};

/** The spelling of an element that takes a value of a type: its own, else the best stand-in. */
export function coercedType(rule: ElementRule, type: string): Spelling | undefined {
  const own = rule.spellings.find((spelling) => spelling.type === type);
  if (own) return own;
  if (type.includes('.')) return rule.spellings.find((spelling) => spelling.type.includes('.'));
  for (const other of INSTEAD[type] ?? []) {
    const found = rule.spellings.find((spelling) => spelling.type === other);
    if (found) return found;
  }
  return undefined;
}

/** The value in another type and in the words of the other version; undefined when it has none. */
export function coerceValue(
  run: Conversing,
  value: unknown,
  type: string,
  wanted: string,
  context: ValueContext,
): unknown {
  if (isPrimitive(run.from, type)) {
    if (isPrimitive(run.to, wanted)) return primitive(value, type, wanted);
    return typeof value === 'string' ? wrap(run, value, type, wanted, context) : undefined;
  }
  if (!isObject(value)) return undefined;
  const same = type === wanted || (QUANTITIES.has(type) && QUANTITIES.has(wanted));
  if (same || (type.includes('.') && wanted.includes('.'))) {
    const converted = complex(run, value, type, wanted, context);
    return converted && fitsBinding(run, converted, wanted, context.rule) ? converted : undefined;
  }
  return unwrap(run, value, type, wanted, context);
}

function primitive(value: unknown, type: string, wanted: string): unknown {
  if (type === wanted) return value;
  return isPrimitiveValue(wanted, value) ? value : undefined;
}

/** A required list of the target is obeyed; a concept with text only is left to validation. */
function fitsBinding(run: Conversing, value: Json, type: string, rule: ElementRule): boolean {
  const codes = rule.binding === undefined ? undefined : boundCodes(run.to, rule.binding);
  if (!codes || type !== 'CodeableConcept' || !Array.isArray(value['coding'])) return true;
  return (value['coding'] as unknown[]).some(
    (coding) =>
      isObject(coding) && codes.get(String(coding['system']))?.has(String(coding['code'])),
  );
}

/** A primitive to a complex type. */
function wrap(
  run: Conversing,
  value: string,
  type: string,
  wanted: string,
  { sourceRule, rule }: ValueContext,
): unknown {
  switch (wanted) {
    case 'Reference':
      return { reference: referenceIn(run.forward, value) };
    case 'Annotation':
      return { text: value };
    case 'CodeableConcept': {
      if (type === 'uri') return { coding: [{ system: URI_SYSTEM, code: value }] };
      if (type !== 'code') return { text: value };
      const coding = codingOf(run, value, sourceRule, rule);
      return coding && { coding: [coding] };
    }
    case 'Coding':
      return codingOf(run, value, sourceRule, rule);
    default:
      return undefined;
  }
}

/** A bare code with the system its binding gives it, the target's first. */
function codingOf(
  run: Conversing,
  code: string,
  sourceRule: ElementRule,
  rule: ElementRule,
): Json | undefined {
  if (rule.binding !== undefined) {
    const codes = boundCodes(run.to, rule.binding);
    for (const [system, set] of codes ?? []) if (set.has(code)) return { system, code };
    if (codes) return undefined;
  }
  const codes =
    sourceRule.binding === undefined ? undefined : boundCodes(run.from, sourceRule.binding);
  for (const [system, set] of codes ?? []) {
    if (set.has(code)) return { system: systemIn(run.forward, system), code };
  }
  return undefined;
}

/** A complex type to a simpler one; members that do not fit in are told. */
function unwrap(
  run: Conversing,
  value: Json,
  type: string,
  wanted: string,
  { rule, path }: ValueContext,
): unknown {
  const codings = Array.isArray(value['coding'])
    ? (value['coding'] as unknown[]).filter(isObject)
    : [];
  const [first] = codings;
  switch (`${type} ${wanted}`) {
    case 'CodeableConcept code': {
      const code = codeFor(run, codings, rule);
      if (codings.length !== 1 || !first) return told(run, value, [], path, code);
      told(run, first, ['code', 'system'], `${path}.coding`, code);
      return told(run, value, ['coding'], path, code);
    }
    case 'CodeableConcept Coding':
      return (
        first &&
        told(run, value, codings.length === 1 ? ['coding'] : [], path, coding(run, first, path))
      );
    case 'CodeableConcept uri':
      return told(
        run,
        value,
        ['coding'],
        path,
        codings.find((one) => one['system'] === URI_SYSTEM)?.['code'],
      );
    case 'CodeableConcept string':
      return told(run, value, ['text'], path, value['text'] ?? first?.['display']);
    case 'Coding CodeableConcept':
      return { coding: [coding(run, value, path)] };
    case 'Coding code':
      return told(run, value, ['code', 'system'], path, codeFor(run, [value], rule));
    case 'Reference canonical':
    case 'Reference uri': {
      const { reference } = value;
      const uri = typeof reference === 'string' ? referenceIn(run.forward, reference) : undefined;
      return told(run, value, ['reference'], path, uri);
    }
    case 'Identifier Reference':
      return { identifier: value };
    case 'Annotation string':
      return told(run, value, ['text'], path, value['text']);
    default:
      return undefined;
  }
}

/** The result, with a line for every other member; nothing is told where there is no result. */
function told(
  run: Conversing,
  value: Json,
  used: readonly string[],
  path: string,
  result: unknown,
): unknown {
  if (result === undefined) return undefined;
  for (const name of Object.keys(value)) {
    // Extensions of what becomes a primitive move along beside it.
    if (used.includes(name) || name === 'extension') continue;
    run.loss.push({
      path: `${path}.${name}`,
      reason: 'the type of the other version has no place for it',
    });
  }
  return result;
}

function codeFor(run: Conversing, codings: unknown, rule: ElementRule): string | undefined {
  const codes = rule.binding === undefined ? undefined : boundCodes(run.to, rule.binding);
  for (const one of Array.isArray(codings) ? (codings as unknown[]) : []) {
    if (!isObject(one) || typeof one['code'] !== 'string') continue;
    const code = codeIn(run.forward, one) ?? one['code'];
    if (!codes || [...codes.values()].some((set) => set.has(code))) return code;
  }
  return undefined;
}

/** Where several addresses became one, the one that was here is told. */
function tellIfMerged(
  run: Conversing,
  path: string,
  value: string,
  inOther: (forward: boolean, value: string) => string,
): string {
  const other = inOther(run.forward, value);
  if (inOther(!run.forward, other) !== value) {
    run.loss.push({ path, reason: 'another address stands for it' });
  }
  return other;
}

function coding(run: Conversing, value: Json, path: string): Json {
  const converted = { ...value };
  const code = codeIn(run.forward, value);
  if (code !== undefined) converted['code'] = code;
  if (typeof value['system'] === 'string')
    converted['system'] = tellIfMerged(run, `${path}.system`, value['system'], systemIn);
  return converted;
}

/** The same data type, or a backbone, member by member; then what its type asks. */
function complex(
  run: Conversing,
  value: Json,
  type: string,
  wanted: string,
  context: ValueContext,
): Json | undefined {
  const from = typeRules(run.from, type);
  const to = typeRules(run.to, wanted);
  if (!from || !to) return undefined;
  const key = run.forward ? type : wanted;
  if (type === 'Reference') return convertReference(run, value, from, to, context);
  if (type === 'Meta') return convertMeta(run, value, from, to, context.path);
  const converted = run.object(value, from, to, key, context.path);
  switch (type) {
    case 'Coding':
      return coding(run, converted, context.path);
    case 'Extension':
      return extension(run, converted, context.path);
    default:
      return converted;
  }
}

function extension(run: Conversing, value: Json, path: string): Json {
  const { url, valueCode } = value;
  if (typeof url !== 'string') return value;
  if (url === DATA_ABSENT_REASON && typeof valueCode === 'string') {
    const system = run.forward ? DATA_ABSENT_SYSTEM.forward : DATA_ABSENT_SYSTEM.back;
    return { ...value, valueCode: codeIn(run.forward, { system, code: valueCode }) };
  }
  return { ...value, url: tellIfMerged(run, `${path}.url`, url, extensionIn) };
}
