import { expect, it } from 'vitest';
import { letGoOf, letGoWithRoom } from '../../src/platform/let-go.ts';

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

it('lets go of the room that a part lies in, where that is asked', () => {
  const room = Buffer.allocUnsafeSlow(200_000);
  letGoWithRoom(room.subarray(0, 10));
  expect(room.length).toBe(0);
  const shared = Buffer.from('of the pool');
  letGoWithRoom(shared);
  expect(shared.toString()).toBe('of the pool');
});
