/**
 * The MLLP line: plain in the demo, TLS with client certificates outside it.
 *
 * One message at a time for each connection: the next packet is read only when the answer to the
 * last message is written, so a slow store slows the sender and nothing piles up here. A line too
 * many hears that we are full in answer to its first message, so that its sender tries again.
 */
import { createHash } from 'node:crypto';
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';
import { Problem } from '../../platform/problem.ts';
import { type Frame, messagesIn, mllpDecoder, mllpFrame } from './mllp.ts';

const MLLP_LIMITS = {
  messageBytesMax: 10 * 1024 * 1024,
  connectionsMax: 200,
  /** Lines beyond those, that are only told that we are full. */
  turnedAwayMax: 50,
  turnedAwayMs: 5_000,
  /** How often at most the log tells that lines were turned away. */
  fullToldMs: 60_000,
  /** A line may rest between messages; inside a frame, or in its TLS handshake, it may not. */
  idleMs: 10 * 60_000,
  /** For a frame, and a millisecond more for each byte of it: now and then a byte is too slow. */
  frameMs: 30_000,
  handshakeMs: 10_000,
} as const;

export type MllpLimits = { readonly [name in keyof typeof MLLP_LIMITS]: number };

export interface LineNames {
  /** Hex, lower case. Present on TLS lines only; empty when the peer showed no certificate. */
  readonly certificateSha256?: string;
  /** MSH-3.1 and MSH-4.1. */
  readonly application: string;
  readonly facility: string;
}

export interface MllpOptions<Sender> {
  readonly port: number;
  readonly host?: string;
  readonly tls?: TlsOptions;
  /** Who uses these names on this line; `undefined` refuses the message and closes the line. */
  identify(names: LineNames): Promise<Sender | undefined>;
  /** The answers to write, which may be none; `undefined` when only closing is left. */
  handle(message: Buffer, sender: Sender, line: { address: string }): Promise<Buffer[] | undefined>;
  /** The answers to a message that is not handled: unknown sender, too large. */
  refuse(message: Buffer, problem: Problem, sender: Sender | undefined): Buffer[] | undefined;
  readName(message: Buffer): { application: string; facility: string } | undefined;
  /** Told of every unknown sender, for the ledger. */
  refusedSender?(address: string): void;
  readonly limits?: Partial<MllpLimits>;
  readonly log: { warn(details: object, text: string): void };
}

export interface MllpLine {
  readonly port: number;
  /** Other certificates or revocation lists from the next connection on; none without TLS. */
  renew(tls: TlsOptions): void;
  /** No new connections or messages; those being handled are answered first. */
  close(): Promise<void>;
}

/** Who closes its side after the last message still waits for the answer. */
const HALF_OPEN = { allowHalfOpen: true };

export async function listenMllp<Sender>(options: MllpOptions<Sender>): Promise<MllpLine> {
  const limits = { ...MLLP_LIMITS, ...options.limits };
  const open = new Set<Connection>();
  const full = turnAway(options, limits);
  let closing = false;
  const serve = (socket: Socket) => {
    if (closing) return void socket.destroy();
    if (open.size >= limits.connectionsMax) return full(socket);
    const connection: Connection = { socket, busy: false };
    open.add(connection);
    socket.on('error', () => socket.destroy());
    serveConnection(options, limits, connection, () => closing)
      .catch((error: unknown) => {
        options.log.warn({ err: Problem.from(error) }, 'an MLLP line was closed');
      })
      .finally(() => {
        open.delete(connection);
        socket.destroy();
      });
  };
  const secure = options.tls
    ? createTlsServer(
        { ...options.tls, ...HALF_OPEN, requestCert: true, handshakeTimeout: limits.handshakeMs },
        serve,
      )
    : undefined;
  const server = secure ?? createPlainServer(HALF_OPEN, serve);
  server.on('tlsClientError', (_error, socket: Socket) => socket.destroy());
  await listening(server, options.port, options.host);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    renew: (tls) => secure?.setSecureContext(tls),
    close() {
      closing = true;
      for (const connection of open) if (!connection.busy) connection.socket.destroy();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/**
 * What becomes of a line too many: its first message is answered AE 207, which a sender repeats
 * later, and the line is closed. Nothing of the message is kept but its header.
 */
function turnAway<Sender>(options: MllpOptions<Sender>, limits: MllpLimits) {
  let waiting = 0;
  let count = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  return (socket: Socket): void => {
    count++;
    if (performance.now() - toldAt >= limits.fullToldMs) {
      const details = { turnedAway: count, connectionsMax: limits.connectionsMax };
      options.log.warn(details, 'every MLLP line is in use: a line was turned away');
      toldAt = performance.now();
      count = 0;
    }
    if (waiting >= limits.turnedAwayMax) return void socket.destroy();
    waiting++;
    socket.on('error', () => socket.destroy());
    const ended = setTimeout(() => socket.destroy(), limits.turnedAwayMs);
    answerFull(options, socket)
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(ended);
        waiting--;
        socket.destroySoon();
      });
  };
}

