/**
 * Calls to other parties: with a time limit, a size limit, our own certificate where one is asked,
 * and no redirects, since a redirect would lead to an address that nobody checked.
 */
import { request as secureRequest } from 'node:https';
import { Problem } from './problem.ts';

// Imported the usual way, `node:http` loads its WebSocket and fetch as well: 5 MB and 40 ms.
const { request: plainRequest } = process.getBuiltinModule('node:http');

export interface HttpCall {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly msMax: number;
  readonly bytesMax: number;
  /** PEM: our certificate and key, and the authorities that the other side must chain to. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string };
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/**
 * Sends one request over a connection of its own.
 * @throws Problem `busy` when the other side is away, too slow or sends too much.
 */
export function httpCall(address: string, call: HttpCall): Promise<HttpAnswer> {
  const url = new URL(address);
  const send = url.protocol === 'https:' ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) =>
      reject(new Problem('busy', 'The other party did not answer.', { cause }));
    const request = send(
      url,
      {
        method: call.method ?? 'GET',
        agent: false,
        headers: {
          ...call.headers,
          ...(call.body === undefined ? {} : { 'content-length': Buffer.byteLength(call.body) }),
        },
        signal: AbortSignal.timeout(call.msMax),
        minVersion: 'TLSv1.2',
        ...call.tls,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > call.bytesMax) request.destroy(new Error('answer too large'));
          else chunks.push(chunk);
        });
        answer.on('error', failed);
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    request.on('error', failed);
    request.end(call.body);
  });
}
