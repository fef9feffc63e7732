/** Telling another party that something waits for it. */
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { isTaken, nextTry, postNotice } from '../../src/platform/notice.ts';

const PATIENCE = { secondsFirst: 5, secondsMax: 600, msMax: 86_400_000 };
const CREATED = new Date('2026-03-01T10:00:00Z');

describe('a notice that is not taken', () => {
  const pauses = (now: Date): (number | undefined)[] =>
    [1, 2, 3, 8, 40].map((attempts) => {
      const due = nextTry({ attempts, created: CREATED }, now, PATIENCE);
      return due && (due.getTime() - now.getTime()) / 1_000;
    });

  it('is tried again with pauses that double up to the longest', () => {
    expect(pauses(CREATED)).toEqual([5, 10, 20, 600, 600]);
  });

  it('is given up once it is older than may be', () => {
    const last = new Date(CREATED.getTime() + PATIENCE.msMax);
    expect(pauses(last)).toEqual([5, 10, 20, 600, 600]);
    expect(pauses(new Date(last.getTime() + 1))).toEqual(Array(5).fill(undefined));
  });
});

describe('posting a notice', () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  async function listener(status: number): Promise<{ base: string; heard: string[] }> {
    const heard: string[] = [];
    const server = createServer((request, reply) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        heard.push(`${method} ${url} ${headers['x-request-id']} ${Buffer.concat(chunks)}`);
        reply.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => server.close());
    const address = server.address();
    return { base: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`, heard };
  }

  it('goes to Notification below the base, and tells what came back', async () => {
    const { base, heard } = await listener(202);
    const notice = { body: { id: 'n-1' }, headers: { 'x-request-id': 'r-1' } };
    expect(await postNotice(base, notice)).toBe(202);
    expect(heard).toEqual(['POST /Notification r-1 {"id":"n-1"}']);
  });

  it('is taken with any status of success, and with no other', async () => {
    expect([200, 202, 204, 299].map(isTaken)).toEqual([true, true, true, true]);
    expect([0, 199, 300, 404, 503].map(isTaken)).toEqual([false, false, false, false, false]);
  });

  it('tells 0 when nobody answers', async () => {
    const { base } = await listener(202);
    for (const end of ends.splice(0)) end();
    expect(await postNotice(base, { body: {} })).toBe(0);
    expect(await postNotice('no address', { body: {} })).toBe(0);
  });
});
