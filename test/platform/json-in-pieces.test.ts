import { describe, expect, it } from 'vitest';
import { jsonBytes, jsonInPieces } from '../../src/platform/json-in-pieces.ts';

const large = Buffer.alloc(1_500_000, 'Letter.').toString('base64');

describe('JSON in pieces', () => {
  it.each([
    ['nothing large', { resourceType: 'Binary', data: 'AAAA', n: [1, { é: '"' }] }],
    [
      'a document',
      { resourceType: 'Binary', contentType: 'application/pdf', data: large, id: 'é' },
    ],
    ['a large text that has to be escaped', { data: `${large}\n"` }],
    ['the mark itself', { data: large, text: '\u{F0000}' }],
    ['two documents', { one: large, data: large }],
  ])('is that of JSON.stringify: %s', (_what, value) => {
    expect([...jsonInPieces(value)].join('') === JSON.stringify(value)).toBe(true);
    expect(jsonBytes(value).equals(Buffer.from(JSON.stringify(value)))).toBe(true);
  });

  it('of a document has no piece as large as the document', () => {
    const pieces = [...jsonInPieces({ data: large })];
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(large.length);
  });
});
