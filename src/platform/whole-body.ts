/**
 * The body of a request in one buffer. Where its length is told, the pieces are laid into it as
 * they come: kept until the last one, a document of 30 MB would lie in memory twice.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from './problem.ts';

/** @throws Problem `too-large` beyond `bytesMax`, `invalid` when it is not as long as it says. */
export async function wholeBody(
  headers: IncomingHttpHeaders,
  payload: AsyncIterable<Buffer>,
  bytesMax: number,
): Promise<Buffer> {
  const told = Number(headers['content-length'] ?? Number.NaN);
  if (told > bytesMax) throw tooLarge(bytesMax);
  if (!Number.isSafeInteger(told)) return ofUnknownLength(payload, bytesMax);
  const bytes = Buffer.allocUnsafeSlow(told);
  let length = 0;
  for await (const piece of payload) {
    if (length + piece.length > told) throw otherLength();
    length += piece.copy(bytes, length);
  }
  if (length < told) throw otherLength();
  return bytes;
}

async function ofUnknownLength(payload: AsyncIterable<Buffer>, bytesMax: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of payload) {
    length += piece.length;
    if (length > bytesMax) throw tooLarge(bytesMax);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

const tooLarge = (bytesMax: number) =>
  new Problem('too-large', `A body may be ${Math.floor(bytesMax / 1_048_576)} MB at most.`, {
    expression: ['1'],
  });

const otherLength = () =>
  new Problem('invalid', 'The body is not as long as its Content-Length says.', {
    code: 'content-length',
    expression: ['1'],
  });
