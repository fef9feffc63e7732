/** One value of a resource under validation, and what lies below and behind it. */
import { pairsOf, ruleOf } from './conversion-place.ts';
import { type Spelling, type TypeRules, typeRules } from './elements.ts';
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { Resource } from './resource.ts';

export interface Item {
  readonly value: unknown;
  /** Id and extensions of a primitive. */
  readonly extra: unknown;
  /** Undefined for a whole resource. */
  readonly spelling: Spelling | undefined;
  /** Where it stands in the resource, for issues. */
  readonly path: string;
  /** Where it stands in the definitions, for FHIRPath. */
  readonly definitionPath: string;
  /** The resource that it is in. */
  readonly resource: Resource;
}

/** A whole resource as an item. */
export function itemOf(resource: Resource, path: string): Item {
  const definitionPath = resource.resourceType;
  return {
    value: resource,
    extra: undefined,
    spelling: undefined,
    path,
    definitionPath,
    resource,
  };
}

/** The rules of what an item is: a resource, a data type, or the Element that a primitive is. */
export function rulesOf(version: FhirVersion, { value, spelling }: Item): TypeRules | undefined {
  if (spelling === undefined || spelling.type === 'Resource') {
    const type = isObject(value) ? value['resourceType'] : undefined;
    return typeof type === 'string' ? typeRules(version, type) : undefined;
  }
  return typeRules(version, spelling.primitive ? 'Element' : spelling.type);
}

/** The name of its data type, or of the resource that it is. */
export function typeOf({ value, spelling }: Item): string | undefined {
  if (spelling !== undefined && spelling.type !== 'Resource') return spelling.type;
  return isObject(value) ? String(value['resourceType']) : undefined;
}

/** The values of one element of an item, whatever type each has. */
export function membersOf(version: FhirVersion, item: Item, element: string): Item[] {
  const rules = rulesOf(version, item);
  const holder = item.spelling?.primitive ? item.extra : item.value;
  const rule = rules && ruleOf(rules, element);
  if (!rules || !rule || !isObject(holder)) return [];
  return rule.spellings.flatMap((spelling) =>
    pairsOf(holder[spelling.name], holder[`_${spelling.name}`]).map((pair, at): Item => {
      const path = `${item.path}.${rule.name}${rule.max > 1 ? `[${at}]` : ''}`;
      const isResource = spelling.type === 'Resource' && isObject(pair.value);
      return {
        ...pair,
        spelling,
        path,
        definitionPath: definitionPathOf(rules, spelling, pair.value),
        resource: isResource ? (pair.value as Resource) : item.resource,
      };
    }),
  );
}

/** A backbone and a data type are known by name, a primitive by the element that it stands in. */
function definitionPathOf(rules: TypeRules, spelling: Spelling, value: unknown): string {
  if (spelling.type === 'Resource' && isObject(value)) return String(value['resourceType']);
  if (!spelling.primitive) return spelling.type;
  return `${rules.name}.${spelling.name}`;
}

/** Every element of an item that has a value. */
export function allMembersOf(version: FhirVersion, item: Item): Item[] {
  const rules = rulesOf(version, item);
  return (rules?.elements ?? []).flatMap((rule) => membersOf(version, item, rule.name));
}

/** A resource that a reference in this resource leads to: contained, or an entry of its Bundle. */
export function resourceBehind(root: Resource, item: Item): Resource | undefined {
  const { value } = item;
  const reference = isObject(value) ? value['reference'] : value;
  if (typeof reference !== 'string') return undefined;
  if (reference.startsWith('#')) {
    return objects(item.resource['contained']).find((one) => `#${String(one['id'])}` === reference);
  }
  return objects(root['entry'])
    .filter(({ fullUrl, resource }) => {
      if (fullUrl === reference) return isObject(resource);
      const is = isObject(resource) ? `${resource['resourceType']}/${resource['id']}` : '';
      return is !== '' && is === reference;
    })
    .map(({ resource }) => resource as Resource)[0];
}

function objects(list: unknown): Resource[] {
  return Array.isArray(list) ? ((list as unknown[]).filter(isObject) as Resource[]) : [];
}
