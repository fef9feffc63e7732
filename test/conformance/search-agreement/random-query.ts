/** Random searches: any parameter, modifier, chain and `_has`, mostly with values that occur. */
import {
  isResourceType,
  type SearchParameter,
  searchParametersOf,
} from '../../../src/conformance/search-parameters.ts';
import { baseOf, nodesOf, type World } from './plain-search.ts';
import { BASE, type Pick } from './random-world.ts';

export type Pair = readonly [name: string, value: string];

const PREFIXES = ['', 'eq', 'ne', 'gt', 'ge', 'lt', 'le', 'sa', 'eb', 'ap'];
const LEVELS_MAX = 2;
/** Not for both engines: the one is ours, the other compares an Age to false. */
const LEFT_OUT = new Set(['special', 'abatement-boolean']);

type Json = Record<string, unknown>;

/** Up to three parameters of a type. */
export function randomQuery(world: World, type: string, pick: Pick): Pair[] {
  return Array.from({ length: pick([1, 1, 2, 3]) }, () => randomPair(world, type, pick, 0));
}

function randomPair(world: World, type: string, pick: Pick, level: number): Pair {
  const parameters = [
    ...searchParametersOf(world.version, type),
    ...searchParametersOf(world.version, 'Resource'),
  ].filter(({ code, expression, kind }) => {
    return expression !== '' && !LEFT_OUT.has(kind) && !LEFT_OUT.has(code);
  });
  const turn = pick([0, 1, 2, 3, 4, 5, 6, 7]);
  if (level < LEVELS_MAX && turn === 0) {
    const pair = chain(world, parameters, pick, level);
    if (pair) return pair;
  }
  if (level < LEVELS_MAX && turn === 1) {
    const pair = reverse(world, type, pick, level);
    if (pair) return pair;
  }
  return plainPair(world, pick(parameters), type, pick);
}

function chain(
  world: World,
  parameters: readonly SearchParameter[],
  pick: Pick,
  level: number,
): Pair | undefined {
  const links = parameters.filter(({ kind }) => kind === 'reference');
  if (links.length === 0) return undefined;
  const link = pick(links);
  const there = [...new Set(world.resources.map(({ resourceType }) => resourceType))];
  const targets = there.filter((type) => link.targets.length === 0 || link.targets.includes(type));
  if (targets.length === 0) return undefined;
  const target = pick(targets);
  const [name, value] = randomPair(world, target, pick, level + 1);
  return [`${link.code}:${target}.${name}`, value];
}

function reverse(world: World, type: string, pick: Pick, level: number): Pair | undefined {
  const there = [...new Set(world.resources.map(({ resourceType }) => resourceType))];
  const source = pick(there);
  const links = searchParametersOf(world.version, source).filter(
    ({ kind, targets }) => kind === 'reference' && (targets.length === 0 || targets.includes(type)),
  );
  if (links.length === 0) return undefined;
  const [name, value] = randomPair(world, source, pick, level + 1);
  return [`_has:${source}:${pick(links).code}:${name}`, value];
}

function plainPair(world: World, parameter: SearchParameter, type: string, pick: Pick): Pair {
  const modifier = pick(modifiersOf(world, parameter));
  const name = modifier === '' ? parameter.code : `${parameter.code}:${modifier}`;
  if (modifier === 'missing') return [name, pick(['true', 'false'])];
  const values = Array.from({ length: pick([1, 1, 1, 2]) }, () =>
    randomValue(world, parameter, modifier, type, pick),
  );
  return [name, values.join(',')];
}

function modifiersOf({ version }: World, { kind, targets }: SearchParameter): string[] {
  const none = ['', '', '', 'missing'];
  const types = targets.filter((type) => isResourceType(version, type)).slice(0, 4);
  switch (kind) {
    case 'string':
      return [...none, 'exact', 'contains'];
    case 'token':
      return [...none, 'not', 'text', 'of-type'];
    case 'reference':
      return [...none, 'identifier', ...types];
    case 'uri':
      return [...none, 'above', 'below'];
    case 'composite':
      return [''];
    default:
      return none;
  }
}

/** A value of the parameter that occurs in the world, changed a little; or one that may not. */
function randomValue(
  world: World,
  parameter: SearchParameter,
  modifier: string,
  type: string,
  pick: Pick,
): string {
  const { kind, expression, components } = parameter;
  const all = world.resources.filter(({ resourceType }) => resourceType === type);
  const nodes = all.flatMap((resource) => nodesOf(world, resource, expression));
  const node = nodes.length > 0 ? pick(nodes) : undefined;
  if (kind !== 'composite') return valueFor(kind, modifier, node?.value, pick);
  const parts = components.map((component) => {
    const inner = node
      ? nodesOf(world, node.value, component.expression, baseOf(expression, node))
      : [];
    const value = inner.length > 0 ? pick(inner).value : undefined;
    return valueFor(component.kind, '', value, pick);
  });
  return parts.join('$');
}

