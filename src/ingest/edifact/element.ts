/** Reading the elements of EDIFACT segments inside converters. */
import { type ConvertContext, take } from '../mapping/converter.ts';
import type { SourceNode } from '../mapping/source-node.ts';

/** Text of a component without blanks around it; an element of one component is its first. */
export const part = (context: ConvertContext, node: SourceNode | undefined, name: string) =>
  take(context, node, name)?.trim() || undefined;

/**
 * Text of an element that has no components of its own: a colon in it is one that the sender did
 * not release, as in `1:128` or `om 8:30`.
 */
export function wholeText(context: ConvertContext, node: SourceNode | undefined): string {
  if (node === undefined || node.value !== undefined) return take(context, node)?.trim() ?? '';
  const parts: string[] = [];
  for (const child of node.children) parts[Number(child.name) - 1] = take(context, child) ?? '';
  return Array.from(parts, (text) => text ?? '')
    .join(':')
    .trim();
}

/** A property, or nothing when there is no text for it. */
export const named = (name: string, value: string | undefined): Record<string, string> =>
  value === undefined || value === '' ? {} : { [name]: value };

/**
 * Two digits of a year: nobody is born after this year (source-formats.md 11). `now` is when the
 * message came, so that it means the same whenever it is mapped again.
 */
export const fullYear = (digits: string, now = new Date()): string =>
  Number(digits) <= now.getUTCFullYear() % 100 ? `20${digits}` : `19${digits}`;

/** How far ahead a clock, an appointment or a course may be, in years. */
const AHEAD_MAX = 10;

/** Two digits of the year of what is done or planned: that may be next year, unlike a birth. */
export function yearNear(digits: string, now = new Date()): string {
  const current = now.getUTCFullYear();
  const same = current - (current % 100) + Number(digits);
  if (same - current > AHEAD_MAX) return String(same - 100);
  return String(same + 100 - current <= AHEAD_MAX ? same + 100 : same);
}
