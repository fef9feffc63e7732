/**
 * A request body that comes packed: `Content-Encoding: gzip`, `br` or `deflate` (RFC 9110 section
 * 8.4). Unpacked piece by piece, and no further than a plain body may go: how small it was packed
 * does not matter.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A body of this route may come packed. */
    takesPacked?: boolean;
  }
}

const CODINGS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
};

/** Value of `Accept-Encoding` beside a refusal (RFC 7694 section 3). */
export const TAKEN_CODINGS = 'gzip, br, deflate, identity';

/** The one coding of a body, undefined for a plain one; several at once are none that we take. */
export function codingOf(headers: IncomingHttpHeaders): string | undefined {
  const named = (headers['content-encoding'] ?? '').trim().toLowerCase();
  return named === '' || named === 'identity' ? undefined : named;
}

export const isTakenCoding = (coding: string): boolean => Object.hasOwn(CODINGS, coding);

/**
 * Lets every body at the routes of this part come packed. Nothing is unpacked before `admit` let
 * the sender in: a stranger may not make us work for nothing.
 * @param bytesMax of the body, packed and unpacked
 */
export function takePacked(
  app: FastifyInstance,
  bytesMax: number,
  admit: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, takesPacked: true };
  });
  app.addHook('preParsing', async (request, reply, payload) => {
    const coding = codingOf(request.headers);
    if (coding === undefined) return payload;
    await admit(request, reply);
    return unpackBody(payload as Readable, coding, bytesMax);
  });
}

/** What Fastify compares with `Content-Length`. */
type Unpacked = Readable & { receivedEncodedLength: number };

/**
 * The stream of what was packed. It fails with a Problem: `too-large` beyond `bytesMax`, `invalid`
 * code `content-encoding` where the packed stream is broken or stops short.
 */
function unpackBody(payload: Readable, coding: string, bytesMax: number): Unpacked {
  const start = CODINGS[coding];
  if (!start) throw new Error(`nobody asked whether ${coding} is taken`);
  const arrived = (bytes: number) => {
    stream.receivedEncodedLength = bytes;
  };
  const stream: Unpacked = Object.assign(
    Readable.from(bounded(payload, start, bytesMax, arrived), { objectMode: false }),
    { receivedEncodedLength: 0 },
  );
  return stream;
}

/** Nothing happens until somebody reads: of a request without a body nobody does. */
async function* bounded(
  payload: Readable,
  start: () => Transform,
  bytesMax: number,
  arrived: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const unpack = start();
  // Whoever stopped reading hears no more of it; without a listener it would end the process.
  unpack.on('error', () => undefined);
  let packed = 0;
  payload.on('data', (piece: Buffer) => {
    packed += piece.length;
    arrived(packed);
    if (packed > bytesMax) unpack.destroy(tooLarge());
  });
  payload.once('error', (error) => unpack.destroy(error));
  payload.pipe(unpack);
  let length = 0;
  try {
    for await (const piece of unpack as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > bytesMax) {
        throw tooLarge();
      }
      yield piece;
    }
  } catch (error) {
    throw isOfCoding(error) ? broken(error) : error;
  } finally {
    payload.unpipe(unpack);
    unpack.destroy();
    // The rest is let go by, so that the answer reaches who is still sending.
    payload.resume();
  }
}

const tooLarge = (): Problem =>
  new Problem('too-large', 'The body is larger than this address accepts.');

/** Node.js names these `Z_DATA_ERROR`, `Z_BUF_ERROR`, `ERR__ERROR_FORMAT_…` (brotli). */
function isOfCoding(error: unknown): boolean {
  return /^(Z_|ERR_)/.test(String((error as { code?: unknown })?.code ?? ''));
}

function broken(cause: unknown): Problem {
  return new Problem('invalid', 'The body is not what its Content-Encoding says, or stops short.', {
    code: 'content-encoding',
    expression: ['Content-Encoding'],
    cause,
  });
}
