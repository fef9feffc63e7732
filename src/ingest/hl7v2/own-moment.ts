/** What tells results of one code in one order apart: OBX-21, OBX-4, else OBX-14 (HL7 v2.5 7.4). */
import type { MappedResource } from '../format.ts';
import type { Made } from '../mapping/later-reference.ts';
import { compilePath } from '../mapping/path-grammar.ts';
import { textAt } from '../mapping/source-path.ts';

const NUMBERS = ['OBX-21', 'OBX-4'].map(compilePath);
const MEASURED = compilePath('OBX-14');
const ORDERED = compilePath('^ORDER/OBR-7');

/** Nothing for a result that numbers itself, and for what is no result. */
export function apartBy({ rule, from }: Made): Pick<MappedResource, 'apart'> {
  if (rule !== 'result' || NUMBERS.some((path) => textAt(from, path) !== undefined)) return {};
  const measured = textAt(from, MEASURED);
  return { apart: { own: measured !== undefined && measured !== textAt(from, ORDERED) } };
}
