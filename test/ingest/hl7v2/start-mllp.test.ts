/** The MLLP line joined to the way in: what a sender hears when a message was not kept. */
import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Sender } from '../../../src/ingest/handling.ts';
import type { MllpLine } from '../../../src/ingest/hl7v2/listener.ts';
import { mllpFrame } from '../../../src/ingest/hl7v2/mllp.ts';
import { startMllp } from '../../../src/ingest/hl7v2/start-mllp.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { er7, overlay, PID } from './messages.ts';

let line: MllpLine | undefined;

afterEach(async () => {
  await line?.close();
  line = undefined;
});

/** All that comes back until the line is closed, or is still open after a while. */
async function heard(problem: Problem, conditions: string): Promise<string> {
  line = await startMllp({
    port: 0,
    host: '127.0.0.1',
    identify: async () => ({ overlay }) as Sender,
    receive: async () => {
      throw problem;
    },
    log: { warn: () => undefined },
  });
  const header = `MSH|^~\\&|ZIS|H|G|R|2026||ADT^A08|7|P|2.5|||${conditions}`;
  const socket = connect(line.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.write(mllpFrame(er7(header, PID)));
  const how = await new Promise<string>((resolve) => {
    socket.once('close', () => resolve('closed'));
    setTimeout(() => resolve('open'), 300);
  });
  socket.destroy();
  return [/MSA\|(..)/.exec(text)?.[1] ?? 'nothing', how].join(', ');
}

const busy = () => new Problem('busy', 'Later.');
const wrong = () => new Problem('invalid', 'Wrong.', { expression: ['PID-3'] });

it.each([
  ['', busy, 'AE, open'],
  ['ER|NE', busy, 'CE, open'],
  // Nobody would ever know that it is gone.
  ['NE|NE', busy, 'nothing, closed'],
  ['NE|NE', wrong, 'nothing, open'],
])(
  'with MSH-15|16 %s a message that was not kept is answered: %#',
  async (asked, problem, told) => {
    expect(await heard(problem(), asked)).toBe(told);
  },
);
