/** Numbers as HL7 writes them to FHIR decimals, which keep their digits: `10.20` is not `10.2`. */
import { type Decimal, decimalOf } from '../../conformance/index.ts';

export type DecimalValue = number | Decimal;

/**
 * HL7 allows a sign, leading zeros and a comma for the point; FHIR allows only `-` and no
 * padding.
 */
export function decimal(text: string): DecimalValue | undefined {
  const match = /^([+-]?)0*(\d+)(?:[.,](\d+))?$|^([+-]?)[.,](\d+)$/.exec(text.trim());
  if (!match) return undefined;
  const [, sign = '', whole = '0', fraction, bareSign = '', bareFraction] = match;
  const digits = fraction ?? bareFraction;
  const minus = sign === '-' || bareSign === '-' ? '-' : '';
  return decimalOf(`${minus}${whole}${digits === undefined ? '' : `.${digits}`}`);
}
