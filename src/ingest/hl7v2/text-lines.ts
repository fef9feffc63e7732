/**
 * The letter of a radiologist or pathologist comes as a segment for each line: OBX of type TX or
 * FT under one code in one order. They are one result of several lines, so that none is read as a
 * result of its own, or taken for the whole (HL7 v2.5 7.4.2.5, source-formats.md 3.5).
 */
import {
  childrenNamed,
  EXPLICITLY_EMPTY,
  leavesOf,
  type SourceNode,
  saysSomething,
  textNode,
} from '../mapping/source-node.ts';

interface Result {
  readonly obx: SourceNode;
  readonly rest: readonly SourceNode[];
}

/** What numbers a line or holds it; everything else a line may only repeat. */
const OWN = new Set(['1', '2', '4', '5']);

/** Unit, limits and flag are of a value that stands by itself. */
const MEASURED = ['6', '7', '8'];

/**
 * The tree with the lines of a text gathered in the first of them: their OBX-5 become repetitions,
 * in order and the empty ones with them, and what is left of their segments is called `LINE`.
 */
export function joinTextLines(node: SourceNode): SourceNode {
  const inner = node.children.map((child) =>
    child.children.length > 0 && /^[A-Z]{4,}$/.test(child.name) ? joinTextLines(child) : child,
  );
  const results = inner.filter(({ name }) => name === 'RESULT');
  if (node.name === 'DOCUMENT') return { ...node, children: withEmptyLines(inner) };
  if (node.name !== 'ORDER' || results.length < 2) return { ...node, children: inner };
  const numbersLines = results.every(
    (one) => isText(resultOf(one)) || !says(resultOf(one).obx, '4'),
  );
  const joined = new Map<SourceNode, SourceNode[]>();
  const lastOf = new Map<string, SourceNode>();
  for (const one of results.filter((result) => isText(resultOf(result)))) {
    const code = fieldText(resultOf(one).obx, '3');
    const first = lastOf.get(code);
    if (first && continues(resultOf(first), resultOf(one), numbersLines)) {
      const lines = joined.get(first);
      if (lines) lines.push(one);
      else joined.set(first, [one]);
    } else lastOf.set(code, one);
  }
  for (const [first, lines] of joined) if (![first, ...lines].some(hasValue)) joined.delete(first);
  const lines = new Set([...joined.values()].flat());
  const children = inner
    .filter((child) => !lines.has(child))
    .map((child) => withLines(child, joined.get(child) ?? []));
  return { ...node, children };
}

/** All text of a document is one letter, whatever its codes are. */
function withEmptyLines(children: readonly SourceNode[]): readonly SourceNode[] {
  const texts = children.filter((one) => one.name === 'RESULT' && isText(resultOf(one)));
  if (!texts.some(hasValue)) return children;
  const empty = new Set(texts.filter((one) => !hasValue(one)));
  return children.map((one) => {
    if (!empty.has(one)) return one;
    const { obx, rest } = resultOf(one);
    const others = obx.children.filter(({ name }) => name !== '5');
    return { ...one, children: [{ ...obx, children: [...others, ...lineOf(obx)] }, ...rest] };
  });
}

function resultOf({ children }: SourceNode): Result {
  const [obx, ...rest] = children;
  return { obx: obx as SourceNode, rest };
}

const hasValue = (one: SourceNode): boolean => says(resultOf(one).obx, '5');

const says = (obx: SourceNode, name: string): boolean =>
  childrenNamed(obx, name).some(saysSomething);

const fieldText = (obx: SourceNode, name: string): string =>
  childrenNamed(obx, name)
    .flatMap((one) => leavesOf(one).map(({ value }) => value))
    .filter((value) => value !== EXPLICITLY_EMPTY)
    .join('^');

function isText({ obx }: Result): boolean {
  const type = textNode(childrenNamed(obx, '2')[0])?.value;
  const isEmpty = type === undefined && !says(obx, '5');
  return type === 'TX' || type === 'FT' || isEmpty;
}

/**
 * Numbers in OBX-4 tell isolates and specimens apart where other results have them; where only
 * text has them they number the lines, as they do when the text comes alone.
 */
function continues(first: Result, line: Result, numbersLines: boolean): boolean {
  if (MEASURED.some((name) => says(first.obx, name))) return false;
  const part = fieldText(line.obx, '4');
  if (part !== fieldText(first.obx, '4') && !(numbersLines && /^\d*$/.test(part))) return false;
  const told = new Set(line.obx.children.map(({ name }) => name));
  return [...told].every(
    (name) => OWN.has(name) || fieldText(first.obx, name) === fieldText(line.obx, name),
  );
}

function withLines(first: SourceNode, lines: readonly SourceNode[]): SourceNode {
  if (lines.length === 0) return first;
  const { obx, rest } = resultOf(first);
  const all = [obx, ...lines.map((line) => resultOf(line).obx)];
  const others = obx.children.filter(({ name }) => name !== '5');
  const whole = { ...obx, children: [...others, ...all.flatMap(lineOf)] };
  const left = lines.map((line): SourceNode => {
    const { obx: own } = resultOf(line);
    const children = own.children.filter(({ name }) => name !== '5');
    return { ...line, name: 'LINE', children: [{ ...own, children }] };
  });
  const notes = lines.flatMap((line) => resultOf(line).rest);
  return { ...first, children: [whole, ...rest, ...notes, ...left] };
}

/** An empty line separates paragraphs. */
function lineOf(obx: SourceNode): readonly SourceNode[] {
  const values = childrenNamed(obx, '5');
  if (values.length > 0) return values;
  return [{ name: '5', place: `${obx.place}-5`, value: undefined, children: [] }];
}
