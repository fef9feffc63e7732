/** Numbers with units to FHIR Quantity, Range and reference range; source-formats.md 2.5. */
import type { SenderOverlay } from '../format.ts';
import { type DecimalValue, decimal } from './decimal.ts';
import { isUcum } from './ucum-unit.ts';

export const UCUM = 'http://unitsofmeasure.org';

export interface Quantity {
  value: DecimalValue;
  comparator?: string;
  unit?: string;
  system?: string;
  code?: string;
}

/** A unit as the sender wrote it, with its UCUM code when it has one. */
export function unitOf(text: string | undefined, overlay: SenderOverlay): Partial<Quantity> {
  if (text === undefined || text.trim() === '') return {};
  const unit = text.trim();
  // UCUM writes micro as u; people write one of two letters for it.
  const plain = unit.replace(/[\u00b5\u03bc]/g, 'u');
  const code =
    overlay.units[unit] ??
    overlay.units[unit.toLowerCase()] ??
    overlay.units[plain] ??
    (isUcum(plain) ? plain : undefined);
  return code === undefined ? { unit } : { unit, system: UCUM, code };
}

/** No number is longer; what is, is text, and no pattern need look at it. */
const NUMBER_LENGTH_MAX = 80;

const numeric = (text: string): string => {
  const trimmed = text.trim().replaceAll('≤', '<=').replaceAll('≥', '>=');
  return trimmed.length > NUMBER_LENGTH_MAX ? '' : trimmed;
};

/** `5`, `<5`, `>= 10,5`; undefined for anything else, which is then text and no error. */
export function quantityOf(text: string, unit: Partial<Quantity>): Quantity | undefined {
  const match = /^(<=|>=|<|>|=)?\s{0,3}(\S+)$/.exec(numeric(text));
  const value = match ? decimal(match[2] ?? '') : undefined;
  if (!match || value === undefined) return undefined;
  const comparator = match[1] === '=' ? undefined : match[1];
  return { value, ...(comparator === undefined ? {} : { comparator }), ...unit };
}

const NUMBER = String.raw`[+-]?(?:\d+(?:[.,]\d+)?|[.,]\d+)`;
const BETWEEN = new RegExp(`^(${NUMBER})?\\s{0,9}(?:-|–|tot|\\.\\.)\\s{0,9}(${NUMBER})?$`);

/** The unit at the end of limits. One that is a number, as `1`, may be the end of the last limit. */
function withoutUnit(sent: string, unit: string): string {
  if (unit === '' || !sent.endsWith(unit)) return sent;
  const limits = sent.slice(0, -unit.length);
  const mayEndOne = /^\d/.test(unit) && !/\s$/.test(limits);
  return /\d\s*$/.test(limits) && !mayEndOne ? limits : sent;
}

/** `4.0 - 10.0`, ` - 50`, `4 -`, `<5`, `>=10`, each with its unit or not; undefined for text. */
export function limitsOf(
  sent: string,
  unit: Partial<Quantity>,
): { low?: Quantity; high?: Quantity } | undefined {
  const text = withoutUnit(sent.trim(), unit.unit ?? '');
  const between = BETWEEN.exec(numeric(text));
  if (between) {
    const low = between[1] === undefined ? undefined : quantityOf(between[1], unit);
    const high = between[2] === undefined ? undefined : quantityOf(between[2], unit);
    if (!low && !high) return undefined;
    // `8 - 4` and `4--8` are no range; they stay what was written.
    if (low && high && Number(low.value) > Number(high.value)) return undefined;
    return { ...(low ? { low } : {}), ...(high ? { high } : {}) };
  }
  const one = quantityOf(text, unit);
  if (one?.comparator === undefined) return undefined;
  const { comparator, ...limit } = one;
  return comparator.startsWith('<') ? { high: limit } : { low: limit };
}
