/** The MLLP line, met by a sender over a real socket. */
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { acknowledge, sendingNames } from '../../../src/ingest/hl7v2/ack.ts';
import { listenMllp, type MllpLine, type MllpOptions } from '../../../src/ingest/hl7v2/listener.ts';
import { mllpDecoder, mllpFrame } from '../../../src/ingest/hl7v2/mllp.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { er7, PID } from './messages.ts';

const open: { line?: MllpLine; sockets: Socket[] } = { sockets: [] };

afterEach(async () => {
  for (const socket of open.sockets.splice(0)) socket.destroy();
  await open.line?.close();
  delete open.line;
});

const message = (id: string, application = 'ZIS') =>
  er7(`MSH|^~\\&|${application}|HAVENZH|G|R|2026||ADT^A08|${id}|P|2.5`, PID);
const ack = (bytes: Buffer, problem?: Problem) =>
  acknowledge(bytes, problem, { now: new Date(0), newControlId: () => 'X' });

async function start(own: Partial<MllpOptions<string>> = {}): Promise<number> {
  open.line = await listenMllp<string>({
    port: 0,
    host: '127.0.0.1',
    identify: async (names) => (names.application === 'ZIS' ? names.facility : undefined),
    handle: async (bytes) => ack(bytes),
    refuse: (bytes, problem) => ack(bytes, problem),
    readName: sendingNames,
    log: { warn: () => undefined },
    ...own,
  });
  return open.line.port;
}

/** A sender that keeps what it hears: `ack` codes with the control ids they answer. */
async function sender(port: number) {
  const socket = connect(port, '127.0.0.1');
  open.sockets.push(socket);
  const decoder = mllpDecoder({ messageBytesMax: 10_000 });
  const heard: string[] = [];
  const errors: string[] = [];
  let closed = false;
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    for (const frame of decoder.push(chunk)) {
      const [, msa = '', err] = frame.bytes.toString().split('\r');
      if (err) errors.push(err.split('|')[3]?.split('^')[0] ?? '');
      heard.push(msa.split('|').slice(1, 3).join(' '));
    }
  });
  socket.on('close', () => {
    closed = true;
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, heard, errors, isClosed: () => closed };
}

