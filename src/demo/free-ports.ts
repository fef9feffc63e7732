/**
 * `0` means any free port, and so does a port that nobody asked for while another program has it:
 * the demo starts in one command on any machine. It tells its addresses to its stand-ins, its pages
 * and its person before it listens, so it looks for the ports first.
 */
import { createServer, type Server } from 'node:net';
import { readConfig } from '../config.ts';
import type { Variables } from '../platform/env.ts';

const OWN = ['PORT', 'TLS_PORT', 'MLLP_PORT', 'MLLP_TLS_PORT'] as const;
/** Beside `PORT`, which they follow by number. */
const BESIDE = ['DIGID_PORT', 'STAFF_PORT', 'MITZ_PORT'] as const;

/**
 * The same variables with a real number for each port that was 0 or taken. Whatever else was asked
 * for stays, and what is wrong with it is told by who listens.
 * @param say is told of each port that is another one than usual
 */
export async function withFreePorts(
  variables: Variables,
  host: string,
  say: (text: string) => void,
): Promise<Variables> {
  const usual = usualPorts(variables);
  const isAny = variables['PORT'] === '0';
  const stays = async (name: string, port: number | undefined, at: string) => {
    if (variables[name] !== undefined) return variables[name] !== '0';
    return !isAny && (port === undefined || (await isFree(port, at)));
  };
  const moved: string[] = [];
  for (const name of OWN) if (!(await stays(name, usual[name], host))) moved.push(name);
  const ports = await freePorts(moved.length, host);
  const found = moved.map((name, index) => [name, String(ports[index])] as const);
  for (const [name, port] of found) {
    if (variables[name] === undefined && !isAny)
      say(
        `Port ${usual[name as 'PORT']} is taken by another program: ${name} is ${port} this time.`,
      );
  }
  const beside: string[] = [];
  const asked = new Set([...OWN.map((name) => Number(variables[name] ?? usual[name])), ...ports]);
  for (const [index, name] of BESIDE.entries()) {
    const follows = !moved.includes('PORT');
    const next = (usual.PORT ?? 0) + 1 + index;
    // Nobody listens there yet where it was asked for something else of ours.
    const itStays = !asked.has(next) && (await stays(name, next, '127.0.0.1'));
    if (variables[name] === undefined && !(follows && itStays)) beside.push(name);
  }
  return {
    ...Object.fromEntries(beside.map((name) => [name, '0'])),
    ...variables,
    ...Object.fromEntries(found),
  };
}

/** Of these variables, before anybody looked whether they are free. */
function usualPorts(variables: Variables): Record<(typeof OWN)[number], number | undefined> {
  const { port, tls, mllp } = readConfig(variables, { demo: true });
  return { PORT: port, TLS_PORT: tls.port, MLLP_PORT: mllp.port, MLLP_TLS_PORT: mllp.tlsPort };
}

async function isFree(port: number, host: string): Promise<boolean> {
  try {
    await closed(await listening(port, host));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EADDRINUSE';
  }
}

/** Held together, so that no two are the same. */
async function freePorts(count: number, host: string): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listening(0, host)));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  await Promise.all(servers.map(closed));
  return ports;
}

function listening(port: number, host: string): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
