/**
 * The converters that the maps call by name, each for both directions: a shape that one version has
 * and the other has not. Those for one resource type stand in conversion-resources.ts.
 */
import { isDeepStrictEqual } from 'node:util';
import { carriedUrl, carry, restore } from './conversion-carry.ts';
import { DOCUMENT_STEPS } from './conversion-document.ts';
import { DUTCH_STEPS } from './conversion-dutch.ts';
import { IMAGING_STEPS } from './conversion-imaging.ts';
import type { ConversionStep } from './conversion-map.ts';
import { MEDICATION_STEPS } from './conversion-medication.ts';
import {
  hasRoom,
  type Json,
  type Pair,
  type Place,
  placeWith,
  putValue,
  ruleOf,
  take,
} from './conversion-place.ts';
import { RESOURCE_STEPS } from './conversion-resources.ts';
import { typeRules } from './elements.ts';
import { isObject } from './fhir-json.ts';

export type Converter = (place: Place, step: ConversionStep) => void;

/** True when the side of the source is the one that a step names in `in`. */
function sourceHas(place: Place, step: ConversionStep): boolean {
  return (step['in'] === 'stu3') === place.run.forward;
}

/**
 * One version wraps a value in a backbone (`requester.agent`), the other has the value itself.
 * The other members of the backbone travel as extensions of the value.
 */
function member(place: Place, step: ConversionStep): void {
  const element = String(step['element']);
  const inner = String(step['member']);
  const fill = isObject(step['fill']) ? step['fill'] : {};
  if (sourceHas(place, step)) unwrapMember(place, element, inner, fill);
  else wrapMember(place, element, inner, fill);
}

function unwrapMember(place: Place, element: string, inner: string, fill: Json): void {
  const { run, targetRules, path } = place;
  const rule = ruleOf(targetRules, element);
  for (const { spelling, pair } of take(place, element)) {
    const rules = typeRules(run.from, spelling.type);
    if (!rules || !rule || !isObject(pair.value)) continue;
    const holder: Json = {};
    const part = placeWith(place, {
      source: { ...pair.value },
      sourceRules: rules,
      target: holder,
    });
    const [found] = take(part, inner);
    for (const [name, value] of Object.entries(fill)) {
      if (isDeepStrictEqual(part.source[name], value)) part.done.add(name);
    }
    const onlyInPart = placeWith(part, { targetRules, path: `${path}.${element}` });
    const where = `${path}.${element}.${inner}`;
    const empty = {
      spelling: ruleOf(rules, inner)?.spellings[0],
      pair: { value: {}, extra: undefined },
    };
    const { spelling: from, pair: value } = found ?? empty;
    const reason = from ? run.put(onlyInPart, from, rule, value, where) : 'no value';
    if (reason !== undefined || !hasRoom(place.target, rule)) {
      carry(place, spelling, pair, reason ?? 'only one fits');
      continue;
    }
    moveRest(place, part, rule.name, holder);
  }
}

