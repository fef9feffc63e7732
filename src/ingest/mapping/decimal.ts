/**
 * A decimal keeps its digits: `10.20` is not `10.2` (FHIR R4, decimal). A number where JavaScript
 * writes the same digits again; else raw JSON, which `JSON.stringify` writes out as it stands.
 */
export type DecimalValue = number | { readonly rawJSON: string };

const { rawJSON } = JSON as unknown as { rawJSON(text: string): { readonly rawJSON: string } };

/** HL7 allows a sign, leading zeros and a comma for the point; JSON allows only `-` and no padding. */
export function decimal(text: string): DecimalValue | undefined {
  const match = /^([+-]?)0*(\d+)(?:[.,](\d+))?$|^([+-]?)[.,](\d+)$/.exec(text.trim());
  if (!match) return undefined;
  const [, sign = '', whole = '0', fraction, bareSign = '', bareFraction] = match;
  const digits = fraction ?? bareFraction;
  const json = `${sign === '-' || bareSign === '-' ? '-' : ''}${whole}${digits ? `.${digits}` : ''}`;
  const number = Number(json);
  return String(number) === json ? number : rawJSON(json);
}
