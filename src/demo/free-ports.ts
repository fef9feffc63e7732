/**
 * `0` means any free port. The demo tells its addresses to its stand-ins, its pages and its person
 * before it listens, so it looks for the ports first.
 */
import { createServer } from 'node:net';
import type { Variables } from '../platform/env.ts';

const OWN = ['PORT', 'TLS_PORT', 'MLLP_PORT', 'MLLP_TLS_PORT'] as const;
/** Beside `PORT`, where they would follow it by number. */
const BESIDE = ['DIGID_PORT', 'STAFF_PORT', 'MITZ_PORT'] as const;

/** The same variables with a real number for each port that was 0. */
export async function withFreePorts(variables: Variables, host: string): Promise<Variables> {
  const names = OWN.filter((name) => variables[name] === '0');
  const ports = await freePorts(names.length, host);
  const found = names.map((name, index) => [name, String(ports[index])] as const);
  const beside = variables['PORT'] === '0' ? BESIDE : [];
  return {
    ...Object.fromEntries(beside.map((name) => [name, '0'])),
    ...variables,
    ...Object.fromEntries(found),
  };
}

/** Held together, so that no two are the same. */
async function freePorts(count: number, host: string): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, host, () => resolve());
      });
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
