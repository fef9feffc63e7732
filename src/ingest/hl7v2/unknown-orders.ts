/**
 * OBR-25 Y and Z: there is no such order, no such person (HL7 v2 table 0123; source-formats.md
 * 3.5). Alone it is refused. Beside orders with results only its own group is not believed: the
 * laboratory would send the others again in vain.
 */
import { Problem } from '../../platform/problem.ts';
import type { MappedResource, MappingIssue } from '../format.ts';
import type { Made } from '../mapping/later-reference.ts';
import { compilePath } from '../mapping/path-grammar.ts';
import { type Cursor, rootCursor, type SourceNode } from '../mapping/source-node.ts';
import { select, textAt } from '../mapping/source-path.ts';
import type { MessageHeader } from './header.ts';

const ORDERS = compilePath('**/ORDER');
const STATE = compilePath('OBR-25');

/** The code of the remark, and why what was made of such a group waits. */
const NO_RESULT = 'no-result';
const TEXT = 'OBR-25 says that there is no such order.';

const stateOf = (order: Cursor): string => textAt(order, STATE) ?? '';

/**
 * One warning for each order that is not on record, where others are.
 * @throws Problem `unprocessable` with the place when there is no other, or when the person is not
 * known: then nobody can tell whose the rest is.
 */
export function unknownOrders(header: MessageHeader, root: SourceNode): readonly MappingIssue[] {
  if (header.type !== 'ORU' && header.type !== 'OUL') return [];
  const orders = select(rootCursor(root), ORDERS);
  const unknown = orders.filter((order) => /^[YZ]$/.test(stateOf(order)));
  const places = unknown.flatMap((order) => select(order, STATE).map(({ node }) => node.place));
  if (places.length > 0 && (unknown.length === orders.length || unknown.some(isOfNobody))) {
    throw new Problem('unprocessable', TEXT, { code: NO_RESULT, expression: places });
  }
  return places.map((place) => ({
    kind: 'rule',
    severity: 'warning',
    code: NO_RESULT,
    text: TEXT,
    place,
  }));
}

const isOfNobody = (order: Cursor): boolean => stateOf(order) === 'Z';

/** Others in the message refer to these too, and they say nothing of the order. */
const PARTY = /^(Patient|Practitioner|PractitionerRole|Organization|RelatedPerson|Location)$/;

/** Waits, when it was made of the group of an order that is not on record. */
export function waitsForOrder({ from, resource }: Made): Pick<MappedResource, 'waits'> {
  if (PARTY.test(resource.resourceType)) return {};
  for (let at: Cursor | undefined = from; at !== undefined; at = at.up) {
    if (at.node.name === 'ORDER' && stateOf(at) === 'Y') return { waits: NO_RESULT };
  }
  return {};
}
