/**
 * Whether a source answers, for the directory and for honest answers (capabilities A1, A6): what it
 * said of itself, when anything last came, and whether something of anybody still waits there.
 */
import { type Sql, statement } from '../platform/database.ts';

export interface SourceState {
  readonly organisation: string;
  /** Since when it is down; null: it is not. */
  readonly downSince: Date | null;
  readonly downUntil: Date | null;
  /** When anything last came from it; null: never. */
  readonly lastHeard: Date | null;
  /** Something of somebody waits there: worth a look for this person. */
  readonly hasWaiting: boolean;
}

export interface SourceStates {
  /** As of at most a second ago. */
  of(organisation: string): Promise<SourceState | undefined>;
  /** Down from now on, until it says otherwise or this moment passes; undefined: up again. */
  setDown(organisation: string, down: { readonly until?: Date } | undefined): Promise<void>;
  /** Something came. Written once a minute. */
  heard(organisation: string): Promise<void>;
}

const ALL = statement(
  'ingest_source_states',
  `select s.organisation, s.down_since as "downSince", s.down_until as "downUntil",
          s.last_heard as "lastHeard",
          exists (select from waiting_item w where w.custodian = s.organisation) as "hasWaiting"
     from source_state s`,
);
const SET_DOWN = statement(
  'ingest_set_source_down',
  `insert into source_state (organisation, down_since, down_until, down_by)
   values ($1, $2, $3, 'source')
   on conflict (organisation)
   do update set down_since = coalesce(source_state.down_since, $2), down_until = $3,
                 down_by = 'source'`,
);
const SET_UP = statement(
  'ingest_set_source_up',
  `update source_state
      set down_since = null, down_until = null, down_by = null, probe_failures = 0
    where organisation = $1`,
);
const HEARD = statement(
  'ingest_source_heard',
  `insert into source_state (organisation, last_heard) values ($1, $2)
   on conflict (organisation) do update set last_heard = $2`,
);

const STALE_MS_MAX = 1_000;
const HEARD_MS_MIN = 60_000;

/** Held in memory for a second: the table has a row for each source. */
export function createSourceStates(database: Sql, clock: () => Date): SourceStates {
  let held: Promise<ReadonlyMap<string, SourceState>> | undefined;
  let heldSince = 0;
  const lastWritten = new Map<string, number>();

  async function read(): Promise<ReadonlyMap<string, SourceState>> {
    const { rows } = await database.query<SourceState>(ALL);
    return new Map(rows.map((row) => [row.organisation, row]));
  }
  function states(): Promise<ReadonlyMap<string, SourceState>> {
    const now = Date.now();
    if (held === undefined || now - heldSince > STALE_MS_MAX) {
      heldSince = now;
      held = read();
      held.catch(() => {
        held = undefined;
      });
    }
    return held;
  }
  return {
    async of(organisation) {
      const state = (await states()).get(organisation);
      const isOver = state?.downUntil != null && state.downUntil <= clock();
      return state && isOver ? { ...state, downSince: null, downUntil: null } : state;
    },
    async setDown(organisation, down) {
      if (down) {
        const values = [organisation, clock(), down.until ?? null];
        await database.query({ ...SET_DOWN, values });
      } else await database.query({ ...SET_UP, values: [organisation] });
      held = undefined;
    },
    async heard(organisation) {
      const now = clock();
      if (now.getTime() - (lastWritten.get(organisation) ?? 0) < HEARD_MS_MIN) return;
      lastWritten.set(organisation, now.getTime());
      await database.query({ ...HEARD, values: [organisation, now] });
    },
  };
}
