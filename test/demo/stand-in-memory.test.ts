/** What the stand-in provider remembers, and for how long. */
import { describe, expect, it, vi } from 'vitest';
import { standInMemory } from '../../src/demo/stand-in-memory.ts';
import { startStandIn } from '../../src/demo/stand-in-provider.ts';

describe('the memory of the stand-in provider', () => {
  it('forgets what is over', async () => {
    let now = 0;
    const codes = standInMemory(() => now)('AuthorizationCode');
    await codes.upsert('a', { uid: 'u' }, 60);
    expect(await codes.find('a')).toEqual({ uid: 'u' });
    expect(await codes.findByUid('u')).toEqual({ uid: 'u' });
    now = 60_000;
    expect(await codes.find('a')).toBeUndefined();
    expect(await codes.findByUid('u')).toBeUndefined();
  });

  it('knows a code that was used, and what was given under one grant ends together', async () => {
    const memory = standInMemory(() => 5_000);
    const codes = memory('AuthorizationCode');
    await codes.upsert('a', { grantId: 'g' }, 60);
    await memory('AccessToken').upsert('a', { grantId: 'g' }, 60);
    await memory('AccessToken').upsert('b', { grantId: 'other' }, 60);
    await codes.consume('a');
    expect(await codes.find('a')).toEqual({ grantId: 'g', consumed: 5 });
    await codes.revokeByGrantId('g');
    expect(await codes.find('a')).toBeUndefined();
    expect(await memory('AccessToken').find('a')).toBeUndefined();
    expect(await memory('AccessToken').find('b')).toBeDefined();
  });

  it('lets the oldest make way', async () => {
    const sessions = standInMemory(() => 0)('Session');
    for (let at = 0; at <= 1_000; at += 1) await sessions.upsert(`${at}`, {}, 60);
    expect(await sessions.find('0')).toBeUndefined();
    expect(await sessions.find('1')).toBeDefined();
  });
});

it('the stand-in provider starts without a word of warning', async () => {
  const told = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'info')];
  const standIn = await startStandIn({
    ...{ kind: 'digid', port: 0, host: '127.0.0.1', clientId: 'c', acr: 'a', accounts: [] },
    redirectUris: ['http://127.0.0.1/callback'],
  });
  await standIn.close();
  for (const spy of told) expect(spy).not.toHaveBeenCalled();
});
