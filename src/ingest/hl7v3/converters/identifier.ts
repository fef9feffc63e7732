/** Instance identifiers (II) to Identifier (source-formats 2.1, 2.3). */
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import type { SourceNode } from '../../mapping/source-node.ts';
import { systemOf } from './coded.ts';

const DATA_ABSENT = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';

/** Undefined for an id that says nothing, such as a bare nullFlavor. */
export function identifierOf(
  context: ConvertContext,
  node: SourceNode,
): Record<string, unknown> | undefined {
  const root = take(context, node, '@root')?.trim();
  const extension = take(context, node, '@extension');
  const flavor = take(context, node, '@nullFlavor');
  take(context, node, '@assigningAuthorityName');
  // A UUID is one everywhere; what is put before an OID would make it none.
  const prefix = UUID.test(root ?? '') ? undefined : context.options['prefix'];
  if (root === undefined) return extension === undefined ? undefined : { value: extension };
  if (extension === undefined && flavor === undefined && UUID.test(root)) {
    return { system: 'urn:ietf:rfc:3986', value: urnOf(root) };
  }
  const system = systemOf(context, node, typeof prefix === 'string' ? `${prefix}${root}` : root);
  const name = system === undefined ? { assigner: { display: root } } : { system };
  if (extension !== undefined) return { ...name, value: extension };
  if (flavor === 'MSK') {
    return { ...name, _value: { extension: [{ url: DATA_ABSENT, valueCode: 'masked' }] } };
  }
  return flavor === undefined ? { system: 'urn:ietf:rfc:3986', value: urnOf(root) } : undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const urnOf = (root: string) =>
  UUID.test(root) ? `urn:uuid:${root.toLowerCase()}` : `urn:oid:${root}`;

/**
 * A container is numbered by its specimen's number with its own behind it: `334` and `3341` is the
 * first container of specimen 334. Undefined when the container has a number of another kind.
 */
function containerNumber(context: ConvertContext, node: SourceNode): string | undefined {
  const text = (of: SourceNode | undefined) =>
    of?.children.find((child) => child.name === '@extension')?.value;
  const [specimen, container] = [text(context.args['specimen']), text(node)];
  if (specimen === undefined || !container?.startsWith(specimen)) return undefined;
  const number = container.slice(specimen.length);
  return /^[1-9]\d{0,5}$/.test(number) ? number : undefined;
}

export const identifierConverters = {
  /** Sequence number of a container, when its number is that of the specimen (`with: specimen`). */
  'container-number': {
    type: 'integer',
    convert(node, context) {
      const number = containerNumber(context, node);
      if (number === undefined) return undefined;
      take(context, node, '@extension');
      return Number(number);
    },
  },
  /** Number of a container that is not that of its specimen. */
  'container-identifier': {
    type: 'Identifier',
    convert(node, context) {
      return containerNumber(context, node) ? undefined : identifierOf(context, node);
    },
  },
  /** Option `prefix`: put before the root, where one source id feeds two building blocks. */
  identifier: { type: 'Identifier', convert: (node, context) => identifierOf(context, node) },
  /** Reference by identifier to a thing that need not be in the message. Option `type`. */
  'identifier-reference': {
    type: 'Reference',
    convert(node, context) {
      const identifier = identifierOf(context, node);
      const type = context.options['type'];
      return identifier && { ...(typeof type === 'string' ? { type } : {}), identifier };
    },
  },
} satisfies Record<string, Converter>;
