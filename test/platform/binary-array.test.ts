/** PostgreSQL reads in binary what it reads from text. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binaryArray } from '../../src/platform/binary-array.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

async function isSame(type: string, binary: Buffer, text: unknown[]): Promise<boolean> {
  const { rows } = await db.database.query(
    `select $1::${type}[] is not distinct from $2::${type}[] as same`,
    [binary, text],
  );
  return rows[0]?.same === true;
}

const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const bigint = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
// PostgreSQL holds no NUL in text, and no half characters.
const text = fc.string({ unit: 'grapheme' }).map((one) => one.replaceAll('\0', ''));
const KINDS = {
  bool: fc.boolean(),
  bytea: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  int2: int(16),
  int4: int(32),
  int8: fc.oneof(bigint.map(String), fc.maxSafeInteger()),
  text,
  uuid: fc.uuid(),
} as const;

describe('an array in binary', () => {
  it.each(Object.keys(KINDS) as (keyof typeof KINDS)[])(
    'of %s is the array that was meant',
    (kind) =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.option(KINDS[kind] as fc.Arbitrary<unknown>), { maxLength: 20 }),
          async (values) => {
            const binary = binaryArray[kind](values as never);
            expect(await isSame(kind, binary, values)).toBe(true);
          },
        ),
        { numRuns: 40 },
      ),
  );

  it('refuses what is not a uuid', () => {
    for (const text of [
      '',
      'x',
      '0'.repeat(31),
      '0'.repeat(33),
      `${'0'.repeat(31)}g`,
      '\u0130'.repeat(32),
    ]) {
      expect(() => binaryArray.uuid([text])).toThrow(RangeError);
    }
  });
});
