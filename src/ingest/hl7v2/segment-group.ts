/**
 * Segments come flat; the groups they belong to follow from their order (HL7 v2.5 chapters 3, 4,
 * 7, 9).
 *
 * One grammar serves all message types, since a message with segments out of order must still be
 * read: a segment goes to the innermost open group that takes it, an unknown one (Z-segment)
 * stays where it is.
 */
import { Problem } from '../../platform/problem.ts';
import type { MappingIssue } from '../format.ts';
import type { SourceNode } from '../mapping/source-node.ts';
import type { Er7Message } from './er7.ts';
import { joinTextLines } from './text-lines.ts';

interface GroupRule {
  readonly name: string;
  /** Segments that open the group. One of a later rank joins a group opened by an earlier rank. */
  readonly starts: readonly (readonly string[])[];
  readonly takes: ReadonlySet<string>;
  readonly inner: readonly string[];
  /** A starter of an earlier rank that this group takes once more, before its first result. */
  readonly late?: string;
}

const group = (
  name: string,
  starts: readonly string[],
  takes: string,
  inner: string,
): GroupRule => ({
  name,
  starts: starts.map((rank) => rank.split(' ')),
  takes: new Set(takes.split(' ')),
  inner: inner === '' ? [] : inner.split(' '),
});

const COMMON: readonly GroupRule[] = [
  group(
    'PATIENT',
    ['PID'],
    'PD1 ARV ROL PRT NK1 PV1 PV2 AL1 IAM DG1 DRG GT1 ACC UB1 UB2 PDA DB1 MRG RF1 NTE OH1 OH2 OH3 OH4',
    'INSURANCE PROCEDURE ORDER DOCUMENT RESULT',
  ),
  group('INSURANCE', ['IN1'], 'IN2 IN3 AUT', ''),
  group('PROCEDURE', ['PR1'], 'ROL', ''),
  group(
    'ORDER',
    ['ORC', 'OBR RXO RXA', 'RXE', 'RXD RXG'],
    'TQ1 TQ2 NTE DG1 CTD FT1 CTI BLG RXR RXC PRT IPC',
    'RESULT SPECIMEN',
  ),
  group('RESULT', ['OBX'], 'NTE PRT', ''),
  group('SPECIMEN', ['SPM'], 'SAC INV SID NTE', 'RESULT'),
  group('DOCUMENT', ['TXA'], 'CON NTE', 'RESULT'),
];

/** In OUL^R22 the specimen comes first and holds the orders, in which ORC follows OBR. */
const SPECIMEN_FIRST: readonly GroupRule[] = COMMON.map((rule) => {
  if (rule.name === 'PATIENT') return { ...rule, inner: [...rule.inner, 'SPECIMEN'] };
  if (rule.name === 'SPECIMEN') return { ...rule, inner: ['ORDER', 'RESULT'] };
  return rule.name === 'ORDER' ? { ...rule, inner: ['RESULT'], late: 'ORC' } : rule;
});

/** In MDM an order may stand behind the document (TXA); the text behind it is the document's. */
const OF_DOCUMENTS: readonly GroupRule[] = COMMON.map((rule) => {
  if (rule.name === 'DOCUMENT') return { ...rule, inner: ['RESULT', 'ORDER'] };
  return rule.name === 'ORDER' ? { ...rule, inner: ['SPECIMEN'] } : rule;
});

const rulesOf = (structure: string): readonly GroupRule[] => {
  if (structure.startsWith('OUL')) return SPECIMEN_FIRST;
  return structure === 'MDM' ? OF_DOCUMENTS : COMMON;
};

interface Open {
  readonly rule: GroupRule | undefined;
  readonly node: { name: string; place: string; value: undefined; children: SourceNode[] };
  rank: number;
}

/** Segments that are of a person, wherever they stand. */
const OF_PERSON = /^(PD1|NK1|PV1|PV2|AL1|IAM|DG1|PR1|IN1|IN2|MRG|ORC|OBR|OBX|RXA|RXO|RXE|SPM|TXA)$/;

/**
 * One tree for each person in the message; what stands before the first PID belongs to all of
 * them. A result or the like before the only PID is of that person.
 * @throws Problem `unprocessable` when it stands before the first of several: it names nobody.
 */
export function groupByPerson(
  message: Er7Message,
  structure: string,
): { persons: SourceNode[]; issues: MappingIssue[] } {
  const rules = rulesOf(structure);
  const firstPid = message.segments.findIndex((segment) => segment.name === 'PID');
  if (firstPid < 0) return { persons: [], issues: [] };
  const before = message.segments.slice(0, firstPid);
  const early = before.findIndex(({ name }) => OF_PERSON.test(name));
  const head = early < 0 ? before : before.slice(0, early);
  const moved = early < 0 ? [] : before.slice(early);
  const persons: SourceNode[][] = [];
  for (const segment of message.segments.slice(firstPid)) {
    if (segment.name === 'PID') persons.push([]);
    persons[persons.length - 1]?.push(segment);
  }
  if (persons[0]) persons[0] = withEarly(persons[0], moved);
  const issues = moved.slice(0, 1).map(({ place }) => earlySegment(place, persons.length));
  const trees = persons.map((own) => {
    const ordered = rules === OF_DOCUMENTS ? withTextBehind(own, issues) : own;
    return joinTextLines(tree([...head, ...ordered], rules, issues));
  });
  return { persons: trees, issues };
}

