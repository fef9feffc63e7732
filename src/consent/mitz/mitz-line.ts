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

export const MITZ_LIMITS = {
  answerBytesMax: 1_000_000,
  /** The breaker opens after so many failures in the window, and tries again after the pause. */
  failuresMax: 5,
  failureWindowMs: 30_000,
  pauseMs: 15_000,
  latenciesKeptMax: 64,
} as const satisfies Record<string, number>;

type Sent = Pick<HttpCall, 'method' | 'headers' | 'body'>;

export interface MitzLine {
  /** @throws Problem `busy` for anything that is no answer. */
  ask(question: ClosedQuestion): Promise<ReadonlyMap<string, RegisterDecision>>;
  /** Sends to another path of the register. @throws Problem `busy`. */
  send(path: string, call: Sent): Promise<{ status: number; location: string | undefined }>;
  /** The register did not answer when it was last asked, a moment ago. */
  isSilent(): boolean;
  /** How long the slowest of the last answers took, in milliseconds. */
  usualMs(): number;
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

  return {
    async ask(question) {
      if (!breaker.mayTry()) throw new Problem('busy', 'The register is not asked for a moment.');
      const startedAt = performance.now();
      try {
        const answer = await closedQuestion(question);
        breaker.answered();
        latencies.push(performance.now() - startedAt);
        if (latencies.length > MITZ_LIMITS.latenciesKeptMax) latencies.shift();
        return answer;
      } catch (error) {
        breaker.failed();
        throw error;
      }
    },
    async send(path, how) {
      const { status, headers } = await call(path, how);
      return { status, location: [headers['location']].flat()[0] };
    },
    isSilent: breaker.isSilent,
    usualMs: () => Math.max(0, ...latencies),
  };
}

const CLOSED_QUESTION = '/geslotenautorisatievraag/xacml3';

/** Open after some failures in a row of time; then one request tries again after the pause. */
function createBreaker(clock: Clock) {
  const failures: number[] = [];
  let silentSince: number | undefined;
  let pausedUntil = 0;
  return {
    mayTry(): boolean {
      const now = clock().getTime();
      if (now < pausedUntil) return false;
      // One tries again after the pause; the others wait for what becomes of it.
      if (pausedUntil > 0) pausedUntil = now + MITZ_LIMITS.pauseMs;
      return true;
    },
    failed(): void {
      const now = clock().getTime();
      silentSince = now;
      failures.push(now);
      while ((failures[0] ?? now) < now - MITZ_LIMITS.failureWindowMs) failures.shift();
      if (failures.length >= MITZ_LIMITS.failuresMax) pausedUntil = now + MITZ_LIMITS.pauseMs;
    },
    answered(): void {
      silentSince = undefined;
      failures.length = 0;
      pausedUntil = 0;
    },
    isSilent(): boolean {
      if (silentSince === undefined) return false;
      const now = clock().getTime();
      return now < pausedUntil || now - silentSince < MITZ_LIMITS.pauseMs;
    },
  };
}
