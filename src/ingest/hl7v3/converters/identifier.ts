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
  const prefix = context.options['prefix'];
  if (root === undefined) return extension === undefined ? undefined : { value: extension };
  const system = systemOf(context, node, typeof prefix === 'string' ? `${prefix}${root}` : root);
  const name = system === undefined ? { assigner: { display: root } } : { system };
  if (extension !== undefined) return { ...name, value: extension };
  if (flavor === 'MSK') {
    return { ...name, _value: { extension: [{ url: DATA_ABSENT, valueCode: 'masked' }] } };
  }
  return flavor === undefined ? { system: 'urn:ietf:rfc:3986', value: urnOf(root) } : undefined;
}

const urnOf = (root: string) =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(root)
    ? `urn:uuid:${root.toLowerCase()}`
    : `urn:oid:${root}`;

export const identifierConverters = {
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