/** Puts the unwrapped value into the real target, with what else stood in the backbone. */
function moveRest(place: Place, part: Place, element: string, holder: Json): void {
  const rule = ruleOf(place.targetRules, element);
  const spelling =
    rule?.spellings.find(
      ({ name }) => holder[name] !== undefined || holder[`_${name}`] !== undefined,
    ) ?? rule?.spellings[0];
  if (!rule || !spelling) return;
  if (part.source['id'] !== undefined) {
    place.run.loss.push({ path: `${place.path}.${element}.id`, reason: 'no such backbone' });
  }
  const list = rule.max > 1;
  const raw = holder[spelling.name];
  const value: unknown = list && Array.isArray(raw) ? raw[0] : raw;
  const extras = holder[`_${spelling.name}`];
  const extra: unknown = list && Array.isArray(extras) ? extras[0] : extras;
  const carrier: Json = {};
  const elementRules = typeRules(place.run.to, 'Element') ?? place.targetRules;
  const rest = placeWith(part, { target: carrier, targetRules: elementRules, done: part.done });
  const own: unknown = part.source['extension'];
  part.done.add('extension');
  for (const name of Object.keys(part.source)) {
    const bare = name.replace(/^_/, '');
    const from = part.sourceRules.spelled.get(bare);
    if (part.done.has(bare) || !from || bare === 'id') continue;
    for (const one of take(rest, from.rule.name))
      carry(rest, one.spelling, one.pair, 'no such element');
  }
  const carried = Array.isArray(carrier['extension']) ? (carrier['extension'] as unknown[]) : [];
  const extensions = [...(Array.isArray(own) ? (own as unknown[]) : []), ...carried];
  if (extensions.length === 0) {
    if (value === undefined && extra === undefined) return;
    putValue(place.target, rule, spelling.name, { value, extra });
  } else if (spelling.primitive) {
    putValue(place.target, rule, spelling.name, {
      value,
      extra: withExtensions(extra, extensions),
    });
  } else {
    putValue(place.target, rule, spelling.name, {
      value: withExtensions(value, extensions),
      extra,
    });
  }
}

function withExtensions(value: unknown, extensions: readonly unknown[]): Json {
  const object = isObject(value) ? value : {};
  const there = Array.isArray(object['extension']) ? (object['extension'] as unknown[]) : [];
  return { ...object, extension: [...there, ...extensions] };
}

function wrapMember(place: Place, element: string, inner: string, fill: Json): void {
  const { run, targetRules, path } = place;
  const rule = ruleOf(targetRules, element);
  const type = rule?.spellings[0]?.type;
  const rules = type === undefined ? undefined : typeRules(run.to, type);
  const innerRule = rules && ruleOf(rules, inner);
  if (!rule || !rules || !innerRule || type === undefined) return;
  for (const { spelling, pair } of take(place, element)) {
    const { carried, plain } = splitCarried(place, type, spelling.primitive, pair);
    const target: Json = {};
    const part = placeWith(place, { target, targetRules: rules });
    const reason = run.put(part, spelling, innerRule, plain, `${path}.${element}`);
    if (reason !== undefined || !hasRoom(place.target, rule)) {
      carry(place, spelling, pair, reason ?? 'only one fits');
      continue;
    }
    const back: Json = {};
    restore(placeWith(part, { source: { extension: carried }, target: back }));
    putValue(place.target, rule, rule.name, {
      value: { ...fill, ...back, ...target },
      extra: undefined,
    });
  }
}

/** Extensions that carry members of the backbone, apart from the value's own. */
function splitCarried(
  place: Place,
  type: string,
  isPrimitive: boolean,
  pair: Pair,
): { carried: unknown[]; plain: Pair } {
  const holder = isPrimitive ? pair.extra : pair.value;
  if (!isObject(holder) || !Array.isArray(holder['extension'])) return { carried: [], plain: pair };
  const begin = carriedUrl(place.run.to, type, '');
  const isCarried = (one: unknown): boolean =>
    isObject(one) && String(one['url']).startsWith(begin);
  const all = holder['extension'] as unknown[];
  const carried = all.filter(isCarried);
  if (carried.length === 0) return { carried: [], plain: pair };
  const others = all.filter((one) => !isCarried(one));
  const { extension: _extension, ...rest } = holder;
  const plain = { ...(others.length > 0 && { extension: others }), ...rest };
  const left = Object.keys(plain).length > 0 ? plain : undefined;
  return { carried, plain: isPrimitive ? { ...pair, extra: left } : { ...pair, value: plain } };
}

