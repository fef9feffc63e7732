/** HL7 v2 over MLLP: one message a call, and the acknowledgement that comes back. */
import { readFileSync } from 'node:fs';
import { connect as plainConnect, type Socket } from 'node:net';
import { connect as secureConnect } from 'node:tls';
import type { Text } from '../../platform/html/language.ts';
import { shortened, type Trail, withoutPersons } from './trail.ts';

export interface MllpTarget {
  readonly host: string;
  readonly port: number;
  /** Files of the client's certificate and key, and of the authority of the server. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
}

export interface Acknowledgement {
  /** MSA-1: AA, AE, AR; `closed` when the line was closed without an answer. */
  readonly code: string;
  readonly text: string;
}

const START = 0x0b;
const END = 0x1c;
const CR = 0x0d;
const ANSWER_MS_MAX = 20_000;

/** @throws Error when nothing listens, or no answer comes in time. */
export async function sendMllp(
  target: MllpTarget,
  message: string | Buffer,
  trail?: { readonly trail: Trail; readonly title: Text },
): Promise<Acknowledgement> {
  const started = performance.now();
  const bytes = Buffer.from(message);
  const text = (await exchanged(target, bytes)).toString('utf8');
  const code = /[\r\n]MSA\|([A-Z]{2})/.exec(text)?.[1] ?? 'closed';
  trail?.trail.note({
    title: trail.title,
    call: `MLLP${target.tls ? ' (TLS)' : ''} :${target.port} ${bytes.toString('utf8').split('|')[8] ?? ''}`,
    status: code,
    answer: shortened(withoutPersons(text.replaceAll('\r', '\n').trim())),
    ms: Math.round(performance.now() - started),
  });
  return { code, text };
}

function exchanged(target: MllpTarget, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = opened(target, () =>
      socket.write(Buffer.concat([Buffer.of(START), bytes, Buffer.of(END, CR)])),
    );
    socket.setTimeout(ANSWER_MS_MAX, () =>
      socket.destroy(new Error(`No answer within ${ANSWER_MS_MAX} ms.`)),
    );
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (chunk.includes(END)) socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const all = Buffer.concat(chunks);
      const from = all.indexOf(START) + 1;
      const until = all.indexOf(END);
      resolve(all.subarray(from, until < 0 ? all.length : until));
    });
  });
}

function opened({ host, port, tls }: MllpTarget, ready: () => void): Socket {
  if (!tls) return plainConnect({ host, port }, ready);
  const options = {
    cert: readFileSync(tls.certFile),
    key: readFileSync(tls.keyFile),
    ca: readFileSync(tls.caFile),
  };
  return secureConnect({ host, port, ...options }, ready);
}
