/** JSON of what holds a large text, such as a document in base64, without a copy of that text. */

const PIECE_CHARACTERS = 1_048_576;
const PLAIN = /^[A-Za-z0-9+/=]*$/;
const MARK = '\u{F0000}';

/** The text of `JSON.stringify`, in pieces that follow each other. */
export function* jsonInPieces(value: object): Generator<string> {
  const large = Object.entries(value).find(([, one]) => isLarge(one));
  const whole = large && JSON.stringify({ ...value, [large[0]]: MARK });
  const parts = whole?.split(MARK);
  if (!large || parts?.length !== 2) {
    yield JSON.stringify(value);
    return;
  }
  yield parts[0] ?? '';
  const text = large[1] as string;
  for (let at = 0; at < text.length; at += PIECE_CHARACTERS) {
    yield text.slice(at, at + PIECE_CHARACTERS);
  }
  yield parts[1] ?? '';
}

/** The same as UTF-8. */
export function jsonBytes(value: object): Buffer {
  let length = 0;
  for (const piece of jsonInPieces(value)) length += Buffer.byteLength(piece);
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const piece of jsonInPieces(value)) at += bytes.write(piece, at);
  return bytes;
}

/** Long, and written in JSON as it stands. */
const isLarge = (value: unknown): boolean =>
  typeof value === 'string' && value.length > PIECE_CHARACTERS && PLAIN.test(value);
