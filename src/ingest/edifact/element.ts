/** Reading the elements of EDIFACT segments inside converters. */
import { type ConvertContext, take } from '../mapping/converter.ts';
import type { SourceNode } from '../mapping/source-node.ts';

/** Text of a component without blanks around it; an element of one component is its first. */
export const part = (context: ConvertContext, node: SourceNode | undefined, name: string) =>
  take(context, node, name)?.trim() || undefined;

/** A property, or nothing when there is no text for it. */
export const named = (name: string, value: string | undefined): Record<string, string> =>
  value === undefined || value === '' ? {} : { [name]: value };

/**
 * Two digits of a year: nobody is born, and no result is from, after this year (source-formats.md
 * 11). What was read once stays the same for as long as the century does.
 */
export const fullYear = (digits: string, now = new Date()): string =>
  Number(digits) <= now.getUTCFullYear() % 100 ? `20${digits}` : `19${digits}`;
