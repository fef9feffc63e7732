/**
 * FHIR XML to the JSON form, by the element tables: what repeats becomes a list, what is a number
 * or a boolean becomes one, id and extensions of a primitive go to `_name`, a div stays XHTML text.
 *
 * Elements the version does not know are kept as text and objects (an STU3 sender may send them);
 * whether that is right is for validation. DOCTYPE is refused, so there are no entities to expand.
 * https://hl7.org/fhir/R4/xml.html
 */
import type { SaxesTagNS } from 'saxes';
import { Problem } from '../platform/problem.ts';
import { decimalOf } from './decimal.ts';
import { isResourceType, type Spelling, type TypeRules, typeRules } from './elements.ts';
import { decodeUtf8 } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { Resource } from './resource.ts';
import { attributesOf, escapeXml, openTag, XHTML_NAMESPACE, xmlParser } from './xhtml.ts';

export const FHIR_NAMESPACE = 'http://hl7.org/fhir';
export const XML_LIMITS = { depthMax: 100, attributesMax: 100 } as const;

type Json = Record<string, unknown>;

interface Frame {
  readonly kind: 'object' | 'holder' | 'primitive' | 'unknown';
  readonly rules: TypeRules | undefined;
  readonly object: Json;
  readonly name: string;
  readonly spelling: Spelling | undefined;
  /** Text of the value attribute of a primitive or unknown element. */
  readonly value: string | undefined;
  /** Lists of primitives inside, whose `_name` lists must be made as long. */
  lists: Set<string> | undefined;
}

/** @throws Problem invalid with line and FHIR path when the bytes are not one XML resource. */
export function readFhirXml(bytes: Uint8Array, version: FhirVersion): Resource {
  const parser = xmlParser();
  const stack: Frame[] = [];
  const xhtml: XhtmlReader = { depth: 0, out: [], pending: false };
  let root: Json | undefined;

  const fail = (code: string, text: string, cause?: unknown): never => {
    const path = stack.map((frame) => frame.name).join('.');
    const details = { code, expression: path === '' ? [] : [path], cause };
    throw new Problem('invalid', `${text} (line ${parser.line})`, details);
  };
  refuseUnsafe(parser, fail);
  parser.on('opentag', (tag) => {
    if (stack.length + xhtml.depth >= XML_LIMITS.depthMax) {
      fail('xml-depth', `The body is nested deeper than ${XML_LIMITS.depthMax} levels.`);
    }
    const parent = stack.at(-1);
    const spelling = parent?.rules?.spelled.get(tag.local);
    const isDiv = spelling?.type === 'xhtml' && tag.uri === XHTML_NAMESPACE;
    if (xhtml.depth > 0 || isDiv) {
      openXhtml(xhtml, tag);
      return;
    }
    if (tag.uri !== FHIR_NAMESPACE)
      fail('xml-namespace', 'An element is not in the FHIR namespace.');
    if (parent === undefined || parent.kind === 'holder') {
      if (!isResourceType(version, tag.local)) {
        fail('resource-type-unknown', `There is no such resource type in FHIR ${version.name}.`);
      }
      stack.push(resourceFrame(version, tag));
      root ??= stack.at(-1)?.object;
      return;
    }
    const frame = elementFrame(version, tag, spelling);
    if (frame === undefined)
      fail('xml-attribute', 'An element has an attribute FHIR does not know.');
    else stack.push(frame);
  });
  parser.on('closetag', (tag) => {
    if (xhtml.depth > 0) {
      const parent = stack.at(-1);
      const done = closeXhtml(xhtml, tag);
      if (done !== undefined && parent) parent.object['div'] = done;
      return;
    }
    const frame = stack.pop();
    const parent = stack.at(-1);
    if (frame) evenOut(frame);
    if (frame && parent) attach(parent, frame);
  });
  const text = (content: string): void => {
    if (xhtml.depth > 0) {
      settle(xhtml);
      xhtml.out.push(escapeXml(content));
    } else if (content.trim() !== '')
      fail('xml-text', 'FHIR XML has no text between its elements.');
  };
  parser.on('text', text);
  parser.on('cdata', text);
  parser.write(decodeUtf8(bytes)).close();
  if (root === undefined) throw new Problem('invalid', 'The body is empty.', { code: 'xml' });
  return root as Resource;
}

/** No entities to expand, no other character set: what would need them is refused. */
function refuseUnsafe(
  parser: ReturnType<typeof xmlParser>,
  fail: (code: string, text: string, cause?: unknown) => never,
): void {
  parser.on('error', (error) => fail('xml', 'The body is not well-formed XML.', error));
  parser.on('doctype', () => fail('xml-doctype', 'A document type declaration is not allowed.'));
  let attributes = 0;
  parser.on('opentagstart', () => {
    attributes = 0;
  });
  // While they are read: one tag can hold a whole body of them.
  parser.on('attribute', () => {
    attributes += 1;
    if (attributes > XML_LIMITS.attributesMax) fail('xml-attribute', 'Too many attributes.');
  });
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding && !/^utf-?8$/i.test(encoding)) fail('xml-encoding', 'FHIR XML is UTF-8.');
  });
}

interface XhtmlReader {
  depth: number;
  out: string[];
  /** The last start tag still lacks its `>`, as it may turn out to be empty. */
  pending: boolean;
}

