/**
 * Telling another party that something waits for it: one POST to its own address, again with
 * growing pauses until it is taken. What is told, to whom, and the rows that wait stay with each
 * room.
 */
import { type HttpCall, httpCall } from './http-client.ts';

const ANSWER_MS_MAX = 10_000;
const ANSWER_BYTES_MAX = 65_536;

export interface Notice {
  /** Sent as JSON; never anything about a person's health. */
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: HttpCall['tls'];
}

/**
 * Sends it to `{base}/Notification`.
 * @returns the status of the answer, 0 when there was none.
 */
export async function postNotice(base: string, notice: Notice): Promise<number> {
  try {
    const { status } = await httpCall(`${base.replace(/(?<!\/)\/+$/, '')}/Notification`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...notice.headers },
      body: JSON.stringify(notice.body),
      msMax: ANSWER_MS_MAX,
      bytesMax: ANSWER_BYTES_MAX,
      ...(notice.tls ? { tls: notice.tls } : {}),
    });
    return status;
  } catch {
    return 0;
  }
}

/** Whether the other party took it. */
export const isTaken = (status: number): boolean => status >= 200 && status < 300;

export interface Patience {
  /** Pause after the first try; each next one is twice as long. */
  readonly secondsFirst: number;
  readonly secondsMax: number;
  /** From when it was made; then it is given up. */
  readonly msMax: number;
}

/** @returns when to try again, or undefined when it has waited too long. */
export function nextTry(
  { attempts, created }: { readonly attempts: number; readonly created: Date },
  now: Date,
  { secondsFirst, secondsMax, msMax }: Patience,
): Date | undefined {
  if (now.getTime() - created.getTime() > msMax) return undefined;
  const seconds = Math.min(secondsFirst * 2 ** (attempts - 1), secondsMax);
  return new Date(now.getTime() + seconds * 1_000);
}
