import { createHash } from 'node:crypto';
import { jsonInPieces } from '../../platform/json-in-pieces.ts';

/** Of its JSON, piece by piece: of a large document that would be a copy. */
export function digestOfJson(content: object): string {
  const digest = createHash('sha256');
  for (const piece of jsonInPieces(content)) digest.update(piece);
  return digest.digest('hex');
}
