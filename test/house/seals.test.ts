/**
 * A seal is opened with its whole tag. AES-GCM takes a tag of four bytes as well, and then a text
 * that was cut off is one guess in 2^32 from being taken for ours (NIST SP 800-38D, appendix C).
 */
import { expect, it } from 'vitest';
import { filesBelow, readSource } from './source-scan.ts';

it('every seal names how long its tag is', () => {
  const openings = filesBelow('src')
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) =>
      [...readSource(path).matchAll(/createDecipheriv\(([^;]*?)\);/g)].map(([, given = '']) => ({
        path,
        isWhole: /\bWHOLE_TAG,?\s*$/.test(given),
      })),
    );
  expect(openings.length).toBeGreaterThan(5);
  expect(openings.filter(({ isWhole }) => !isWhole)).toEqual([]);
});
