/**
 * STU3 to R4 and back, by the element tables and the declared maps.
 *
 * An element of the same name is carried over and adapted to its new type and cardinality; the maps
 * say what was renamed and which converters are needed. What has no place goes into an extension
 * that names its element, from which the way back restores it; what cannot go there either is in
 * the loss report. Nothing disappears without a line.
 */
import { Problem } from '../platform/problem.ts';
import { carry, restore } from './conversion-carry.ts';
import { fill } from './conversion-fill.ts';
import { conversionMap } from './conversion-map.ts';
import { r4TypeOf, stu3TypesOf } from './conversion-names.ts';
import {
  type Conversing,
  type ConversionLoss,
  hasRoom,
  type Json,
  type Pair,
  type Place,
  pairsOf,
  putValue,
  ruleOf,
} from './conversion-place.ts';
import { STEPS } from './conversion-steps.ts';
import { coercedType, coerceValue } from './conversion-types.ts';
import {
  boundCodes,
  type ElementRule,
  type Spelling,
  type TypeRules,
  typeRules,
} from './elements.ts';
import { isObject } from './fhir-json.ts';
import { R4, STU3 } from './fhir-version.ts';
import type { Resource } from './resource.ts';

export interface Conversion {
  readonly resource: Resource;
  readonly loss: readonly ConversionLoss[];
}

/** @throws Problem unprocessable (`no-counterpart`) when R4 has no such type. */
export function toR4(stu3: Resource): Conversion {
  return convert(true, stu3);
}

/**
 * A ServiceRequest becomes a ProcedureRequest, or the type that `as` names.
 * @throws Problem unprocessable (`no-counterpart`) when STU3 has no such type.
 */
export function toStu3(r4: Resource, options: { readonly as?: string } = {}): Conversion {
  return convert(false, r4, options.as);
}

function convert(forward: boolean, resource: Resource, as?: string): Conversion {
  const run: Conversing = {
    forward,
    from: forward ? STU3 : R4,
    to: forward ? R4 : STU3,
    loss: [],
    object: (source, from, to, key, path) => convertObject(run, source, from, to, key, path),
    resource: (inner, path) => convertResource(run, inner, path),
    members: convertMembers,
    put: putConverted,
  };
  const converted = convertResource(run, resource, resource.resourceType, as);
  if (converted) return { resource: converted, loss: run.loss };
  throw new Problem('unprocessable', `This resource type has no form in FHIR ${run.to.name}.`, {
    code: 'no-counterpart',
    expression: [resource.resourceType],
  });
}

function convertResource(
  run: Conversing,
  resource: Json,
  path: string,
  as?: string,
): Resource | undefined {
  const sourceType = String(resource['resourceType']);
  const targetType = run.forward ? r4TypeOf(sourceType) : (as ?? stu3TypesOf(sourceType)[0]);
  const sourceRules = typeRules(run.from, sourceType);
  const targetRules = targetType === undefined ? undefined : typeRules(run.to, targetType);
  if (!sourceRules || !targetRules || targetType === undefined) return undefined;
  const key = run.forward ? sourceType : targetType;
  const { resourceType: _type, ...members } = resource;
  const body = convertObject(run, members, sourceRules, targetRules, key, path);
  return { resourceType: targetType, ...body };
}

function convertObject(
  run: Conversing,
  source: Json,
  sourceRules: TypeRules,
  targetRules: TypeRules,
  key: string,
  path: string,
): Json {
  const place: Place = {
    run,
    source: { ...source },
    target: {},
    sourceRules,
    targetRules,
    map: conversionMap(key),
    path,
    done: new Set(),
  };
  restore(place);
  for (const step of place.map.steps) {
    const converter = STEPS[step.by];
    if (!converter) throw new Error(`No converter is called ${step.by}.`);
    converter(place, step);
  }
  convertMembers(place);
  fill(place);
  return inOrder(place.target, targetRules);
}

/** Every member of the source that is not dealt with yet. */
function convertMembers(place: Place, names?: ReadonlyMap<string, string>): void {
  for (const key of Object.keys(place.source)) {
    const name = key.startsWith('_') ? key.slice(1) : key;
    if (place.done.has(name)) continue;
    place.done.add(name);
    convertElement(place, name, names);
  }
}

function convertElement(place: Place, name: string, names?: ReadonlyMap<string, string>): void {
  const { run, source, sourceRules, path } = place;
  const spelling = sourceRules.spelled.get(name);
  if (!spelling) {
    run.loss.push({ path: `${path}.${name}`, reason: `unknown element in ${run.from.name}` });
    return;
  }
  const wanted = names ? names.get(spelling.rule.name) : targetName(place, spelling.rule.name);
  const rule = wanted === undefined ? undefined : ruleOf(place.targetRules, wanted);
  for (const [at, pair] of pairsOf(source[name], source[`_${name}`]).entries()) {
    const where = `${path}.${spelling.rule.name}${spelling.rule.max > 1 ? `[${at}]` : ''}`;
    const reason = rule ? putConverted(place, spelling, rule, pair, where) : 'no such element';
    if (reason !== undefined) carry(place, spelling, pair, reason);
    else if (isLossy(place, spelling.rule.name, pair.value)) {
      carry(place, spelling, pair, 'another code stands for it');
    }
  }
}

