/**
 * Takes out of a text what is random in it, in one pass over its bytes: uuids, SHA-256 in hex, and
 * times. It goes to a buffer of its own as bytes; a control character stands where each was.
 */

/** What stands for each kind. Canonical JSON has no bare control characters. */
const PLACE_OF = { uuid: 1, sha256: 2, time: 3 } as const;
/** Bytes that each kind takes. */
export const BYTES_OF = { uuid: 16, sha256: 32, time: 6 } as const;

const [DASH, COLON, POINT, T, Z] = [0x2d, 0x3a, 0x2e, 0x54, 0x5a];
const UUID_CHARACTERS = 36;
const SHA_CHARACTERS = 64;
const TIME_CHARACTERS = 24;

/** Value of a digit, of hex in lower case only: what is put back is in lower case. */
const HEX = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit += 1) HEX[digit.toString(16).charCodeAt(0)] = digit;

/**
 * @param from the text in UTF-8; `text` and `random` have room for as many bytes
 * @returns how many bytes of `text` and of `random` were written
 */
export function takeRandom(
  from: Uint8Array,
  text: Uint8Array,
  random: Uint8Array,
): { text: number; random: number } {
  let to = 0;
  let taken = 0;
  // How many hex digits stand directly before this place.
  let run = 0;
  for (let at = 0; at < from.length; at += 1) {
    const byte = from[at] as number;
    text[to++] = byte;
    if ((HEX[byte] as number) < 16) {
      run += 1;
      if (run < SHA_CHARACTERS) continue;
      taken = putHex(from, at + 1 - SHA_CHARACTERS, SHA_CHARACTERS, random, taken);
      to -= SHA_CHARACTERS;
      text[to++] = PLACE_OF.sha256;
    } else if (byte === DASH && run >= 8 && isUuid(from, at - 8)) {
      taken = putHex(from, at - 8, UUID_CHARACTERS, random, taken);
      to -= 9;
      text[to++] = PLACE_OF.uuid;
      at += UUID_CHARACTERS - 9;
    } else if (byte === DASH && run >= 4) {
      const time = timeAt(from, at - 4);
      if (time !== undefined) {
        taken = putTime(time, random, taken);
        to -= 5;
        text[to++] = PLACE_OF.time;
        at += TIME_CHARACTERS - 5;
      }
    }
    run = 0;
  }
  return { text: to, random: taken };
}

/** Whether a uuid begins here, of which the first group and its dash are known to be right. */
function isUuid(from: Uint8Array, start: number): boolean {
  if (start + UUID_CHARACTERS > from.length) return false;
  if (from[start + 13] !== DASH || from[start + 18] !== DASH || from[start + 23] !== DASH)
    return false;
  for (let at = start + 9; at < start + UUID_CHARACTERS; at += 1) {
    if (HEX[from[at] as number] === 255) {
      const place = at - start;
      if (place !== 13 && place !== 18 && place !== 23) return false;
    }
  }
  return true;
}

function putHex(from: Uint8Array, start: number, length: number, to: Uint8Array, place: number) {
  let at = place;
  for (let nth = start; nth < start + length; nth += 2) {
    if (from[nth] === DASH) nth += 1;
    to[at++] =
      ((HEX[from[nth] as number] as number) << 4) | (HEX[from[nth + 1] as number] as number);
  }
  return at;
}

/** Milliseconds since 1970 of the time that stands here; undefined where it would not come back. */
function timeAt(from: Uint8Array, start: number): number | undefined {
  if (from[start + 23] !== Z || from[start + 10] !== T || from[start + 19] !== POINT) return;
  if (from[start + 7] !== DASH || from[start + 13] !== COLON || from[start + 16] !== COLON) return;
  const number = (at: number, digits: number) => {
    let sum = 0;
    for (let nth = start + at; nth < start + at + digits; nth += 1) {
      const digit = (from[nth] as number) - 0x30;
      if (digit < 0 || digit > 9) return Number.NaN;
      sum = sum * 10 + digit;
    }
    return sum;
  };
  const year = number(0, 4);
  const [month, day] = [number(5, 2), number(8, 2)];
  const [hour, minute, second] = [number(11, 2), number(14, 2), number(17, 2)];
  if (!(year >= 1970 && hour < 24 && minute < 60 && second < 60)) return;
  const time = Date.UTC(year, month - 1, day, hour, minute, second, number(20, 3));
  if (!(time >= 0)) return;
  // The 31st of a short month would come back as the first of the next.
  const date = new Date(time);
  return date.getUTCDate() === day && date.getUTCMonth() === month - 1 ? time : undefined;
}

/** Six bytes, the highest first. */
function putTime(time: number, to: Uint8Array, place: number): number {
  let rest = time;
  for (let at = place + 5; at >= place; at -= 1) {
    to[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return place + 6;
}