const until = async (test: () => boolean) => {
  for (let turn = 0; turn < 500 && !test(); turn++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(test()).toBe(true);
};

describe('the MLLP line', () => {
  it('answers every message of a packet, in order', async () => {
    const { socket, heard } = await sender(await start());
    socket.write(Buffer.concat(['1', '2', '3'].map((id) => mllpFrame(message(id)))));
    await until(() => heard.length === 3);
    expect(heard).toEqual(['AA 1', 'AA 2', 'AA 3']);
  });

  it('answers each message of a frame that holds several, also in a batch', async () => {
    const { socket, heard } = await sender(await start());
    socket.write(mllpFrame(Buffer.concat(['1', '2'].map((id) => message(id)))));
    const batch = [
      er7('FHS|^~\\&', 'BHS|^~\\&'),
      message('3'),
      message('4'),
      er7('BTS|2', 'FTS|1'),
    ];
    socket.write(mllpFrame(Buffer.concat(batch)));
    await until(() => heard.length === 4);
    expect(heard).toEqual(['AA 1', 'AA 2', 'AA 3', 'AA 4']);
  });

  it('answers who closed its own side after the last message', async () => {
    const handle = async (bytes: Buffer) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return ack(bytes);
    };
    const { socket, heard, isClosed } = await sender(await start({ handle }));
    socket.end(mllpFrame(message('1')));
    await until(() => isClosed());
    expect(heard).toEqual(['AA 1']);
  });

  it('handles one message at a time for each connection', async () => {
    let running = 0;
    let most = 0;
    const port = await start({
      handle: async (bytes) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        return ack(bytes);
      },
    });
    const { socket, heard } = await sender(port);
    for (const id of ['1', '2', '3', '4']) socket.write(mllpFrame(message(id)));
    await until(() => heard.length === 4);
    expect(most).toBe(1);
  });

  it('rejects an unknown sender and closes the line', async () => {
    const refused: string[] = [];
    const port = await start({ refusedSender: (address) => refused.push(address) });
    const { socket, heard, isClosed } = await sender(port);
    socket.write(mllpFrame(message('7', 'STRANGER')));
    socket.write(mllpFrame(message('8')));
    await until(isClosed);
    expect(heard).toEqual(['AR 7']);
    expect(refused).toEqual(['127.0.0.1']);
  });

  it('tells a sender that cannot be looked up now to try again, and keeps the line', async () => {
    let isDown = true;
    const port = await start({
      identify: async ({ facility }) => {
        if (isDown) throw new Problem('busy', 'The service is temporarily unavailable.');
        return facility;
      },
    });
    const { socket, heard, errors } = await sender(port);
    socket.write(mllpFrame(message('1')));
    await until(() => heard.length === 1);
    isDown = false;
    socket.write(mllpFrame(message('1')));
    await until(() => heard.length === 2);
    expect(heard).toEqual(['AE 1', 'AA 1']);
    expect(errors).toEqual(['207']);
  });

  it('closes the line when there is no number to answer to', async () => {
    const { socket, heard, isClosed } = await sender(await start());
    socket.write(mllpFrame(Buffer.from('GET / HTTP/1.1')));
    await until(isClosed);
    expect(heard).toEqual([]);
  });

  it('rejects what is too large and stays open for the next', async () => {
    const port = await start({ limits: { messageBytesMax: 300 } });
    const { socket, heard } = await sender(port);
    socket.write(mllpFrame(Buffer.concat([message('big'), Buffer.alloc(5000, 66)])));
    socket.write(mllpFrame(message('small')));
    await until(() => heard.length === 2);
    expect(heard).toEqual(['AR big', 'AA small']);
  });

  it('drops a line that rests inside a frame', async () => {
    const { socket, isClosed } = await sender(await start({ limits: { frameMs: 30 } }));
    socket.write('\x0bMSH|');
    await until(isClosed);
  });

  it('drops a line that sends a frame too slowly, and keeps one that goes on', async () => {
    const port = await start({ limits: { frameMs: 150 } });
    const slow = await sender(port);
    const steady = await sender(port);
    const pieces = mllpFrame(
      Buffer.concat([message('1'), Buffer.from('NTE|1||'.padEnd(900, 'x'))]),
    );
    for (let at = 0; at < pieces.length; at += 100) {
      if (!slow.isClosed()) slow.socket.write(pieces.subarray(at / 100, at / 100 + 1));
      steady.socket.write(pieces.subarray(at, at + 100));
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    await until(() => steady.heard.length === 1);
    expect(steady.heard).toEqual(['AA 1']);
    expect(slow.isClosed()).toBe(true);
  });

  it('tells a line too many that it may try again, and the log once a minute', async () => {
    const told: [object, string][] = [];
    const log = { warn: (details: object, text: string) => void told.push([details, text]) };
    const port = await start({ limits: { connectionsMax: 1 }, log });
    const first = await sender(port);
    for (const id of ['a', 'b']) {
      const next = await sender(port);
      next.socket.write(mllpFrame(Buffer.concat([message(id), Buffer.alloc(50_000, 66)])));
      await until(next.isClosed);
      expect(next.heard).toEqual([`AE ${id}`]);
      expect(next.errors).toEqual(['207']);
    }
    expect(told).toEqual([
      [{ turnedAway: 1, connectionsMax: 1 }, expect.stringContaining('turned away')],
    ]);
    first.socket.write(mllpFrame(message('own')));
    await until(() => first.heard.length === 1);
    expect(first.heard).toEqual(['AA own']);
  });

  it('takes the place of a line that went', async () => {
    const port = await start({ limits: { connectionsMax: 1 } });
    const first = await sender(port);
    first.socket.destroy();
    await until(first.isClosed);
    // The line hears a moment later that the first one went; until then AE says: again.
    let heard: string[] = [];
    for (let turn = 0; turn < 100 && heard[0] !== 'AA n'; turn++) {
      const next = await sender(port);
      next.socket.write(mllpFrame(message('n')));
      await until(() => next.heard.length === 1);
      heard = next.heard;
    }
    expect(heard).toEqual(['AA n']);
  });

  it('does not wait long for what a line too many has to say, nor for many of them', async () => {
    const limits = { connectionsMax: 1, turnedAwayMax: 1, turnedAwayMs: 200 };
    const port = await start({ limits });
    await sender(port);
    const silent = await sender(port);
    const beyond = await sender(port);
    await until(beyond.isClosed);
    expect(silent.isClosed()).toBe(false);
    await until(silent.isClosed);
  });

  it('stops gracefully: what is being handled is answered first', async () => {
    let finish: () => void = () => undefined;
    let began = false;
    const port = await start({
      handle: async (bytes) => {
        began = true;
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return ack(bytes);
      },
    });
    const busy = await sender(port);
    const idle = await sender(port);
    busy.socket.write(mllpFrame(message('last')));
    await until(() => began);
    const closing = open.line?.close();
    await until(idle.isClosed);
    expect(busy.isClosed()).toBe(false);
    finish();
    await closing;
    await until(busy.isClosed);
    expect(busy.heard).toEqual(['AA last']);
  });
});
