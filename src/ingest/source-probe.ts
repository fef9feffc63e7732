/**
 * Asks the system of each provider now and then whether it answers, where it has an address, so
 * that a source that is down is known without its saying so, and known to be back (capabilities
 * A6). What a source said of itself stays: it knows better. Claimed by one instance at a time.
 */
import type { Clients } from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Database, statement } from '../platform/database.ts';
import { type HttpCall, httpCall } from '../platform/http-client.ts';

const CLAIM = statement(
  'ingest_claim_source_probe',
  `insert into source_state (organisation, probed) values ($1, $2)
   on conflict (organisation) do update set probed = $2
    where source_state.probed is null
       or source_state.probed <= $2::timestamptz - make_interval(secs => $3)`,
);
const ANSWERED = statement(
  'ingest_source_answered',
  `update source_state
      set probe_failures = 0,
          down_since = case when down_by = 'probe' then null else down_since end,
          down_by = case when down_by = 'probe' then null else down_by end
    where organisation = $1 and (probe_failures > 0 or down_by = 'probe')`,
);
const SILENT = statement(
  'ingest_source_silent',
  `update source_state
      set probe_failures = probe_failures + 1,
          down_by = case when down_since is null and probe_failures + 1 >= $3 then 'probe'
                         else down_by end,
          down_since = case when down_since is null and probe_failures + 1 >= $3 then $2
                            else down_since end
    where organisation = $1`,
);

const PROBE_LIMITS = {
  secondsBetween: 60,
  /** One answer that got lost is no outage. */
  silentTimes: 2,
  answerMsMax: 5_000,
  answerBytesMax: 65_536,
  atOnce: 10,
} as const;

export interface SourceProbe {
  /** Asks those that were not asked for a minute. @returns how many were asked. */
  look(): Promise<number>;
}

export interface ProbeParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly clients: Pick<Clients, 'all'>;
  readonly tls?: HttpCall['tls'];
}

interface Address {
  readonly organisation: string;
  readonly url: string;
}

export function createSourceProbe(parts: ProbeParts): SourceProbe {
  return {
    async look() {
      const due = await addresses(parts);
      let asked = 0;
      for (let from = 0; from < due.length; from += PROBE_LIMITS.atOnce) {
        const some = due.slice(from, from + PROBE_LIMITS.atOnce);
        const done = await Promise.all(some.map((one) => lookAt(parts, one)));
        asked += done.filter(Boolean).length;
      }
      return asked;
    },
  };
}

/** One for each provider: where its system wants to hear of what people send. */
async function addresses({ clients }: ProbeParts): Promise<readonly Address[]> {
  const found = new Map<string, Address>();
  for (const { organisationId: organisation, status, notificationBase: url } of await clients.all(
    'sender',
  )) {
    if (status !== 'active' || url === undefined || organisation === undefined) continue;
    if (!found.has(organisation)) found.set(organisation, { organisation, url });
  }
  return [...found.values()];
}

async function lookAt(parts: ProbeParts, { organisation, url }: Address): Promise<boolean> {
  const { database, clock } = parts;
  const now = clock();
  const claim = { ...CLAIM, values: [organisation, now, PROBE_LIMITS.secondsBetween] };
  if ((await database.query(claim)).rowCount !== 1) return false;
  const isThere = await answers(parts, url);
  await database.query(
    isThere
      ? { ...ANSWERED, values: [organisation] }
      : { ...SILENT, values: [organisation, now, PROBE_LIMITS.silentTimes] },
  );
  return true;
}

/** Any answer but a fault of its own: what it thinks of the question does not matter. */
function answers({ tls }: ProbeParts, url: string): Promise<boolean> {
  return httpCall(url, {
    msMax: PROBE_LIMITS.answerMsMax,
    bytesMax: PROBE_LIMITS.answerBytesMax,
    ...(tls ? { tls } : {}),
  }).then(
    ({ status }) => status < 500,
    () => false,
  );
}
