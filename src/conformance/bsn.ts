/**
 * The citizen service number (BSN) as an identifier.
 * Form and test: https://www.government.nl/topics/personal-data/citizen-service-number-bsn
 */

export const BSN_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/bsn';
const BSN_OID = 'urn:oid:2.16.840.1.113883.2.4.6.3';
const SYSTEMS = new Set([BSN_SYSTEM.toLowerCase(), BSN_OID, BSN_OID.slice('urn:oid:'.length)]);

/** True for every way senders write the BSN's system: URI or OID, in any case. */
export function isBsnSystem(system: unknown): boolean {
  if (typeof system !== 'string' || system.length < 20) return false;
  return SYSTEMS.has(system.trim().toLowerCase().replace(/\/$/, ''));
}

/**
 * The nine digits of a BSN that passes the eleven-test, or undefined. Leading zeros that a sender
 * left out are put back; dots and spaces between digits are not part of a number.
 */
export function normaliseBsn(text: string): string | undefined {
  const digits = text.replace(/[\s.]/g, '');
  if (!/^\d{7,9}$/.test(digits)) return undefined;
  const padded = digits.padStart(9, '0');
  return passesElevenTest(padded) ? padded : undefined;
}

/** 9·d1 + 8·d2 + … + 2·d8 − d9 is a multiple of eleven; nine zeros are no number. */
export function passesElevenTest(digits: string): boolean {
  if (!/^\d{9}$/.test(digits) || digits === '000000000') return false;
  let sum = 0;
  for (let at = 0; at < 8; at++) sum += Number(digits.charAt(at)) * (9 - at);
  return (sum - Number(digits.charAt(8))) % 11 === 0;
}
