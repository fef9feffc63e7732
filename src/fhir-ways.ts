/** The ways into and out of the record that the FHIR doors share. */
import type { FastifyBaseLogger } from 'fastify';
import type { Ledger } from './audit/index.ts';
import {
  asShown,
  type Consent,
  createExports,
  createPageCursors,
  createRecordViews,
  createRelease,
  createStudies,
  createVisibleMatch,
  type RaiseReviews,
  type Retractions,
  reviewedLedger,
} from './consent/index.ts';
import type { Keyring, Organisations } from './identity/index.ts';
import { createFhirWrites, type RefreshRelations, type TellNews } from './ingest/index.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/database.ts';
import type { createStore } from './store/index.ts';

interface WayParts {
  readonly database: Database;
  readonly store: ReturnType<typeof createStore>;
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly consent: Pick<Consent, 'grantFor' | 'relations' | 'register' | 'cohort' | 'admitCohort'>;
  readonly log: FastifyBaseLogger;
  readonly retractions: Retractions;
  readonly organisations: Pick<Organisations, 'byId'>;
  /** What may only be given when somebody reviews it is put before the reviewer. */
  readonly raiseReviews: RaiseReviews;
  /** Told of what came; apps that subscribed hear that something did. */
  readonly news: TellNews;
}

/** Release, whole records, exports and writes, over the same rooms. */
export function fhirWays(parts: WayParts) {
  const { database, store, ledger, keyring, clock, consent, log, retractions } = parts;
  const { grantFor, register } = consent;
  const cursors = createPageCursors(keyring);
  const reviewed = reviewedLedger(ledger, parts.raiseReviews);
  const { heard } = retractions;
  const uraOf = async (id: string) => (await parts.organisations.byId(id))?.ura;
  const shown = asShown(store, clock);
  const wayOut = {
    ...{
      database,
      store: shown,
      ledger: reviewed,
      clock,
      cursors,
      grantFor,
      register,
      heard,
      uraOf,
    },
  };
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
      research: {
        ledger,
        studies: createStudies(database, store, clock),
        admit: consent.admitCohort,
        cohort: consent.cohort,
      },
      failed: (error) => log.warn({ err: error }, 'an export did not finish'),
    }),
    writes: createFhirWrites({
      ...{ database, store, ledger, keyring, clock, visible },
      takenBack: retractions.note,
      relations: refreshed(consent),
      news: parts.news,
    }),
  };
}

/** What follows from what was written: who treats the person, and which holder wants to be told. */
export function refreshed({
  relations,
  register,
}: Pick<Consent, 'relations' | 'register'>): RefreshRelations {
  return async (tx, vault, touched) => {
    await relations.refresh(tx, vault, touched);
    await register?.subscriptions.want(tx, vault, touched);
  };
}
