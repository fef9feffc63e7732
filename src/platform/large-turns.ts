/**
 * Turns for what is large: so many documents may lie in memory at once, the next ones wait. Each
 * takes some hundred megabytes while it is read or written; thirty at once would take all.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

/** A body from here on is large. */
export const LARGE_BYTES = 4_194_304;

export interface TurnLimits {
  readonly atOnceMax: number;
  /** Whoever waited so long is asked to come back. */
  readonly waitMsMax: number;
  /** Whoever is so slow no longer holds up others. */
  readonly holdMsMax: number;
}

export const TURN_LIMITS: TurnLimits = { atOnceMax: 4, waitMsMax: 20_000, holdMsMax: 60_000 };

export interface Turns {
  /**
   * @returns ends the turn; may be called more than once.
   * @throws Problem `busy` after too long a wait.
   */
  take(): Promise<() => void>;
}

export function createTurns(limits: TurnLimits = TURN_LIMITS): Turns {
  let taken = 0;
  const waiting = new Set<() => void>();

  function begin(): () => void {
    let isOver = false;
    taken += 1;
    const end = () => {
      if (isOver) return;
      isOver = true;
      clearTimeout(held);
      taken -= 1;
      const [next] = waiting;
      next?.();
    };
    const held = setTimeout(end, limits.holdMsMax).unref();
    return end;
  }

  return {
    async take() {
      if (taken < limits.atOnceMax && waiting.size === 0) return begin();
      return new Promise<() => void>((resolve, reject) => {
        const go = () => {
          waiting.delete(go);
          clearTimeout(timer);
          resolve(begin());
        };
        const timer = setTimeout(() => {
          waiting.delete(go);
          reject(
            new Problem('busy', 'Too many large documents are under way.', {
              retryAfterSeconds: 5,
              code: 'large-documents',
            }),
          );
        }, limits.waitMsMax);
        waiting.add(go);
      });
    },
  };
}

/** Of this process, since its memory is: what comes in does not hold up what goes out. */
export const TURNS = { comingIn: createTurns(), goingOut: createTurns() } as const;

/** A turn that ends with the answer, however that ends. @returns ends it before */
export async function turnUntilAnswered(turns: Turns, reply: FastifyReply): Promise<() => void> {
  const end = await turns.take();
  if (reply.raw.destroyed) end();
  else for (const event of ['finish', 'close'] as const) reply.raw.once(event, end);
  return end;
}

/**
 * Large bodies of the routes of this part wait for a turn before they are read, and so do those
 * that do not tell how long they are.
 * @param admit lets the sender in first: a stranger takes no turn from anybody
 */
export function takeTurnsForBodies(
  app: FastifyInstance,
  admit: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (!isLarge(request)) {
      done(null, payload);
      return;
    }
    admit(request, reply)
      .then(() => turnUntilAnswered(TURNS.comingIn, reply))
      .then(
        () => done(null, payload),
        (error) => done(error),
      );
  });
}

function isLarge({ headers }: FastifyRequest): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  return Number(headers['content-length'] ?? 0) > LARGE_BYTES;
}
