/** The other parties of a run, on real HTTPS: list server, logging API and the app's server. */
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { IssuedCertificate } from '../../../src/demo/authority.ts';

export interface Received {
  readonly path: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
  readonly hasCertificate: boolean;
}

export interface Peer {
  readonly port: number;
  readonly received: Received[];
  /** Files by path, for GET. */
  readonly files: Map<string, string>;
  /** Status for what is posted. */
  status: number;
  /** How many calls came in, of any kind. */
  calls: number;
  close(): Promise<void>;
}

/** A server that keeps what it gets. */
export async function openPeer(own: IssuedCertificate, ca: string): Promise<Peer> {
  const received: Received[] = [];
  const files = new Map<string, string>();
  const server = createServer({ ...own, ca, requestCert: true, rejectUnauthorized: false });
  const peer: Peer = {
    port: 0,
    received,
    files,
    status: 200,
    calls: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  server.on('request', async (request, response) => {
    peer.calls += 1;
    const path = request.url ?? '';
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const file = files.get(path.split('?')[0] ?? '');
    if (request.method === 'GET') {
      response.statusCode = file === undefined ? 404 : peer.status;
      return void response.end(file ?? '');
    }
    const body = Buffer.concat(chunks).toString('utf8');
    const hasCertificate = 'authorized' in request.socket && request.socket.authorized === true;
    if (peer.status < 300) received.push({ path, body, headers: request.headers, hasCertificate });
    response.statusCode = peer.status;
    response.setHeader('content-type', 'application/json');
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return Object.assign(peer, { port: (server.address() as AddressInfo).port });
}
