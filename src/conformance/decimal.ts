/**
 * A FHIR decimal whose digits matter: `10.20` is not `10.2`.
 *
 * A JavaScript number loses trailing zeros, exponents and everything after 17 digits. The codecs
 * therefore keep a plain number only where `String(number)` equals the source, and a Decimal
 * otherwise. A Decimal compares and calculates like its number (`valueOf`) and is written by
 * JSON.stringify with the digits it was read with. structuredClone does not keep it.
 * https://hl7.org/fhir/R4/datatypes.html#decimal
 */

/** TypeScript's library does not know this part of ECMAScript 2026 yet. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

export class Decimal {
  readonly text: string;

  /** @throws RangeError when the text is not a JSON number. */
  constructor(text: string) {
    if (!NUMBER.test(text)) throw new RangeError('Not a decimal.');
    this.text = text;
  }

  valueOf(): number {
    return Number(this.text);
  }

  toString(): string {
    return this.text;
  }

  toJSON(): unknown {
    return rawJSON(this.text);
  }
}

/** The number itself when it keeps every digit, else a Decimal; undefined when it is no number. */
export function decimalOf(text: string): number | Decimal | undefined {
  if (!NUMBER.test(text)) return undefined;
  const number = Number(text);
  return String(number) === text ? number : new Decimal(text);
}
