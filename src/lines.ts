/** The lines into the house: HTTP, HTTPS with client certificates, MLLP with and without TLS. */
import { readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import type { Rooms } from './app.ts';
import { senderOnLine, startMllp } from './ingest/index.ts';
import { newRequestId } from './platform/log.ts';

export interface Lines {
  listen(): Promise<void>;
  close(): Promise<void>;
}

const IDLE_LOOK_MS = 50;

/**
 * Request line and headers together. Far more than anybody needs: what is too long is then told by
 * the door that it came to, in its own words, and not by the parser.
 */
export const HEADER_BYTES_MAX = 65_536;

/** Opens all lines of the configuration, and closes them with their last answers. */
export function startLines(app: FastifyInstance, rooms: Rooms): Lines {
  const { config } = rooms;
  const closers: (() => Promise<void>)[] = [];
  const servers: Server[] = [];
  const renewable: Renewal[] = [];
  let watching: NodeJS.Timeout | undefined;
  return {
    async listen() {
      await named('PORT', app.listen({ host: plainHost(config), port: config.port }));
      const tls = tlsOptions(config.tls);
      if (tls && config.tls.port !== undefined) {
        const asked = { requestCert: true, rejectUnauthorized: false };
        const server = createServer({ ...tls, ...asked, maxHeaderSize: HEADER_BYTES_MAX });
        server.on('request', (request, response) => app.routing(request, response));
        await named('TLS_PORT', listening(server, config.tls.port, config.host));
        servers.push(server);
        renewable.push((fresh) => server.setSecureContext(fresh));
        closers.push(() => closed(server));
      }
      for (const [name, port, secure] of [
        ['MLLP_PORT', config.mllp.port, undefined],
        ['MLLP_TLS_PORT', tls ? config.mllp.tlsPort : undefined, tls],
      ] as const) {
        if (port === undefined) continue;
        const opening = startMllp({
          host: config.host,
          port,
          ...(secure ? { tls: secure } : {}),
          identify: (names) => senderOnLine(rooms.senders, names),
          receive: rooms.intake.receive,
          refusedSender: (address) =>
            void rooms.intake
              .stranger(address, newRequestId())
              .catch((error: unknown) =>
                rooms.log.warn({ err: error }, 'a refusal was not logged'),
              ),
          log: rooms.log,
        });
        const line = await named(name, opening);
        if (secure) renewable.push((fresh) => line.renew(fresh));
        closers.push(() => line.close());
      }
      if (renewable.length > 0) watching = renewed(renewable, rooms);
    },
    async close() {
      clearInterval(watching);
      const waited = new Promise((resolve) => setTimeout(resolve, config.limits.stopMsMax).unref());
      // A client keeps its line after its last answer; nothing more is coming over it.
      const idle = setInterval(() => closeIdle([app.server, ...servers]), IDLE_LOOK_MS);
      await Promise.race([Promise.all([...closers.map((close) => close()), app.close()]), waited]);
      clearInterval(idle);
    },
  };
}

/** @throws Error that says which setting is about the port that another program has */
async function named<Line>(setting: string, opening: Promise<Line>): Promise<Line> {
  try {
    return await opening;
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    if (code !== 'EADDRINUSE') throw error;
    const said = `Port ${port} is taken by another program: stop that, or set ${setting}.`;
    throw new Error(said, { cause: error });
  }
}

/**
 * Without a proxy that ends TLS, the plain line is for the machine itself only: health, metrics.
 */
function plainHost({ production, tls, host }: Rooms['config']): string {
  return production && !tls.trustProxy ? '127.0.0.1' : host;
}

function closeIdle(servers: readonly { closeIdleConnections?(): void }[]): void {
  for (const server of servers) server.closeIdleConnections?.();
}

const TLS_FILES_LOOK_MS = 5_000;

type Renewal = (fresh: SecureContextOptions) => void;

/** Level "Goed" of the NCSC guideline, with TLS 1.2 beside 1.3 (core.tls.301 and .302). */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  ...['ECDSA', 'RSA'].flatMap((signature) =>
    ['AES256-GCM-SHA384', 'CHACHA20-POLY1305', 'AES128-GCM-SHA256'].map(
      (cipher) => `ECDHE-${signature}-${cipher}`,
    ),
  ),
].join(':');

/** Certificates and revocation lists that change are taken over without a stop. */
function renewed(lines: readonly Renewal[], { config, log }: Rooms): NodeJS.Timeout {
  const { certFile, keyFile, clientCaFile, clientCrlFile } = config.tls;
  const files = [certFile, keyFile, clientCaFile, clientCrlFile].filter((f) => f !== undefined);
  const stamp = () => files.map((file) => statSync(file).mtimeMs).join();
  let known = stamp();
  const timer = setInterval(() => {
    try {
      const now = stamp();
      const options = now === known ? undefined : tlsOptions(config.tls);
      if (options) for (const renew of lines) renew(options);
      known = now;
    } catch (error) {
      log.error({ err: error }, 'changed TLS files could not be used; the old ones stay');
    }
  }, TLS_FILES_LOOK_MS);
  return timer.unref();
}

function tlsOptions({ certFile, keyFile, clientCaFile, clientCrlFile }: Rooms['config']['tls']) {
  if (certFile === undefined || keyFile === undefined) return undefined;
  return {
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    ...(clientCaFile === undefined ? {} : { ca: readFileSync(clientCaFile) }),
    ...(clientCrlFile === undefined ? {} : { crl: readFileSync(clientCrlFile) }),
    ciphers: CIPHERS,
    honorCipherOrder: true,
    minVersion: 'TLSv1.2' as const,
  };
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