async function answerFull<Sender>(options: MllpOptions<Sender>, socket: Socket): Promise<void> {
  const decoder = mllpDecoder({ messageBytesMax: HEADER_BYTES_MAX });
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    const [frame] = decoder.push(chunk as Buffer);
    if (!frame) continue;
    await write(socket, options.refuse(frame.bytes, allInUse(), undefined) ?? []);
    return;
  }
}

const HEADER_BYTES_MAX = 8192;

const allInUse = () =>
  new Problem('busy', 'Every line is in use: send the same again later.', { code: 'lines-in-use' });

interface Connection {
  readonly socket: Socket;
  busy: boolean;
}

function listening(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function serveConnection<Sender>(
  options: MllpOptions<Sender>,
  limits: MllpLimits,
  connection: Connection,
  isClosing: () => boolean,
): Promise<void> {
  const { socket } = connection;
  const decoder = mllpDecoder(limits);
  const certificateSha256 = certificateOf(socket);
  let begun: number | undefined;
  const rest = () => {
    if (!decoder.inFrame) return socket.setTimeout(limits.idleMs);
    begun ??= performance.now();
    const left = begun + limits.frameMs + decoder.size - performance.now();
    return left > 0 ? socket.setTimeout(Math.min(left, limits.frameMs)) : socket.destroy();
  };
  socket.setNoDelay(true);
  socket.on('timeout', () => {
    if (!connection.busy) socket.destroy();
  });
  rest();
  for await (const chunk of socket) {
    connection.busy = true;
    socket.setTimeout(0);
    const frames = decoder.push(chunk as Buffer);
    if (frames.length > 0 || !decoder.inFrame) begun = undefined;
    for (const frame of frames.flatMap(messagesIn)) {
      const goOn = !isClosing() && (await answerFrame(options, socket, frame, certificateSha256));
      if (!goOn) {
        socket.end();
        return;
      }
    }
    connection.busy = false;
    if (isClosing()) return;
    rest();
  }
}

/** @returns whether the line stays open. */
async function answerFrame<Sender>(
  options: MllpOptions<Sender>,
  socket: Socket,
  frame: Frame,
  certificateSha256: string | undefined,
): Promise<boolean> {
  const address = socket.remoteAddress ?? '';
  const names = options.readName(frame.bytes);
  const certificate = certificateSha256 === undefined ? {} : { certificateSha256 };
  let sender: Sender | undefined;
  try {
    sender = names && (await options.identify({ ...certificate, ...names }));
  } catch (error) {
    return later(options, socket, frame, error);
  }
  if (!sender) {
    options.refusedSender?.(address);
    const answers = options.refuse(frame.bytes, unknownSender(), undefined);
    await write(socket, answers ?? []);
    return false;
  }
  const answers = frame.tooLarge
    ? options.refuse(frame.bytes, tooLarge(), sender)
    : await options.handle(frame.bytes, sender, { address });
  if (answers === undefined) return false;
  await write(socket, answers);
  return true;
}

/** Who sends cannot be looked up now: that is answered like any other outage. */
async function later<Sender>(
  { refuse, log }: MllpOptions<Sender>,
  socket: Socket,
  { bytes }: Frame,
  error: unknown,
): Promise<boolean> {
  const problem = Problem.from(error);
  if (problem.kind === 'fault') log.warn({ err: problem }, 'a sender could not be looked up');
  const answers = refuse(bytes, problem, undefined) ?? [];
  await write(socket, answers);
  return answers.length > 0;
}

const unknownSender = () =>
  new Problem('unauthenticated', 'This sender is not known on this line.', {
    code: 'unknown-sender',
    expression: ['MSH-3'],
  });

const tooLarge = () =>
  new Problem('too-large', 'A message may be 10 MB at most.', { expression: ['MSH'] });

async function write(socket: Socket, answers: readonly Buffer[]): Promise<void> {
  for (const answer of answers) {
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.write(mllpFrame(answer), () => resolve());
    });
  }
}

function certificateOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { raw } = socket.getPeerCertificate();
  const isKnown = raw !== undefined && socket.authorized;
  return isKnown ? createHash('sha256').update(raw).digest('hex') : '';
}
