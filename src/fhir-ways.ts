/** The ways into and out of the record that the FHIR doors share. */
import type { FastifyBaseLogger } from 'fastify';
import type { Ledger } from './audit/index.ts';
import {
  type Consent,
  createExports,
  createPageCursors,
  createRecordViews,
  createRelease,
  createVisibleMatch,
  type Retractions,
} from './consent/index.ts';
import type { Keyring } from './identity/index.ts';
import { createFhirWrites } from './ingest/index.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/database.ts';
import type { createStore } from './store/index.ts';

interface WayParts {
  readonly database: Database;
  readonly store: ReturnType<typeof createStore>;
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly grantFor: Consent['grantFor'];
  readonly log: FastifyBaseLogger;
  readonly retractions: Retractions;
}

/** Release, whole records, exports and writes, over the same rooms. */
export function fhirWays(parts: WayParts) {
  const { database, store, ledger, keyring, clock, grantFor, log, retractions } = parts;
  const cursors = createPageCursors(keyring);
  const wayOut = { database, store, ledger, clock, cursors, grantFor, heard: retractions.heard };
  const views = createRecordViews(wayOut);
  const visible = createVisibleMatch({ store, clock });
  return {
    release: createRelease(wayOut),
    views,
    exports: createExports({
      database,
      store,
      views,
      clock,
      failed: (error) => log.warn({ err: error }, 'an export did not finish'),
    }),
    writes: createFhirWrites({
      ...{ database, store, ledger, keyring, clock, visible },
      takenBack: retractions.note,
    }),
  };
}
