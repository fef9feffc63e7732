/** Numbers as HL7 writes them to FHIR decimals, which keep their digits: `10.20` is not `10.2`. */
import { type Decimal, decimalOf } from '../../conformance/index.ts';

export type DecimalValue = number | Decimal;

/**
 * HL7 allows a sign, leading zeros and a comma for the point; FHIR allows only `-` and no
 * padding.
 */
export function decimal(text: string): DecimalValue | undefined {
  const match = /^([+-]?)(\d+)(?:[.,](\d+))?$|^([+-]?)[.,](\d+)$/.exec(text.trim());
  if (!match) return undefined;
  const [, sign = '', padded = '0', fraction, bareSign = '', bareFraction] = match;
  const whole = padded.replace(/^0+(?=\d)/, '');
  const digits = fraction ?? bareFraction;
  const minus = sign === '-' || bareSign === '-' ? '-' : '';
  return decimalOf(`${minus}${whole}${digits === undefined ? '' : `.${digits}`}`);
}
