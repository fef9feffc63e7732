/**
 * The gateway looks by itself at what keeps its rows from being changed or hidden, when it starts
 * and once an hour: what is off, or stands in between, is a line of the ledger and of the log, so
 * that nobody has to run a check to hear of it. Told once for as long as it lasts.
 */
import { gatewayActivity, guardFindings, type Ledger } from './audit/index.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/database.ts';
import type { Log } from './platform/log.ts';

const EVERY_MS = 3_600_000;
const NAMED_MAX = 5;

interface Watched {
  readonly database: Database;
  readonly ledger: Pick<Ledger, 'record'>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'error'>;
}

export interface GuardWatch {
  /** Looks, also while the gateway answers already: a start need not wait for it. */
  look(): Promise<void>;
  /** Looks when an hour went by; a database that does not answer is asked again later. */
  lookWhenDue(): Promise<void>;
}

/** A watch over the guards of one gateway. */
export function guardWatch({ database, ledger, clock, log }: Watched): GuardWatch {
  let told = new Set<string>();
  let looked = 0;
  async function compare(): Promise<void> {
    looked = clock().getTime();
    const found = await guardFindings(database);
    const fresh = found.filter((text) => !told.has(text));
    if (fresh.length > 0) {
      log.error({ findings: fresh }, 'what guards the ledger and the tables was changed');
      const what = fresh.slice(0, NAMED_MAX).join(' ');
      await ledger.record([
        gatewayActivity('ledger-finding', { finding: 'guard', count: String(fresh.length), what }),
      ]);
    }
    told = new Set(found);
  }
  const look = () =>
    compare().catch((error: unknown) => {
      looked = 0;
      log.error({ err: error }, 'guards were not looked at');
    });
  return {
    look,
    async lookWhenDue() {
      if (Math.abs(clock().getTime() - looked) >= EVERY_MS) await look();
    },
  };
}
