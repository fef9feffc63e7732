/**
 * A leak that is planted: a proxy in front of the gateway that keeps requests about some ids a
 * little longer. What compares times must find it, or it would find nothing at all.
 */
import { Agent, createServer, request as plain } from 'node:http';
import { Agent as SecureAgent, request as secure } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface SlowProxy {
  readonly url: string;
  close(): Promise<void>;
}

const ID = /[0-9a-f]{8}-[0-9a-f-]{27}/;

/**
 * @param url of the gateway.
 * @param ids in an address make it slow.
 * @param slowMs how much longer.
 */
export async function openSlowProxy(
  url: string,
  ids: ReadonlySet<string>,
  slowMs: number,
): Promise<SlowProxy> {
  const isSecure = url.startsWith('https:');
  const agent = isSecure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    const { method, headers } = incoming;
    const target = new URL(incoming.url ?? '/', url);
    const forwarded = (isSecure ? secure : plain)(
      target,
      { method, headers: { ...headers, host: target.host }, agent },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    const id = ID.exec(incoming.url ?? '')?.[0];
    if (id !== undefined && ids.has(id)) {
      const until = performance.now() + slowMs;
      while (performance.now() < until);
    }
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