/** True when the code that was put in its place may stand for others as well. */
function isLossy({ run, map }: Place, element: string, value: unknown): boolean {
  const table = (run.forward ? map.lossyToR4 : map.lossyToStu3)[element];
  if (table === undefined) return false;
  if (typeof value === 'string') return Object.hasOwn(table, value);
  const codings =
    isObject(value) && Array.isArray(value['coding']) ? (value['coding'] as unknown[]) : [];
  return codings.some((one) => isObject(one) && Object.hasOwn(table, String(one['code'])));
}

/** The name of an element in the other version, without its type; undefined if it has none. */
function targetName({ run, map }: Place, element: string): string | undefined {
  const renamed = run.forward ? map.rename.get(element) : map.renameBack.get(element);
  if (renamed !== undefined) return renamed;
  // A name that stands for something else in the other version does not stand for itself.
  return (run.forward ? map.renameBack : map.rename).has(element) ? undefined : element;
}

function putConverted(
  place: Place,
  from: Spelling,
  rule: ElementRule,
  pair: Pair,
  path: string,
): string | undefined {
  const to = coercedType(rule, from.type);
  if (!to) return `no type ${from.type} here`;
  if (!hasRoom(place.target, rule)) return 'only one fits';
  const { run, target } = place;
  const more = isObject(pair.extra) ? pair.extra : movedExtensions(from, to, pair.value);
  const extra = more && convertExtra(run, more, path);
  if (pair.value === undefined) {
    if (extra === undefined) return undefined;
    putValue(
      target,
      rule,
      to.name,
      to.primitive ? { value: undefined, extra } : { value: extra, extra: undefined },
    );
    return undefined;
  }
  const value = convertedValue(place, from, rule, to, pair.value, path);
  if (value === undefined) {
    // Only the reason of absence was there: it moves with the element.
    if (!to.primitive || !isObject(pair.value) || Object.keys(pair.value).join() !== 'extension') {
      return 'no counterpart for the value';
    }
    putValue(target, rule, to.name, {
      value: undefined,
      extra: convertExtra(run, pair.value, path),
    });
    return undefined;
  }
  // All that was in it is in the loss report.
  if (isObject(value) && Object.keys(value).length === 0 && extra === undefined) return undefined;
  if (to.primitive || extra === undefined) {
    putValue(target, rule, to.name, { value, extra });
  } else {
    putValue(target, rule, to.name, { value: { ...(value as Json), ...extra }, extra: undefined });
  }
  return undefined;
}

/** Extensions of a concept that becomes a bare code stand beside the code. */
function movedExtensions(from: Spelling, to: Spelling, value: unknown): Json | undefined {
  if (from.primitive || !to.primitive || !isObject(value)) return undefined;
  const { extension } = value;
  return extension === undefined ? undefined : { extension };
}

function convertExtra(run: Conversing, extra: Json, path: string): Json | undefined {
  const source = typeRules(run.from, 'Element');
  const target = typeRules(run.to, 'Element');
  return source && target ? convertObject(run, extra, source, target, 'Element', path) : undefined;
}

function convertedValue(
  { run, map }: Place,
  from: Spelling,
  rule: ElementRule,
  to: Spelling,
  value: unknown,
  path: string,
): unknown {
  if (from.type === 'Resource') return isObject(value) ? run.resource(value, path) : undefined;
  const table = (run.forward ? map.codesToR4 : map.codesToStu3)[from.rule.name];
  const renamed = table === undefined ? value : withMappedCode(value, table);
  const context = { sourceRule: from.rule, rule, path };
  const converted = coerceValue(run, renamed, from.type, to.type, context);
  if (to.type !== 'code' || rule.binding === undefined || typeof converted !== 'string')
    return converted;
  const codes = boundCodes(run.to, rule.binding);
  const isListed = !codes || [...codes.values()].some((set) => set.has(converted));
  return isListed ? converted : undefined;
}

/** The code changed by a table, wherever the value keeps it; the display of another code goes. */
function withMappedCode(value: unknown, table: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return Object.hasOwn(table, value) ? table[value] : value;
  if (!isObject(value) || !Array.isArray(value['coding'])) return value;
  const coding = (value['coding'] as unknown[]).map((one) => {
    if (!isObject(one) || typeof one['code'] !== 'string' || !Object.hasOwn(table, one['code']))
      return one;
    const { display: _display, ...rest } = one;
    return { ...rest, code: table[one['code']] };
  });
  return { ...value, coding };
}

/** Members in the order of the definition, so that equal content is equal text. */
function inOrder(object: Json, rules: TypeRules): Json {
  const order = (key: string): number => rules.spelled.get(key.replace(/^_/, ''))?.order ?? 1e6;
  return Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => order(a) - order(b)));
}
