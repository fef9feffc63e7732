/**
 * A source message as a tree, the same for ER7 and XML, so that one engine reads both.
 *
 * In ER7 the names are groups, segments and numbers (`ORDER`, `OBX`, `3`); repetitions are
 * siblings of one name. In XML they are local names (`patient`; other namespaces than the
 * format's own get a prefix that the format chooses, `sdtc:x`) and attributes are children called
 * `@name`.
 */
export interface SourceNode {
  readonly name: string;
  /** As the sender would look it up: `PID-3[2].1`, `/ClinicalDocument/id[1]/@root`. */
  readonly place: string;
  /** Text of the node itself; undefined when it has none. */
  readonly value: string | undefined;
  readonly children: readonly SourceNode[];
}

/**
 * A node with the way down to it, so that a rule can look back up without nodes knowing parents.
 */
export interface Cursor {
  readonly node: SourceNode;
  readonly up: Cursor | undefined;
}

export const rootCursor = (node: SourceNode): Cursor => ({ node, up: undefined });

/** HL7 v2 "explicitly empty": the sender asks to delete. It is never a value. */
export const EXPLICITLY_EMPTY = '""';

/** Whether it is more than a request to delete: many senders write that in each empty field. */
export const saysSomething = ({ value, children }: SourceNode): boolean =>
  children.length === 0 ? value !== EXPLICITLY_EMPTY : children.some(saysSomething);

/**
 * The node that holds the text: the node itself, or its first component. In HL7 v2 a field without
 * components is its own first component, and the other way round. Names in XML are never `1`.
 */
export function textNode(node: SourceNode | undefined): SourceNode | undefined {
  if (node === undefined || node.value !== undefined) return node;
  for (const child of node.children) if (child.name === '1') return textNode(child);
  return undefined;
}

/** A leaf is its own component `1`. */
export const isOwnComponent = ({ children, value }: SourceNode, name: string): boolean =>
  name === '1' && children.length === 0 && value !== undefined;

/** Children of one name; a leaf is its own component `1`. */
export function childrenNamed(node: SourceNode, name: string): readonly SourceNode[] {
  if (isOwnComponent(node, name)) return [node];
  if (node.children.length > SHORT) return byName(node).get(name) ?? NONE;
  let found: SourceNode[] | undefined;
  for (const child of node.children) {
    if (child.name !== name) continue;
    if (found === undefined) found = [child];
    else found.push(child);
  }
  return found ?? NONE;
}

/** The first of them, without a list for it. */
export function childNamed(node: SourceNode, name: string): SourceNode | undefined {
  if (isOwnComponent(node, name)) return node;
  if (node.children.length > SHORT) return byName(node).get(name)?.[0];
  for (const child of node.children) if (child.name === name) return child;
  return undefined;
}

const NONE: readonly SourceNode[] = [];

/** A short list is quicker read than looked up. */
export const SHORT = 24;
const named = new WeakMap<SourceNode, Map<string, SourceNode[]>>();

function byName(node: SourceNode): Map<string, SourceNode[]> {
  const known = named.get(node);
  if (known) return known;
  const index = Map.groupBy(node.children, (child) => child.name);
  named.set(node, index);
  return index;
}

/** Every node that holds a value, in the order of the message. */
export function leavesOf(node: SourceNode): readonly SourceNode[] {
  if (node.children.length === 0) return node.value === undefined ? NONE : [node];
  const leaves: SourceNode[] = [];
  addLeaves(node, leaves);
  return leaves;
}

function addLeaves(node: SourceNode, leaves: SourceNode[]): void {
  if (node.value !== undefined) leaves.push(node);
  for (const child of node.children) addLeaves(child, leaves);
}