/** Behind what is said of the person alone. */
function withEarly(segments: SourceNode[], moved: readonly SourceNode[]): SourceNode[] {
  const first = segments.findIndex(({ name }) => /^(ORC|OBR|OBX|RX.|SPM|TXA)$/.test(name));
  const at = first < 0 ? segments.length : first;
  return [...segments.slice(0, at), ...moved, ...segments.slice(at)];
}

/** Text before the only TXA is of that document; before the first of several nobody can tell. */
function withTextBehind(
  segments: readonly SourceNode[],
  issues: MappingIssue[],
): readonly SourceNode[] {
  const documents = segments.filter(({ name }) => name === 'TXA');
  const at = segments.findIndex(({ name }) => name === 'TXA');
  const isText = (nth: number): boolean => {
    const name = segments[nth]?.name ?? '';
    return name === 'OBX' || (/^(NTE|PRT)$/.test(name) && nth > 0 && isText(nth - 1));
  };
  const early = segments.filter((_, nth) => nth < at && isText(nth));
  if (documents.length !== 1 || early.length === 0) return segments;
  const text = 'The text stands before TXA; it was read as of that document.';
  const place = early[0]?.place ?? 'TXA';
  issues.push({ kind: 'rule', severity: 'warning', code: 'document-order', text, place });
  const before = segments.slice(0, at).filter((one) => !early.includes(one));
  return [...before, ...segments.slice(at, at + 1), ...early, ...segments.slice(at + 1)];
}

function earlySegment(place: string, persons: number): MappingIssue {
  const code = 'segment-order';
  if (persons > 1) {
    const text = 'The segment stands before the first PID of several: it does not say whose it is.';
    throw new Problem('unprocessable', text, { code, expression: [place] });
  }
  const text = 'The segment stands before PID; it was read as of that person.';
  return { kind: 'rule', severity: 'warning', code, text, place };
}

function tree(
  segments: readonly SourceNode[],
  rules: readonly GroupRule[],
  issues: MappingIssue[],
): SourceNode {
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const root: Open = { rule: undefined, node: open('message', 'MSH'), rank: 0 };
  let stack: Open[] = [root];
  for (const [at, segment] of segments.entries()) {
    const late = segment.name === 'ORC' && !opensOrder(segments[at + 1]) ? orderWithout(stack) : -1;
    if (late >= 0) {
      stack = stack.slice(0, late + 1);
      stack[late]?.node.children.push(segment);
      if (rules !== SPECIMEN_FIRST) issues.push(lateOrder(segment.place));
      continue;
    }
    const depth = findLast(stack, (one) => accepts(one, segment.name, byName) !== undefined);
    if (depth < 0) {
      stack[stack.length - 1]?.node.children.push(segment);
      continue;
    }
    stack = stack.slice(0, depth + 1);
    const holder = stack[depth] as Open;
    const accepted = accepts(holder, segment.name, byName);
    if (accepted?.rule) {
      const node = open(accepted.rule.name, segment.place);
      holder.node.children.push(node);
      node.children.push(segment);
      stack.push({ rule: accepted.rule, node, rank: rankOf(accepted.rule, segment.name) });
    } else {
      holder.node.children.push(segment);
      holder.rank = Math.max(holder.rank, accepted?.rank ?? holder.rank);
    }
  }
  return root.node;
}

/** ORC belongs before the OBR of its order; behind it, it does not begin an order of its own. */
const opensOrder = (segment: SourceNode | undefined): boolean =>
  segment !== undefined && /^(OBR|RX[OAEDG]|NTE|TQ1)$/.test(segment.name);

/** The open order that has no ORC and no result yet: where it stands in the stack, or -1. */
const orderWithout = (stack: readonly Open[]): number =>
  findLast(stack, (one) => one.rule?.name === 'ORDER' && !hasOrResults(one, 'ORC'));

const lateOrder = (place: string): MappingIssue => ({
  kind: 'rule',
  severity: 'warning',
  code: 'segment-order',
  text: 'ORC stands behind OBR; it was read as of that order.',
  place,
});

const open = (name: string, place: string): Open['node'] => ({
  name,
  place,
  value: undefined,
  children: [],
});

const rankOf = (rule: GroupRule, segment: string): number =>
  rule.starts.findIndex((names) => names.includes(segment));

/**
 * How a group takes a segment: as its own (a rank when it is a later starter), or in a group it
 * opens.
 */
function accepts(
  one: Open,
  segment: string,
  byName: ReadonlyMap<string, GroupRule>,
): { rule?: GroupRule; rank?: number } | undefined {
  if (one.rule) {
    const rank = rankOf(one.rule, segment);
    if (rank > one.rank) return { rank };
    if (rank < 0 && one.rule.takes.has(segment)) return {};
    if (segment === one.rule.late && !hasOrResults(one, segment)) return {};
  }
  const inner = one.rule ? one.rule.inner : ['PATIENT'];
  for (const name of inner) {
    const rule = byName.get(name);
    if (rule && rankOf(rule, segment) >= 0) return { rule };
  }
  return undefined;
}

const hasOrResults = (one: Open, segment: string): boolean =>
  one.node.children.some(({ name }) => name === segment || name === 'RESULT');

function findLast(stack: readonly Open[], test: (one: Open) => boolean): number {
  for (let at = stack.length - 1; at >= 0; at--) {
    const one = stack[at];
    if (one && test(one)) return at;
  }
  return -1;
}
