/**
 * `reference value="#id"` inside an entry of a CDA document points into the narrative
 * (source-formats 4): the text that it points to becomes the text of the element that points. One
 * that leads nowhere is called so, and is reported: what it stood for is not there.
 */
import { attribute } from '../hl7v3/interaction.ts';
import type { SourceNode } from '../mapping/source-node.ts';

/** The same tree when nothing in it points anywhere. */
export function resolveNarrative(root: SourceNode): SourceNode {
  const texts = new Map<string, SourceNode>();
  collectIds(root, texts);
  return resolved(root, texts);
}

function collectIds(node: SourceNode, texts: Map<string, SourceNode>): void {
  for (const { name, value } of node.children) {
    if (name !== '@ID') continue;
    if (value !== undefined && value !== '' && !texts.has(value)) texts.set(value, node);
    break;
  }
  for (const child of node.children) if (child.children.length > 0) collectIds(child, texts);
}

function resolved(node: SourceNode, texts: ReadonlyMap<string, SourceNode>): SourceNode {
  let changed = false;
  const children = node.children.map((child) => {
    const inner = child.children.length === 0 ? child : resolved(child, texts);
    const next = leadsNowhere(inner, texts) ? { ...inner, name: 'reference-to-nothing' } : inner;
    changed ||= next !== child;
    return next;
  });
  const target = node.value === undefined ? pointedTo(node, texts) : undefined;
  const value = target === undefined ? undefined : textOf(target);
  if (value !== undefined) return { ...node, value, children };
  return changed ? { ...node, children } : node;
}

function leadsNowhere(node: SourceNode, texts: ReadonlyMap<string, SourceNode>): boolean {
  if (node.name !== 'reference') return false;
  const value = attribute(node, 'value');
  return value?.startsWith('#') === true && !texts.has(value.slice(1));
}

function pointedTo(node: SourceNode, texts: ReadonlyMap<string, SourceNode>) {
  const reference = node.children.find((child) => child.name === 'reference');
  const value = attribute(reference, 'value');
  return value?.startsWith('#') ? texts.get(value.slice(1)) : undefined;
}

function textOf(node: SourceNode): string | undefined {
  const parts: string[] = [];
  collectText(node, parts);
  const text = parts.join(' ').replace(/\s+/g, ' ').trim();
  return text === '' ? undefined : text;
}

function collectText(node: SourceNode, parts: string[]): void {
  if (node.value !== undefined && !node.name.startsWith('@')) parts.push(node.value);
  for (const child of node.children) collectText(child, parts);
}
