/**
 * References between the versions. Dutch STU3 profiles point at a Practitioner and put the role in
 * an extension; R4 points at the PractitionerRole itself.
 */
import { referenceIn } from './conversion-names.ts';
import type { Conversing, Json } from './conversion-place.ts';
import type { ElementRule, TypeRules } from './elements.ts';
import { isObject } from './fhir-json.ts';
import type { Resource } from './resource.ts';

const ROLE = 'http://nictiz.nl/fhir/StructureDefinition/practitionerrole-reference';
/** Carries the Practitioner that the role takes the place of. */
const PRACTITIONER = 'http://hl7.org/fhir/3.0/StructureDefinition/extension-Reference.reference';

export function convertReference(
  run: Conversing,
  value: Json,
  from: TypeRules,
  to: TypeRules,
  { rule, path }: { readonly rule: ElementRule; readonly path: string },
): Json {
  const { type, ...rest } = value;
  const source = run.forward ? withRole(rest, rule) : withPractitioner(rest, rule);
  const converted = run.object(source, from, to, 'Reference', path);
  if (typeof converted['reference'] === 'string') {
    converted['reference'] = referenceIn(run.forward, converted['reference'], rule.targets);
  }
  if (typeof type === 'string') {
    const isSaid = typeof rest['reference'] === 'string' && rest['reference'].includes(`${type}/`);
    if (!isSaid)
      run.loss.push({ path: `${path}.type`, reason: `no such element in ${run.to.name}` });
  }
  return converted;
}

function extensionsOf(value: Json): Json[] {
  return Array.isArray(value['extension'])
    ? (value['extension'] as unknown[]).filter(isObject)
    : [];
}

function withRole(value: Json, rule: ElementRule): Json {
  const extensions = extensionsOf(value);
  const role = extensions.find((extension) => extension['url'] === ROLE)?.['valueReference'];
  const mayBeRole = rule.targets.length === 0 || rule.targets.includes('PractitionerRole');
  if (!isObject(role) || typeof role['reference'] !== 'string' || !mayBeRole) return value;
  const others = extensions.filter((extension) => extension['url'] !== ROLE);
  const { reference, display, extension: _extension, ...rest } = value;
  if (typeof reference === 'string') {
    const practitioner = { reference, ...(display !== undefined && { display }) };
    others.push({ url: PRACTITIONER, valueReference: practitioner });
  }
  const shown = role['display'] ?? display;
  return {
    ...(others.length > 0 && { extension: others }),
    ...rest,
    reference: role['reference'],
    ...(shown !== undefined && { display: shown }),
  };
}

function withPractitioner(value: Json, rule: ElementRule): Json {
  const { reference, extension: _extension, ...rest } = value;
  if (typeof reference !== 'string') return value;
  const extensions = extensionsOf(value);
  const carried = extensions.find((one) => one['url'] === PRACTITIONER)?.['valueReference'];
  const isRole = /(?:^|\/)PractitionerRole\//.test(reference);
  const mayBeRole = rule.targets.length === 0 || rule.targets.includes('PractitionerRole');
  if (!isObject(carried) && (!isRole || mayBeRole)) return value;
  const others = extensions.filter((one) => one['url'] !== PRACTITIONER);
  const display = rest['display'] === undefined ? {} : { display: rest['display'] };
  const role = { url: ROLE, valueReference: { reference, ...display } };
  if (!isObject(carried)) return { ...rest, extension: [...others, role] };
  const { display: _display, ...without } = rest;
  return { ...without, extension: [...others, role], ...carried };
}

/**
 * The resource with, beside each reference to a PractitionerRole, the Practitioner of that role:
 * STU3 points at the person and names the role in an extension, and needs both to do so.
 * @param at the resource that a reference of this resource leads to, where it is at hand
 */
export function withPractitioners(
  resource: Resource,
  at: (reference: string) => Resource | undefined,
): Resource {
  return added(resource, at) as Resource;
}

function added(value: unknown, at: (reference: string) => Resource | undefined): unknown {
  if (Array.isArray(value)) return value.map((one) => added(one, at));
  if (!isObject(value)) return value;
  const inner = Object.entries(value).map(([name, one]) => [name, added(one, at)] as const);
  const copy: Json = Object.fromEntries(inner);
  const { reference } = value;
  const role = typeof reference === 'string' ? at(reference) : undefined;
  const practitioner = role?.resourceType === 'PractitionerRole' ? role['practitioner'] : undefined;
  const extensions = extensionsOf(copy);
  if (!isObject(practitioner) || extensions.some(({ url }) => url === PRACTITIONER)) return copy;
  const { reference: person, display } = practitioner;
  if (typeof person !== 'string') return copy;
  const shown = display === undefined ? {} : { display };
  const beside = { url: PRACTITIONER, valueReference: { reference: person, ...shown } };
  return { ...copy, extension: [...extensions, beside] };
}
