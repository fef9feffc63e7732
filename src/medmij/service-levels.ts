/**
 * How many answers came within the time that MedMij allows: token 10 s (99.5 %), resource 60 s
 * (98.5 %). core.tknint.206, core.rscint.202. Counted since the start of this instance.
 */
import type { FastifyInstance } from 'fastify';

const LIMITS = {
  token: { msMax: 10_000, shareMin: 0.995 },
  resource: { msMax: 60_000, shareMin: 0.985 },
} as const;

export type MeasuredInterface = keyof typeof LIMITS;

export interface ServiceLevel {
  readonly answers: number;
  readonly inTime: number;
  readonly secondsMax: number;
  /** Share that MedMij asks for. */
  readonly shareMin: number;
  /** Absent while there is nothing to count. */
  readonly share?: number;
}

export interface ServiceLevels {
  /** Counts the answers of every route of this scope. */
  measure(app: FastifyInstance, which: MeasuredInterface): void;
  /** One more request with a grant type that OAuth does not know and some app sends. */
  countRefreshCode(isTaken: boolean): void;
  read(): Readonly<Record<MeasuredInterface, ServiceLevel>> & {
    /** Requests with `grant_type=refresh_code` that were refused (medmij-protocol.md 3.5). */
    readonly refreshCodeRefused: number;
    /** The same, of apps whose dialect the operator lets in (docs/decisions/1010). */
    readonly refreshCodeTaken: number;
  };
}

/** An answer that is our own outage (5xx) does not count as given in time. */
export function createServiceLevels(): ServiceLevels {
  const counts = { token: { answers: 0, inTime: 0 }, resource: { answers: 0, inTime: 0 } };
  const refreshCode = { taken: 0, refused: 0 };
  const level = (which: MeasuredInterface): ServiceLevel => {
    const { answers, inTime } = counts[which];
    const { msMax, shareMin } = LIMITS[which];
    const told = { answers, inTime, secondsMax: msMax / 1_000, shareMin };
    return answers === 0 ? told : { ...told, share: inTime / answers };
  };
  return {
    measure(app, which) {
      app.addHook('onResponse', async (_request, reply) => {
        const isGood = reply.statusCode < 500 && reply.elapsedTime <= LIMITS[which].msMax;
        counts[which].answers += 1;
        counts[which].inTime += isGood ? 1 : 0;
      });
    },
    countRefreshCode(isTaken) {
      refreshCode[isTaken ? 'taken' : 'refused'] += 1;
    },
    read: () => ({
      token: level('token'),
      resource: level('resource'),
      refreshCodeRefused: refreshCode.refused,
      refreshCodeTaken: refreshCode.taken,
    }),
  };
}
