import { expect, it } from 'vitest';
import { letGoOf } from '../../src/platform/let-go.ts';

it('lets go of a large buffer of its own, and of no part of another one', () => {
  const whole = Buffer.allocUnsafeSlow(200_000);
  const part = whole.subarray(0, 100_000);
  letGoOf(part);
  expect([whole.length, part.length]).toEqual([200_000, 100_000]);
  const small = Buffer.from('small');
  letGoOf(small);
  expect(small.toString()).toBe('small');
  letGoOf(whole);
  expect(whole.length).toBe(0);
  letGoOf(whole);
});
