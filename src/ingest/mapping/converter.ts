/**
 * Converters turn one source node into one FHIR value. They live in code, are pure, and tell the
 * accounting what they took: a value that a converter reads through `take` counts as mapped only
 * when the converter gives a result.
 */
import type { SenderOverlay } from '../format.ts';
import type { CodeTable } from './code-table.ts';
import { childNamed, EXPLICITLY_EMPTY, type SourceNode, textNode } from './source-node.ts';

export interface ConvertContext {
  readonly overlay: SenderOverlay;
  /** When the message came; undefined where nothing depends on it. */
  readonly received: Date | undefined;
  /** The field's `through` table. */
  readonly table: CodeTable | undefined;
  /** Any table by name. @throws Error when there is none: a fault of ours, seen by the tests. */
  tableNamed(name: string): CodeTable;
  /** Literals of the field's `options`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** First node of each of the field's `with` paths. */
  readonly args: Readonly<Record<string, SourceNode | undefined>>;
  /** All nodes of a `with` path. */
  all(name: string): readonly SourceNode[];
  /** Counts these values as taken by this field. */
  use(...leaves: readonly (SourceNode | undefined)[]): void;
  /** Something is wrong with a value: an issue with its place, and the value counts as unread. */
  reject(node: SourceNode, code: string, text: string): void;
  /** This subtree is left out for a reason, which has its words in `reasons-nl.yaml`. */
  leaveOut(subtree: SourceNode, because: string): void;
  /** Something a person should know, though the value was taken. */
  note(node: SourceNode, code: string, text: string): void;
}

export interface Converter {
  /** FHIR type it gives, for `value[x]` and extensions, unless it gives a `Typed`. */
  readonly type: string;
  convert(node: SourceNode, context: ConvertContext): unknown;
}

export type Converters = Readonly<Record<string, Converter>>;

/** Text of a node or one of its children, counted as taken; undefined for none, empty or `""`. */
export function take(
  context: ConvertContext,
  node: SourceNode | undefined,
  ...names: readonly string[]
): string | undefined {
  let at = node;
  for (const name of names) at = at && childNamed(at, name);
  const leaf = textNode(at);
  if (leaf?.value === undefined || leaf.value === '') return undefined;
  context.use(leaf);
  return leaf.value === EXPLICITLY_EMPTY ? undefined : leaf.value;
}

/** Counts a whole subtree as taken. */
export function takeAll(context: ConvertContext, node: SourceNode): void {
  if (node.value !== undefined) context.use(node);
  for (const child of node.children) takeAll(context, child);
}
