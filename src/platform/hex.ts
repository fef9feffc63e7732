/** Hexadecimal digits to bytes where they are wanted, without a text or a buffer in between. */

/** Value of a digit by its character code; 255 for what is none. */
const DIGITS = new Uint8Array(128).fill(255);
for (let digit = 0; digit < 16; digit += 1) {
  const letter = digit.toString(16);
  DIGITS[letter.charCodeAt(0)] = digit;
  DIGITS[letter.toUpperCase().charCodeAt(0)] = digit;
}
const DASH = 0x2d;

/**
 * Writes the bytes that a text of digits stands for; dashes, as in a uuid, are passed over.
 * @returns the place after the last one
 * @throws RangeError for any other character, or half a byte.
 */
export function writeHex(to: Uint8Array, from: number, text: string): number {
  let at = from;
  let high = -1;
  for (let nth = 0; nth < text.length; nth += 1) {
    const code = text.charCodeAt(nth);
    if (code === DASH) continue;
    const digit = DIGITS[code] ?? 255;
    if (digit > 15) throw new RangeError('These are not hexadecimal digits.');
    if (high < 0) high = digit;
    else {
      to[at++] = (high << 4) | digit;
      high = -1;
    }
  }
  if (high >= 0) throw new RangeError('These are not whole bytes.');
  return at;
}
