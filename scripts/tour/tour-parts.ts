/**
 * What every chapter of the tour gets: the demo, the clients that play in it, and who lives there.
 */
import type { JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PgoClient } from '../../src/demo/client/pgo-client.ts';
import type { SystemClient } from '../../src/demo/client/system-token.ts';
import { createTrail, type Trail } from '../../src/demo/client/trail.ts';
import { DEMO_PGO } from '../../src/demo/demo-registry.ts';
import type { PersonRecord } from '../../src/demo/region/record.ts';
import { regionOf } from '../../src/demo/region/region.ts';
import type { DemoProcess } from './demo-process.ts';
import type { Telling } from './telling.ts';

export interface Tour {
  readonly demo: DemoProcess;
  readonly tell: Telling;
  readonly trail: Trail;
  readonly pgo: PgoClient;
  /** A sender or partner, with its own key. */
  system(id: string): SystemClient;
  tlsFiles(name: string): { certFile: string; keyFile: string; caFile: string };
  /** The story of a persona. */
  person(key: string): PersonRecord;
  readonly everybody: readonly PersonRecord[];
}

export type Chapter = (tour: Tour) => Promise<void>;

/** The demo must have been started once: its folder holds the keys of its clients. */
export function openTour(demo: DemoProcess, tell: Telling): Tour {
  const trail = createTrail();
  const everybody = [...regionOf({ seed: 'zorgsluis', people: 40 }).people()].map(
    ({ record }) => record,
  );
  const tlsFiles = (name: string) => ({
    certFile: join(demo.dataDir, 'tls', `${name}.crt`),
    keyFile: join(demo.dataDir, 'tls', `${name}.key`),
    caFile: join(demo.dataDir, 'tls', 'ca.crt'),
  });
  const read = (path: string) => readFileSync(path, 'utf8');
  const { certFile, keyFile, caFile } = tlsFiles('pgo');
  return {
    demo,
    tell,
    trail,
    tlsFiles,
    everybody,
    pgo: {
      url: demo.url,
      clientId: DEMO_PGO,
      redirectUri: `https://${DEMO_PGO}/callback`,
      trail,
      secure: {
        url: demo.tlsUrl,
        tls: { cert: read(certFile), key: read(keyFile), ca: read(caFile) },
      },
    },
    system: (id) => ({
      url: demo.url,
      clientId: id,
      trail,
      key: JSON.parse(read(join(demo.dataDir, 'client-keys', `${id}.json`))) as JsonWebKey,
    }),
    person(key) {
      const found = everybody.find(({ person }) => person.key === key);
      if (!found) throw new Error(`nobody ${key} lives in the demo`);
      return found;
    },
  };
}
