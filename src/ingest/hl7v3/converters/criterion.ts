/** Conditions of a dosage or an agreement (source-formats 8, 9). */
import { type ConvertContext, take } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { conceptOf, nullFlavorCoding } from './coded.ts';
import { collapse } from './text.ts';

/**
 * What must be so before something holds, by code or in words. That nobody knows what it is, is a
 * condition too: without it, the thing would hold always.
 */
export function conditionOf(
  context: ConvertContext,
  criterion: SourceNode | undefined,
): Record<string, unknown> | undefined {
  const code = criterion && childrenNamed(criterion, 'code')[0];
  const concept = code && conceptOf(context, code);
  const text = collapse(take(context, criterion && childrenNamed(criterion, 'text')[0]));
  if (concept !== undefined) return text === undefined ? concept : { ...concept, text };
  if (text !== undefined) return { text };
  const flavor = take(context, code, '@nullFlavor');
  return flavor === undefined ? undefined : { coding: [nullFlavorCoding(context, flavor)] };
}
