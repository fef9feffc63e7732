/**
 * Where a message says two things at once, or brings what nobody reads here: the integrator is
 * told, and what cannot be taken back once it is believed waits.
 */
import type { MappingIssue } from '../format.ts';
import { compilePath } from '../mapping/path-grammar.ts';
import { rootCursor, type SourceNode } from '../mapping/source-node.ts';
import { select, textAt } from '../mapping/source-path.ts';
import type { MessageHeader } from './header.ts';

/** Why a message waits whose two events differ. */
const EVENT_CONTRADICTED = 'event-contradicted';

const EVENT = compilePath('EVN-1');
const DIED_AT = compilePath('PATIENT/PID-29');
const DIED = compilePath('PATIENT/PID-30');
/** What of PID-30 says that the person lives. */
const LIVES = /^(n|no|nee|0|false)$/i;
const ORDERS = compilePath('**/ORDER');
const READ_ORDER = [compilePath('OBR'), compilePath('RXA')];
const OTHER_ORDER = ['RXO', 'RXE', 'RXD', 'RXG'].map((name) => compilePath(name));
const MEALS = ['ODS', 'ODT'].map((name) => compilePath(`**/${name}`));

/** Events that join, cancel or take back. */
const UNDOES = /^(A1[1238]|A2[35679]|A3[0468]|A4[07]|T11)$/;

const remark = (code: string, text: string, place: string): MappingIssue => ({
  ...{ kind: 'rule', severity: 'warning', code, text, place },
});

/** What the message contradicts in itself, or brings in vain. */
export function contradictions(header: MessageHeader, root: SourceNode): readonly MappingIssue[] {
  const top = rootCursor(root);
  const issues: MappingIssue[] = [];
  const second = textAt(top, EVENT)?.trim().toUpperCase();
  if (second !== undefined && /^[A-Z]\d\d$/.test(second) && second !== header.event) {
    const text = 'EVN-1 names another event than MSH-9: that of MSH-9 was read.';
    issues.push(remark(EVENT_CONTRADICTED, text, 'EVN-1'));
  }
  if (/^[12]\d{3}/.test(textAt(top, DIED_AT) ?? '') && LIVES.test(textAt(top, DIED) ?? '')) {
    const text = 'A moment of death, and the word that the person lives: neither was believed.';
    issues.push(remark('death-contradicted', text, 'PID-30'));
  }
  return [...issues, ...unreadOrders(root)];
}

/** Medicines and meals that are ordered: no rule reads them, and nobody should think so. */
function unreadOrders(root: SourceNode): MappingIssue[] {
  const top = rootCursor(root);
  const text = 'Orders of medicines and meals are not read here; this one stays in the original.';
  const medicines = select(top, ORDERS)
    .filter((order) => READ_ORDER.every((path) => select(order, path).length === 0))
    .flatMap((order) => OTHER_ORDER.flatMap((path) => select(order, path)));
  const meals = MEALS.flatMap((path) => select(top, path));
  return [...medicines, ...meals].map(({ node }) => remark('order-unread', text, node.place));
}

/**
 * Two events of which one undoes: believing the wrong one ends a stay or a document that goes on,
 * or joins two people.
 */
export function contradictionHolds(header: MessageHeader, root: SourceNode): readonly string[] {
  const second = textAt(rootCursor(root), EVENT)?.trim().toUpperCase();
  if (second === undefined || second === header.event) return [];
  return UNDOES.test(second) || (UNDOES.test(header.event) && /^[A-Z]\d\d$/.test(second))
    ? [EVENT_CONTRADICTED]
    : [];
}
