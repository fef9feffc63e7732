/**
 * The line to the national consent register. Whatever is no answer is silence, and silence closes
 * (consent.md 4.4): a breaker keeps a register that is down from being asked by everybody, and
 * everybody is told the same while it is.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../platform/clock.ts';
import { type HttpAnswer, type HttpCall, httpCall } from '../../platform/http-client.ts';
import { Problem } from '../../platform/problem.ts';
import {
  type ClosedQuestion,
  type RegisterDecision,
  readClosedAnswer,
  writeClosedQuestion,
} from './closed-question.ts';

export interface MitzSettings {
  /** Base address; the paths of the register come after it. */
  readonly url: string;
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string };
  readonly answerMsMax: number;
}

const MITZ_LIMITS = {
  answerBytesMax: 1_000_000,
  /** The breaker opens after so many failures in the window, and tries again after the pause. */
  failuresMax: 5,
  failureWindowMs: 30_000,
  pauseMs: 15_000,
  latenciesKeptMax: 64,
  /** A request waits for so many times the slowest of the last answers, within these bounds. */
  patienceFactor: 2,
  patienceMsMin: 50,
  /** Before the register answered at all. */
  patienceMsFirst: 250,
  /** Silence that nobody hears end is over after this. */
  silentMsMax: 300_000,
} as const satisfies Record<string, number>;

type Sent = Pick<HttpCall, 'method' | 'headers' | 'body'>;

export interface MitzLine {
  /** @throws Problem `busy` for anything that is no answer, or none within `patienceMs`. */
  ask(question: ClosedQuestion): Promise<ReadonlyMap<string, RegisterDecision>>;
  /** Sends to another path of the register. @throws Problem `busy`. */
  send(path: string, call: Sent): Promise<{ status: number; location: string | undefined }>;
  /** The register did not answer when it was last asked. */
  isSilent(): boolean;
  /** The longest that one request waits for it now, whoever is asked about. */
  patienceMs(): number;
}

/** @param wrong told of an answer that says that our question was wrong. */
export function createMitzLine(
  settings: MitzSettings,
  clock: Clock,
  wrong: (status: number) => void,
): MitzLine {
  const base = settings.url.replace(/\/$/, '');
  const breaker = createBreaker(clock);
  const latencies: number[] = [];

  function call(path: string, how: Sent): Promise<HttpAnswer> {
    const { tls, answerMsMax: msMax } = settings;
    const bytesMax = MITZ_LIMITS.answerBytesMax;
    return httpCall(`${base}${path}`, { ...how, msMax, bytesMax, ...(tls ? { tls } : {}) });
  }
  async function closedQuestion(question: ClosedQuestion) {
    const { status, body } = await call(CLOSED_QUESTION, {
      method: 'POST',
      headers: { 'content-type': 'application/soap+xml; charset=utf-8' },
      body: writeClosedQuestion(question, {
        messageId: randomUUID(),
        to: `${base}${CLOSED_QUESTION}`,
      }),
    });
    // What the register calls wrong is ours to mend; it is no answer about the person.
    if (status === 400 || status === 404 || status === 422) wrong(status);
    if (status !== 200) throw new Problem('busy', 'The register gave no answer.');
    return readClosedAnswer(body.toString('utf8'), question.categories);
  }

  function patienceMs(): number {
    const { patienceFactor, patienceMsFirst, patienceMsMin } = MITZ_LIMITS;
    if (latencies.length === 0) return Math.min(patienceMsFirst, settings.answerMsMax);
    const wanted = Math.max(...latencies) * patienceFactor;
    return Math.min(Math.max(wanted, patienceMsMin), settings.answerMsMax);
  }

  return {
    async ask(question) {
      if (!breaker.mayTry()) throw new Problem('busy', 'The register is not asked for a moment.');
      const startedAt = performance.now();
      const answer = closedQuestion(question);
      // Heard to its end even when nobody waits for it any more: it tells how the register does.
      answer.then(
        () => {
          breaker.answered();
          latencies.push(performance.now() - startedAt);
          if (latencies.length > MITZ_LIMITS.latenciesKeptMax) latencies.shift();
        },
        () => breaker.failed(startedAt),
      );
      return within(patienceMs(), answer, breaker.late);
    },
    async send(path, how) {
      const { status, headers } = await call(path, how);
      return { status, location: [headers['location']].flat()[0] };
    },
    isSilent: breaker.isSilent,
    patienceMs,
  };
}

/** @throws Problem `busy` when the answer takes longer; `late` is told. */
async function within<T>(ms: number, answer: Promise<T>, late: () => void): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      late();
      reject(new Problem('busy', 'The register did not answer in time.'));
    }, ms);
  });
  try {
    return await Promise.race([answer, over]);
  } finally {
    clearTimeout(timer);
  }
}

const CLOSED_QUESTION = '/geslotenautorisatievraag/xacml3';

/** Open after some failures in a row of time; then one request tries again after the pause. */
function createBreaker(clock: Clock) {
  const failures: number[] = [];
  let silentSince: number | undefined;
  let pausedUntil = 0;
  let answeredAt = 0;
  return {
    mayTry(): boolean {
      const now = clock().getTime();
      if (now < pausedUntil) return false;
      // One tries again after the pause; the others wait for what becomes of it.
      if (pausedUntil > 0) pausedUntil = now + MITZ_LIMITS.pauseMs;
      return true;
    },
    /** @param startedAt of what failed: an answer since then has ended the silence. */
    failed(startedAt: number): void {
      const now = clock().getTime();
      if (startedAt >= answeredAt) silentSince = now;
      failures.push(now);
      while ((failures[0] ?? now) < now - MITZ_LIMITS.failureWindowMs) failures.shift();
      if (failures.length >= MITZ_LIMITS.failuresMax) pausedUntil = now + MITZ_LIMITS.pauseMs;
    },
    /** No answer yet: silence until there is one. */
    late(): void {
      silentSince = clock().getTime();
    },
    answered(): void {
      answeredAt = performance.now();
      silentSince = undefined;
      failures.length = 0;
      pausedUntil = 0;
    },
    isSilent(): boolean {
      if (silentSince === undefined) return false;
      const now = clock().getTime();
      return now < pausedUntil || now - silentSince < MITZ_LIMITS.silentMsMax;
    },
  };
}
