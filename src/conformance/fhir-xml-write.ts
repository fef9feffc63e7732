/**
 * FHIR JSON form to XML, elements in the order of the definition.
 * What the version does not know follows behind, so that nothing is lost on the way.
 * https://hl7.org/fhir/R4/xml.html
 */
import { Problem } from '../platform/problem.ts';
import { Decimal } from './decimal.ts';
import { type Spelling, type TypeRules, typeRules } from './elements.ts';
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import { FHIR_NAMESPACE } from './fhir-xml-read.ts';
import type { Resource } from './resource.ts';
import { escapeXmlAttribute, wellFormedXhtml } from './xhtml.ts';

type Json = Record<string, unknown>;

interface Writer {
  readonly version: FhirVersion;
  readonly out: string[];
  readonly pretty: boolean;
}

/** @throws Problem unprocessable when a property has a name or value XML cannot carry. */
export function writeFhirXml(resource: Resource, version: FhirVersion, pretty = false): Buffer {
  const writer: Writer = { version, out: ['<?xml version="1.0" encoding="UTF-8"?>'], pretty };
  writeResource(writer, resource, 0, ` xmlns="${FHIR_NAMESPACE}"`);
  if (pretty) writer.out.push('\n');
  return Buffer.from(writer.out.join(''), 'utf8');
}

function writeResource(writer: Writer, resource: Json, depth: number, namespace: string): void {
  const type = String(resource['resourceType']);
  writeObject(writer, type, resource, typeRules(writer.version, type), depth, namespace);
}

/** One element with the members of an object as its children (and attributes). */
function writeObject(
  writer: Writer,
  name: string,
  object: Json,
  rules: TypeRules | undefined,
  depth: number,
  attributes = '',
): void {
  const members = membersOf(object, rules);
  let head = `<${xmlName(name)}${attributes}`;
  for (const member of members) {
    if (!member.spelling?.rule.attribute) continue;
    head += ` ${member.name}="${escapeXmlAttribute(textOf(object[member.name]))}"`;
  }
  const children = members.filter((member) => !member.spelling?.rule.attribute);
  begin(writer, depth);
  if (children.length === 0) {
    writer.out.push(head, '/>');
    return;
  }
  writer.out.push(head, '>');
  for (const member of children) writeMember(writer, object, member, depth + 1);
  begin(writer, depth);
  writer.out.push(`</${name}>`);
}

interface Member {
  readonly name: string;
  readonly spelling: Spelling | undefined;
}

/** Each element once (`x` and `_x` are one), in the order of the definition. */
function membersOf(object: Json, rules: TypeRules | undefined): Member[] {
  const members: Member[] = [];
  for (const key of Object.keys(object)) {
    if (object[key] === undefined) continue;
    // ExplanationOfBenefit.payee of STU3 has an element of this name.
    if (key === 'resourceType' && !rules?.spelled.has(key)) continue;
    const name = key.startsWith('_') ? key.slice(1) : key;
    if (name !== key && object[name] !== undefined) continue;
    members.push({ name, spelling: rules?.spelled.get(name) });
  }
  return members.sort((a, b) => (a.spelling?.order ?? 1e6) - (b.spelling?.order ?? 1e6));
}

function writeMember(writer: Writer, object: Json, member: Member, depth: number): void {
  const { name } = member;
  const value = object[name];
  const more = object[`_${name}`];
  const count = Math.max(
    Array.isArray(value) ? value.length : 0,
    Array.isArray(more) ? more.length : 0,
  );
  if (!Array.isArray(value) && !Array.isArray(more)) {
    writeValue(writer, member, value, more, depth);
    return;
  }
  for (let at = 0; at < count; at++) {
    const one: unknown = Array.isArray(value) ? value[at] : undefined;
    const extra: unknown = Array.isArray(more) ? more[at] : undefined;
    writeValue(writer, member, one, extra, depth);
  }
}

function writeValue(
  writer: Writer,
  { name, spelling }: Member,
  value: unknown,
  more: unknown,
  depth: number,
): void {
  if (Array.isArray(value)) {
    throw new Problem('unprocessable', 'A list within a list has no XML form.', {
      code: 'xml-list',
    });
  }
  if (spelling?.type === 'xhtml') {
    begin(writer, depth);
    writer.out.push(wellFormedXhtml(textOf(value)));
  } else if (isObject(value)) {
    if (spelling?.type === 'Resource') {
      begin(writer, depth);
      writer.out.push(`<${xmlName(name)}>`);
      writeResource(writer, value, depth + 1, '');
      begin(writer, depth);
      writer.out.push(`</${name}>`);
    } else {
      writeObject(writer, name, value, spelling && typeRules(writer.version, spelling.type), depth);
    }
  } else {
    const attribute = value == null ? '' : ` value="${escapeXmlAttribute(textOf(value))}"`;
    const extra = isObject(more) ? more : {};
    if (attribute === '' && Object.keys(extra).length === 0) return;
    writeObject(writer, name, extra, typeRules(writer.version, 'Element'), depth, attribute);
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value instanceof Decimal ? value.text : '';
}

function xmlName(name: string): string {
  if (/^[A-Za-z_][\w.-]*$/.test(name)) return name;
  throw new Problem('unprocessable', 'A property has a name that XML cannot carry.', {
    code: 'xml-name',
  });
}

function begin(writer: Writer, depth: number): void {
  if (writer.pretty) writer.out.push('\n', '  '.repeat(depth));
}
