/**
 * Elements without a place in the other version travel in an extension that names them, and are put
 * back on the way home. The address is HL7's for elements across versions; an element that changes
 * the meaning of its resource travels as modifierExtension.
 * https://hl7.org/fhir/R4/versions.html#extensions
 */
import {
  type Conversing,
  type Json,
  type Pair,
  type Place,
  pairsOf,
  putValue,
} from './conversion-place.ts';
import { coercedType, coerceValue } from './conversion-types.ts';
import { type Spelling, type TypeRules, typeRules } from './elements.ts';
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';

function prefix(version: FhirVersion): string {
  return `http://hl7.org/fhir/${version.mediaVersion}/StructureDefinition/extension-`;
}

/** Address of the extension that carries an element of a type of one version. */
export function carriedUrl(version: FhirVersion, type: string, element: string): string {
  return `${prefix(version)}${type}.${element}`;
}

/** Carries one value as an extension of the target, or reports it lost. */
export function carry(place: Place, spelling: Spelling, pair: Pair, reason: string): void {
  const { run, target, sourceRules, path } = place;
  const { rule } = spelling;
  const url = carriedUrl(run.from, sourceRules.name, rule.name);
  const encoded = encode(run, url, spelling, pair, `${path}.${rule.name}`);
  const changesMeaning = rule.modifier && reason === 'no such element' && pair.value !== false;
  const list = changesMeaning ? 'modifierExtension' : 'extension';
  if (encoded === undefined || !place.targetRules.spelled.has(list)) {
    run.loss.push({ path: `${path}.${rule.name}`, reason });
    return;
  }
  const extensions = Array.isArray(target[list]) ? (target[list] as unknown[]) : [];
  target[list] = [...extensions, encoded];
}

function encode(
  run: Conversing,
  url: string,
  spelling: Spelling,
  pair: Pair,
  path: string,
): Json | undefined {
  const extensionRules = typeRules(run.to, 'Extension');
  const value = extensionRules && valueRule(extensionRules);
  if (!value) return undefined;
  const to = coercedType(value, spelling.type);
  if (to) {
    if (pair.value === undefined) return isObject(pair.extra) ? { url, ...pair.extra } : undefined;
    const context = { sourceRule: spelling.rule, rule: value, path };
    const converted = coerceValue(run, pair.value, spelling.type, to.type, context);
    if (converted === undefined) return undefined;
    const extra = isObject(pair.extra) ? { [`_${to.name}`]: pair.extra } : {};
    return { url, [to.name]: converted, ...extra };
  }
  const rules = typeRules(run.from, spelling.type);
  if (!rules || !isObject(pair.value) || spelling.type === 'Resource') return undefined;
  return encodeMembers(run, url, rules, pair.value, path);
}

function encodeMembers(
  run: Conversing,
  url: string,
  rules: TypeRules,
  source: Json,
  path: string,
): Json | undefined {
  const nested: unknown[] = [];
  for (const member of rules.spelled.values()) {
    for (const pair of pairsOf(source[member.name], source[`_${member.name}`])) {
      if (member.rule.name === 'extension' || member.rule.name === 'id') {
        if (member.rule.name === 'extension') nested.push(pair.value);
        else run.loss.push({ path: `${path}.id`, reason: 'no place in an extension' });
        continue;
      }
      const encoded = encode(run, member.rule.name, member, pair, `${path}.${member.rule.name}`);
      if (encoded === undefined) return undefined;
      nested.push(encoded);
    }
  }
  return nested.length === 0 ? undefined : { url, extension: nested };
}

function valueRule(rules: TypeRules) {
  return rules.elements.find((rule) => rule.name === 'value');
}

/** Puts back what the other direction carried; the extensions used are taken out of the source. */
export function restore(place: Place): void {
  const { run, source, targetRules } = place;
  const begin = `${prefix(run.to)}${targetRules.name}.`;
  for (const list of ['extension', 'modifierExtension']) {
    const extensions = source[list];
    if (!Array.isArray(extensions)) continue;
    const others = (extensions as unknown[]).filter((extension) => {
      const url = isObject(extension) ? extension['url'] : undefined;
      if (!isObject(extension) || typeof url !== 'string' || !url.startsWith(begin)) return true;
      return !decodeInto(
        run,
        place.target,
        targetRules,
        url.slice(begin.length).split('.'),
        extension,
      );
    });
    if (others.length === extensions.length) continue;
    place.done.add(list);
    if (others.length === 0) continue;
    place.done.delete(list);
    source[list] = others;
  }
}

/** Writes a carried value to the element its address names, through backbones where it must. */
function decodeInto(
  run: Conversing,
  target: Json,
  rules: TypeRules,
  [element = '', ...deeper]: string[],
  extension: Json,
): boolean {
  const rule = rules.elements.find((one) => one.name === element);
  const [first] = rule?.spellings ?? [];
  if (!rule || !first) return false;
  if (deeper.length > 0) {
    const inner = typeRules(run.to, first.type);
    if (!inner || rule.max > 1) return false;
    const there = isObject(target[rule.name]) ? (target[rule.name] as Json) : {};
    if (!decodeInto(run, there, inner, deeper, extension)) return false;
    target[rule.name] = there;
    return true;
  }
  const extensionRules = typeRules(run.from, 'Extension');
  const value = extensionRules && valueRule(extensionRules);
  const from = value?.spellings.find(
    ({ name }) => extension[name] !== undefined || extension[`_${name}`] !== undefined,
  );
  if (from && value) {
    const to =
      rule.spellings.find(({ type }) => type === from.type) ?? coercedType(rule, from.type);
    if (!to) return false;
    const context = { sourceRule: value, rule, path: element };
    const converted = coerceValue(run, extension[from.name], from.type, to.type, context);
    const extra = extension[`_${from.name}`];
    if (converted === undefined && extra === undefined) return false;
    putValue(target, rule, to.name, { value: converted, extra });
    return true;
  }
  const inner = typeRules(run.to, first.type);
  const nested = extension['extension'];
  if (!Array.isArray(nested)) return false;
  if (first.primitive || !inner) {
    putValue(target, rule, first.name, { value: undefined, extra: { extension: nested } });
    return true;
  }
  const object: Json = {};
  const kept: unknown[] = [];
  for (const child of nested as unknown[]) {
    const url = isObject(child) ? child['url'] : undefined;
    if (!isObject(child) || typeof url !== 'string') continue;
    if (/[:/]/.test(url) || !decodeInto(run, object, inner, [url], child)) kept.push(child);
  }
  if (kept.length > 0) object['extension'] = kept;
  putValue(target, rule, first.name, { value: object, extra: undefined });
  return true;
}