/** Elements that one version keeps in a backbone and the other beside it (Dosage.doseAndRate). */
function nested(place: Place, step: ConversionStep): void {
  const element = String(step['element']);
  const names = Object.entries(step['names'] as Record<string, string>);
  const { run } = place;
  if (sourceHas(place, step)) {
    const inner = new Map(names.map(([stu3, r4]) => (run.forward ? [stu3, r4] : [r4, stu3])));
    const [first, ...rest] = take(place, element);
    for (const one of rest) carry(place, one.spelling, one.pair, 'only one fits');
    const rules = first && typeRules(run.from, first.spelling.type);
    if (!first || !rules || !isObject(first.pair.value)) return;
    const path = `${place.path}.${element}`;
    run.members(placeWith(place, { source: first.pair.value, sourceRules: rules, path }), inner);
    return;
  }
  const outer = new Map(names.map(([stu3, r4]) => (run.forward ? [stu3, r4] : [r4, stu3])));
  const rule = ruleOf(place.targetRules, element);
  const rules = rule && typeRules(run.to, rule.spellings[0]?.type ?? '');
  if (!rule || !rules) return;
  const source: Json = {};
  for (const name of outer.keys()) {
    for (const spelling of ruleOf(place.sourceRules, name)?.spellings ?? []) {
      for (const key of [spelling.name, `_${spelling.name}`]) {
        if (place.source[key] === undefined) continue;
        source[key] = place.source[key];
        place.done.add(spelling.name);
      }
    }
  }
  const there = place.target[element];
  const target: Json = isObject(there) ? there : {};
  run.members(placeWith(place, { source, target, targetRules: rules }), outer);
  if (Object.keys(target).length === 0) return;
  delete place.target[element];
  putValue(place.target, rule, element, { value: target, extra: undefined });
}

/**
 * "Not done": a flag beside the status in STU3, a status in R4. The status that was overruled
 * travels along, so that it is there again on the way back.
 */
function refusal(place: Place, step: ConversionStep): void {
  const flag = String(step['flag']);
  const { run, target, source, sourceRules } = place;
  if (run.forward) {
    const [found] = take(place, flag);
    if (found?.pair.value !== true) {
      const reason = 'said by the status';
      if (found && step['required'] !== true)
        run.loss.push({ path: `${place.path}.${flag}`, reason });
      return;
    }
    for (const one of take(place, 'status')) {
      if (one.pair.value === 'entered-in-error') {
        target['status'] = 'entered-in-error';
        carry(place, found.spelling, found.pair, 'overruled');
        return;
      }
      carry(place, one.spelling, one.pair, 'overruled');
    }
    target['status'] = step['status'];
    return;
  }
  if (source['status'] === step['status']) {
    place.done.add('status');
    target[flag] = true;
    target['status'] ??= step['otherwise'];
  } else if (step['required'] === true && sourceRules.spelled.has('status')) target[flag] ??= false;
}

/** A backbone that R4 has as an extension of its own, member by member. */
function asExtension(place: Place, step: ConversionStep): void {
  const element = String(step['element']);
  const url = String(step['url']);
  const { run, source, target, targetRules } = place;
  if (run.forward) {
    for (const { spelling, pair } of take(place, element)) {
      carry(place, spelling, pair, 'as extension');
      const list = target['extension'];
      const last: unknown = Array.isArray(list) ? list.at(-1) : undefined;
      if (isObject(last)) last['url'] = url;
    }
    return;
  }
  if (!Array.isArray(source['extension']) || !ruleOf(targetRules, element)) return;
  const carried = carriedUrl(run.to, targetRules.name, element);
  const isIt = (one: unknown): one is Json => isObject(one) && one['url'] === url;
  const found = (source['extension'] as unknown[])
    .filter(isIt)
    .map((one) => ({ ...one, url: carried }));
  if (found.length === 0) return;
  source['extension'] = (source['extension'] as unknown[]).filter((one) => !isIt(one));
  if ((source['extension'] as unknown[]).length === 0) place.done.add('extension');
  restore(placeWith(place, { source: { extension: found }, target }));
}

/** Converters by the name the maps call them. */
export const STEPS: Readonly<Record<string, Converter>> = {
  member,
  nested,
  refusal,
  asExtension,
  ...DUTCH_STEPS,
  ...IMAGING_STEPS,
  ...DOCUMENT_STEPS,
  ...MEDICATION_STEPS,
  ...RESOURCE_STEPS,
};
