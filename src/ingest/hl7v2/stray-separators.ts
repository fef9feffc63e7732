/**
 * Where a separator can only be a stray sign: some senders do not escape (source-formats.md 3.1).
 */
import type { Delimiters } from './er7.ts';

/** The separators that cut each field of a segment, by the number of the field. */
export function separatorsIn(
  name: string,
  fields: readonly string[],
  delimiters: Delimiters,
): (field: number) => readonly string[] {
  const { component, subcomponent } = delimiters;
  const textField = textFieldOf(name, fields, delimiters);
  const isLimits = name === 'OBX' && isCut(fields[7] ?? '', delimiters);
  return (field) => {
    // `4.0^8.0` is no lower limit alone.
    if (field === textField || (isLimits && field === 7)) return [];
    return isOfNames(name, field, fields) ? [component] : [component, subcomponent];
  };
}

/**
 * In ST, TX, FT and NM no separator cuts: `R&D` stays what the doctor wrote, and `10^9` is not a
 * 10.
 */
function textFieldOf(
  name: string,
  fields: readonly string[],
  delimiters: Delimiters,
): number | undefined {
  if (name === 'NTE') return 3;
  if (name !== 'OBX') return undefined;
  const [, , typed = '', , , value = ''] = fields;
  const type = typed.trim();
  if (type === 'NM') return isCut(value, delimiters) ? 5 : undefined;
  return /^(ST|TX|FT)$/.test(type) ? 5 : undefined;
}

/** Fields of codes with their names, units and limits: their components have no parts. */
const OF_NAMES: Readonly<Record<string, readonly number[]>> = {
  OBX: [3, 6, 7, 17],
  OBR: [4, 13, 31],
  DG1: [3, 4],
  AL1: [3, 5],
  IAM: [3, 5],
  PR1: [3, 4],
  SPM: [4],
  TXA: [2, 25],
};

/**
 * There a sub-component separator can only be a stray sign: `T & B cells` is one name, and
 * `RAD&IMP` one code with its suffix (HL7 v2.5 7.1.4).
 */
function isOfNames(name: string, field: number, fields: readonly string[]): boolean {
  if (OF_NAMES[name]?.includes(field)) return true;
  return name === 'OBX' && field === 5 && /^(CE|CWE|CNE|CF)$/.test((fields[2] ?? '').trim());
}

/** More than one part that says anything: `10^9`, but not `5.4^`. */
const isCut = (value: string, { component, subcomponent }: Delimiters): boolean =>
  [component, subcomponent].some(
    (sign) => sign !== '' && value.split(sign).filter((part) => part !== '').length > 1,
  );