function settle(reader: XhtmlReader): void {
  if (reader.pending) reader.out.push('>');
  reader.pending = false;
}

function openXhtml(reader: XhtmlReader, tag: SaxesTagNS): void {
  settle(reader);
  reader.out.push(openTag(tag.local, attributesOf(tag), reader.depth === 0));
  reader.pending = true;
  reader.depth++;
}

/** The whole div when this closes it. */
function closeXhtml(reader: XhtmlReader, tag: SaxesTagNS): string | undefined {
  reader.out.push(reader.pending ? '/>' : `</${tag.local}>`);
  reader.pending = false;
  reader.depth--;
  if (reader.depth > 0) return undefined;
  const text = reader.out.join('');
  reader.out = [];
  return text;
}

function resourceFrame(version: FhirVersion, tag: SaxesTagNS): Frame {
  const object: Json = { resourceType: tag.local };
  const rules = typeRules(version, tag.local);
  return frameOf('object', tag.local, object, rules, undefined, undefined);
}

/** Undefined when an attribute has no place. */
function elementFrame(
  version: FhirVersion,
  tag: SaxesTagNS,
  spelling: Spelling | undefined,
): Frame | undefined {
  const known = spelling?.rule.attribute ? undefined : spelling;
  const object: Json = {};
  let value: string | undefined;
  for (const { name, value: text } of attributesOf(tag)) {
    if (name === 'value') value = text;
    else if (name === 'id' || name === 'xml:id') object['id'] = text;
    else if (name === 'url' && (known?.type === 'Extension' || known === undefined))
      object['url'] = text;
    else if (!name.startsWith('xsi:')) return undefined;
  }
  if (!known) return frameOf('unknown', tag.local, object, undefined, undefined, value);
  if (known.type === 'Resource')
    return frameOf('holder', tag.local, object, undefined, known, value);
  const kind = known.primitive ? 'primitive' : 'object';
  if (kind === 'object' && value !== undefined) object['value'] = value;
  const rules = typeRules(version, known.primitive ? 'Element' : known.type);
  return frameOf(kind, tag.local, object, rules, known, value);
}

function frameOf(
  kind: Frame['kind'],
  name: string,
  object: Json,
  rules: TypeRules | undefined,
  spelling: Spelling | undefined,
  value: string | undefined,
): Frame {
  return { kind, name, object, rules, spelling, value, lists: undefined };
}

function attach(parent: Frame, frame: Frame): void {
  if (parent.kind === 'holder') {
    // The holder itself (contained, entry.resource) disappears: its resource takes its place.
    parent.object['resource'] = frame.object;
    return;
  }
  const { name, spelling } = frame;
  const repeats = (spelling?.rule.max ?? 1) > 1;
  if (frame.kind === 'primitive') {
    attachPrimitive(parent, frame, repeats);
    return;
  }
  if (frame.kind === 'holder') {
    if (frame.object['resource'] !== undefined)
      put(parent.object, name, frame.object['resource'], repeats);
    return;
  }
  const isText = frame.kind === 'unknown' && Object.keys(frame.object).length === 0;
  if (frame.kind === 'unknown' && !isText && frame.value !== undefined) {
    frame.object['value'] = frame.value;
  }
  put(parent.object, name, isText ? (frame.value ?? {}) : frame.object, repeats);
}

/** A second one of what may stand once is kept too, as a list, so that validation sees it. */
function put(object: Json, name: string, value: unknown, repeats: boolean): void {
  const there = Object.hasOwn(object, name) ? object[name] : undefined;
  if (Array.isArray(there)) there.push(value);
  else if (there !== undefined) object[name] = [there, value];
  else object[name] = repeats ? [value] : value;
}

function attachPrimitive(parent: Frame, frame: Frame, repeats: boolean): void {
  const { name, object } = frame;
  const value =
    frame.value === undefined ? undefined : typedValue(frame.spelling?.type ?? '', frame.value);
  const more = Object.keys(object).length > 0 ? object : undefined;
  const first = parent.object[name] === undefined && parent.object[`_${name}`] === undefined;
  if (!repeats && first) {
    if (value !== undefined) parent.object[name] = value;
    if (more) parent.object[`_${name}`] = more;
    return;
  }
  parent.lists ??= new Set();
  parent.lists.add(name);
  const values = listOf(parent.object, name);
  values.push(value ?? null);
  if (!more) return;
  const extra = listOf(parent.object, `_${name}`);
  while (extra.length < values.length - 1) extra.push(null);
  extra.push(more);
}

function listOf(object: Json, name: string): unknown[] {
  const there = object[name];
  if (Array.isArray(there)) return there;
  const list: unknown[] = there === undefined ? [] : [there];
  object[name] = list;
  return list;
}

/** JSON pairs the lists of values and of their extensions by place. */
function evenOut(frame: Frame): void {
  for (const name of frame.lists ?? []) {
    const values = listOf(frame.object, name);
    const extra = frame.object[`_${name}`];
    if (Array.isArray(extra)) while (extra.length < values.length) extra.push(null);
    if (values.every((value) => value === null)) delete frame.object[name];
  }
}

/** Text that is not of its type stays text, so that validation can say so. */
function typedValue(type: string, text: string): unknown {
  switch (type) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'integer':
    case 'positiveInt':
    case 'unsignedInt':
    case 'decimal':
      return decimalOf(text) ?? text;
    default:
      return text;
  }
}