function valueFor(kind: string, modifier: string, value: unknown, pick: Pick): string {
  switch (kind) {
    case 'date':
      return dateOf(value, pick);
    case 'number':
      return numberOf(value, pick);
    case 'quantity':
      return quantityOf(value, pick);
    case 'string':
      return stringOf(textIn(value, pick) ?? 'zo', modifier, pick);
    case 'uri':
      return escaped(
        pick([String(value ?? 'http://example.org/a'), 'http://example.org', 'urn:x']),
      );
    case 'token':
      return tokenOf(value, modifier, pick);
    default:
      return referenceOf(value, modifier, pick);
  }
}

function dateOf(value: unknown, pick: Pick): string {
  const { start, end, event } = (typeof value === 'object' ? (value ?? {}) : {}) as Json;
  const events = Array.isArray(event) ? (event as unknown[]) : [];
  const known = [value, start, end, ...events].filter((one) =>
    /^\d{4}(?:-|$)/.test(String(one)),
  ) as string[];
  const text = pick([...known, '2026-03-01', '2026-03-29T02:30', '2025-10-26T02:30:00', '2026']);
  const cut = pick([text, text, text.slice(0, 4), text.slice(0, 7), text.slice(0, 10)]);
  return pick(PREFIXES) + cut;
}

function numberOf(value: unknown, pick: Pick): string {
  const text = /^-?\d/.test(String(value)) ? String(value) : '5.4';
  const plain = text.includes('e') ? String(Number(text)) : text;
  const cut = plain.replace(/\.?\d$/, '');
  const longer = plain.includes('.') ? `${plain}0` : `${plain}.0`;
  return pick(PREFIXES) + pick([text, plain, /\d/.test(cut) ? cut : plain, longer, '100', '0']);
}

function quantityOf(value: unknown, pick: Pick): string {
  const {
    value: own,
    system,
    code,
    unit,
  } = (typeof value === 'object' ? (value ?? {}) : {}) as Json;
  const number = numberOf(own, pick);
  const say = (one: unknown) => escaped(String(one ?? 'mg'));
  return pick([
    number,
    `${number}|${say(system ?? 'http://unitsofmeasure.org')}|${say(code)}`,
    `${number}|http://unitsofmeasure.org|${pick(['mg', 'kg', 'g', 'mmol/L', 'umol/L', 'nmol/L'])}`,
    `${number}||${say(code ?? unit)}`,
  ]);
}

function stringOf(text: string, modifier: string, pick: Pick): string {
  const from = modifier === 'contains' ? pick([0, 1, 2]) : 0;
  const part = text.slice(from, from + pick([1, 3, 5, 40])) || 'x';
  const whole = pick([part, part.toUpperCase(), part.normalize('NFD'), text]);
  return escaped(modifier === 'exact' ? pick([text, part]) : whole);
}

function textIn(value: unknown, pick: Pick): string | undefined {
  if (typeof value !== 'object' || value === null) {
    return value === undefined || value === null ? undefined : String(value);
  }
  const texts = Object.values(value)
    .flat()
    .filter((one) => typeof one === 'string') as string[];
  return texts.length > 0 ? pick(texts) : undefined;
}

function tokenOf(value: unknown, modifier: string, pick: Pick): string {
  const object = (typeof value === 'object' ? (value ?? {}) : { code: value }) as Json;
  const coding = Array.isArray(object['coding']) ? (object['coding'][0] as Json) : object;
  const code = escaped(String(coding['value'] ?? coding['code'] ?? 'a'));
  const system = escaped(String(coding['system'] ?? 'http://loinc.org'));
  if (modifier === 'text') {
    const display = textIn(coding['display'] ?? object['text'] ?? 'zo', pick) ?? 'zo';
    return stringOf(display, 'text', pick);
  }
  if (modifier === 'of-type') {
    const type = ((object['type'] as Json | undefined)?.['coding'] ?? []) as Json[];
    const { system: typeSystem = 'http://loinc.org', code: typeCode = 'a' } = type[0] ?? {};
    return `${escaped(String(typeSystem))}|${escaped(String(typeCode))}|${code}`;
  }
  return pick([code, `${system}|${code}`, `|${code}`, `${system}|`, 'nothing']);
}

function referenceOf(value: unknown, modifier: string, pick: Pick): string {
  const { reference, identifier } = (typeof value === 'object' ? (value ?? {}) : {}) as Json;
  if (modifier === 'identifier') return tokenOf(identifier, '', pick);
  const text = String(reference ?? (typeof value === 'string' ? value : 'Patient/1'));
  const bare = text.replace(/\/_history\/.*$/, '');
  const relative = bare.replace(/^https?:.*?\/(?=[A-Z][A-Za-z]+\/[^/]+$)/, '');
  const id = relative.slice(relative.lastIndexOf('/') + 1);
  if (!/^[A-Z][A-Za-z]+\//.test(relative)) return escaped(pick([text, 'Patient/1', '2']));
  return escaped(pick([text, bare, relative, `${BASE}/${relative}`, 'Patient/1', id]));
}

function escaped(text: string): string {
  return text.replace(/[\\,|$]/g, (letter) => `\\${letter}`);
}
