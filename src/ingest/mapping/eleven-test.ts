/** BSN eleven-test: 9·d1 + 8·d2 + … + 2·d8 − d9 is a multiple of 11, and not all zeros. */
export const BSN_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/bsn';

/** Nine digits, padded with zeros that a sender dropped; undefined when it is no BSN. */
export function bsnOf(text: string): string | undefined {
  const digits = text.trim();
  if (!/^\d{8,9}$/.test(digits)) return undefined;
  const bsn = digits.padStart(9, '0');
  let sum = 0;
  for (let index = 0; index < 8; index++) sum += (9 - index) * Number(bsn[index]);
  sum -= Number(bsn[8]);
  return sum % 11 === 0 && bsn !== '000000000' ? bsn : undefined;
}
