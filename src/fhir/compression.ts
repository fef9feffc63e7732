/**
 * Answers of this door are compressed when the client asks for it. What is compressed is only what
 * was released, under a token that no page of another site can send along: nobody who does not get
 * the answer can put text beside it and watch the length. Pages with a cookie are not compressed.
 */

import { constants as zlib } from 'node:zlib';
import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';

const SMALLEST_BYTES = 1_024;

/** Gzip and brotli for the routes of this instance that follow. */
export async function compressAnswers(app: FastifyInstance): Promise<void> {
  await app.register(compress, {
    global: true,
    threshold: SMALLEST_BYTES,
    encodings: ['br', 'gzip'],
    customTypes: /^application\/(fhir\+(json|xml)|json|xml|fhir\+ndjson)/,
    // The default quality of brotli takes ten times as long as that of gzip, for little.
    brotliOptions: { params: { [zlib.BROTLI_PARAM_QUALITY]: 4 } },
    globalDecompression: false,
  });
}
