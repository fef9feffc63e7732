/**
 * An export as its client sees it: asked for, waited for, its files fetched, then taken back, since
 * a client may have but a few of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Ask, Line } from './line.ts';

const POLLS_MAX = 300;
const POLL_MS = 50;

/** Path of the job that an answer to a kick-off names. */
export const jobOf = ({ status, headers }: Answer): string | undefined =>
  status === 202 ? String(headers['content-location']).replace(/^https?:\/\/[^/]+/, '') : undefined;

/** @returns what the job gave when it ended, and each of its files. */
export async function followExport(
  line: Line,
  ask: Pick<Ask, 'token' | 'headers'>,
  job: string,
): Promise<Answer[]> {
  const done = await ended(line, ask, job);
  const answers = [done];
  for (const path of filesOf(done)) answers.push(await line.ask({ ...ask, path }));
  await line.ask({ ...ask, path: job, method: 'DELETE' });
  return answers;
}

/** @returns the last answer about a job: its manifest, or whatever else it ended with. */
export async function ended(
  line: Line,
  ask: Pick<Ask, 'token' | 'headers'>,
  job: string,
): Promise<Answer> {
  for (let turn = 0; ; turn += 1) {
    const answer = await line.ask({ ...ask, path: job });
    if (answer.status !== 202 || turn === POLLS_MAX) return answer;
    await sleep(POLL_MS);
  }
}

/** Paths of the files in a manifest. */
export function filesOf({ status, body }: Answer): string[] {
  if (status !== 200) return [];
  const { output = [] } = JSON.parse(body) as { output?: { url: string }[] };
  return output.map(({ url }) => url.replace(/^https?:\/\/[^/]+/, ''));
}

/** Resources in a file; none where there is no file. */
export const linesOf = ({ status, body }: Answer): string[] =>
  status === 200 ? body.split('\n').filter((line) => line !== '') : [];
