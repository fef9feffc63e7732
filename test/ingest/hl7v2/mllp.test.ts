/** MLLP framing, source-formats.md 3.1. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagesIn, mllpDecoder, mllpFrame } from '../../../src/ingest/hl7v2/mllp.ts';

const texts = (chunks: Buffer[], messageBytesMax = 1000) => {
  const decoder = mllpDecoder({ messageBytesMax });
  return chunks.flatMap((chunk) => decoder.push(chunk)).map((frame) => frame.bytes.toString());
};

describe('MLLP frames', () => {
  it('come several in a packet, without their last CR, with anything between', () => {
    expect(texts([Buffer.from('\x0bone\x1c\r\r\n\x0btwo\x1c\x0bthree\x1c\rrest')])).toEqual([
      'one',
      'two',
      'three',
    ]);
  });

  it('come whole however the packets are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[ -~\r]{0,60}$/), { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (messages, cuts) => {
          const stream = Buffer.concat(messages.map((text) => mllpFrame(Buffer.from(text))));
          const chunks: Buffer[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const size = cuts[turn % cuts.length] ?? 1;
            chunks.push(stream.subarray(at, at + size));
            at += size;
          }
          expect(texts(chunks)).toEqual(messages);
        },
      ),
    );
  });

  it('that are broken off give way to the next start', () => {
    expect(texts([Buffer.from('\x0bhalf a mess'), Buffer.from('age\x0bwhole\x1c\r')])).toEqual([
      'whole',
    ]);
  });

  it('that are too large are cut to their header, and the next one is whole', () => {
    const decoder = mllpDecoder({ messageBytesMax: 100 });
    const frames = [
      Buffer.from('\x0bMSH|'),
      ...Array.from({ length: 50 }, () => Buffer.alloc(1000, 65)),
      Buffer.from('\x1c\r\x0bsmall\x1c\r'),
    ].flatMap((chunk) => decoder.push(chunk));
    expect(frames.map((frame) => frame.tooLarge)).toEqual([true, undefined]);
    expect(frames[0]?.bytes.length).toBeLessThanOrEqual(4096);
    expect(frames[0]?.bytes.toString()).toMatch(/^MSH\|A/);
    expect(frames[1]?.bytes.toString()).toBe('small');
  });
});

describe('a frame', () => {
  const parts = (text: string) =>
    messagesIn({ bytes: Buffer.from(text) }).map((frame) => frame.bytes.toString());

  it('with one message stays as it came, whatever its text says', () => {
    for (const text of ['MSH|^~\\&|a\rNTE|1||MSH|x\r', 'BHS|\rMSH|^~\\&|a\r', 'no message', '']) {
      expect(parts(text)).toEqual([text]);
    }
  });

  it('with several is taken apart at their headers, after CR or LF, with any separator', () => {
    expect(parts('MSH|1\rPID|1\rMSH$2\r\nMSH|3')).toEqual(['MSH|1\rPID|1\r', 'MSH$2\r\n', 'MSH|3']);
  });
});
