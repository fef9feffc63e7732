/**
 * Turns for what is large: so many documents may lie in memory at once, the next ones wait. Each
 * takes some hundred megabytes while it is read or written; thirty at once would take all.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';
import { codingOf } from './unpack-body.ts';

/** A body from here on is large. */
export const LARGE_BYTES = 4_194_304;

/** Gzip packs a thousand bytes into one at most. */
const LARGE_PACKED_BYTES = 16_384;

export interface TurnLimits {
  readonly atOnceMax: number;
  /** Of these for one client: there is always one for somebody else. */
  readonly ofOneMax: number;
  /** Whoever waited so long is asked to come back. */
  readonly waitMsMax: number;
  /** Whoever is so slow no longer holds up others. */
  readonly holdMsMax: number;
}

export const TURN_LIMITS: TurnLimits = {
  atOnceMax: 4,
  ofOneMax: 3,
  waitMsMax: 20_000,
  holdMsMax: 60_000,
};

export interface Turns {
  /**
   * @param client whoever asks, as its own name
   * @returns ends the turn; may be called more than once.
   * @throws Problem `busy` after too long a wait.
   */
  take(client: string): Promise<() => void>;
}

interface Waiting {
  readonly client: string;
  go(): void;
}

export function createTurns(limits: TurnLimits = TURN_LIMITS): Turns {
  const taken: string[] = [];
  const waiting = new Set<Waiting>();

  const isFree = (client: string): boolean =>
    taken.length < limits.atOnceMax &&
    taken.filter((one) => one === client).length < limits.ofOneMax;

  function begin(client: string): () => void {
    let isOver = false;
    taken.push(client);
    const end = () => {
      if (isOver) return;
      isOver = true;
      clearTimeout(held);
      taken.splice(taken.indexOf(client), 1);
      for (const one of waiting) if (isFree(one.client)) return one.go();
    };
    const held = setTimeout(end, limits.holdMsMax).unref();
    return end;
  }

  return {
    async take(client) {
      if (isFree(client)) return begin(client);
      return new Promise<() => void>((resolve, reject) => {
        const one: Waiting = {
          client,
          go() {
            waiting.delete(one);
            clearTimeout(timer);
            resolve(begin(client));
          },
        };
        const timer = setTimeout(() => {
          waiting.delete(one);
          reject(tooMany());
        }, limits.waitMsMax);
        waiting.add(one);
      });
    },
  };
}

const tooMany = (): Problem =>
  new Problem('busy', 'Too many large documents are under way.', {
    retryAfterSeconds: 5,
    code: 'large-documents',
  });

/** Of this process, since its memory is: what comes in does not hold up what goes out. */
export const TURNS = { comingIn: createTurns(), goingOut: createTurns() } as const;

/** A turn that ends with the answer, however that ends. @returns ends it before */
export async function turnUntilAnswered(
  turns: Turns,
  client: string,
  reply: FastifyReply,
): Promise<() => void> {
  const end = await turns.take(client);
  if (reply.raw.destroyed) end();
  else for (const event of ['finish', 'close'] as const) reply.raw.once(event, end);
  return end;
}

/**
 * Large bodies of the routes of this part wait for a turn before they are read, and so do those
 * that do not tell how long they are.
 * @param admit lets the client in first, and names it: a stranger takes no turn from anybody
 */
export function takeTurnsForBodies(
  app: FastifyInstance,
  admit: (request: FastifyRequest, reply: FastifyReply) => Promise<string>,
): void {
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (!isLarge(request)) {
      done(null, payload);
      return;
    }
    admit(request, reply)
      .then((client) => turnUntilAnswered(TURNS.comingIn, client, reply))
      .then(
        () => done(null, payload),
        (error) => done(error),
      );
  });
}

function isLarge({ headers }: FastifyRequest): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  const bytesMax = codingOf(headers) === undefined ? LARGE_BYTES : LARGE_PACKED_BYTES;
  return Number(headers['content-length'] ?? 0) > bytesMax;
}
