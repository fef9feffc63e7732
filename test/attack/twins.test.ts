/** The attack suite itself: it finds nothing in the gateway, and what is bent it finds. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askAbout, type Placed, seenIn, withNever } from '../../scripts/attack/compare.ts';
import { TRIES } from '../../scripts/attack/every-try.ts';
import { claimsOf } from '../../scripts/attack/installation.ts';
import {
  type OwnInstallation,
  startOwnInstallation,
} from '../../scripts/attack/own-installation.ts';
import { tryPreviews } from '../../scripts/attack/previews.ts';
import { putWorld } from '../../scripts/attack/put-world.ts';
import { ROUTES } from '../../scripts/attack/questions.ts';
import { item, permit, stage, TREAT } from '../../scripts/attack/tries.ts';
import { newTally, tryWorld } from '../../scripts/attack/twins.ts';
import { createRandom } from '../../src/demo/region/random.ts';
import { testDatabase } from '../support/postgres.ts';

/** On a machine that does other things as well. */
const MS_MAX = 240_000;
let to: OwnInstallation;
let close: () => Promise<void>;
/** One stream for all, so that no two tries make the same person. */
const named = createRandom('named');

beforeAll(async () => {
  const db = await testDatabase();
  to = await startOwnInstallation(db.ownerUrl);
  close = () => db.close().catch(() => undefined);
});
afterAll(async () => {
  await to.close();
  await close();
});

describe('the attack suite', () => {
  it('asks by every route of the list', () => {
    const routes = ROUTES.join(' ');
    for (const route of [
      'read',
      'vread',
      'history',
      'total',
      'count',
      'pages',
      'include',
      'revinclude',
      'has',
      'chain',
      'sort',
      'everything',
      'export',
      'conditional',
      'wrong',
      'binary',
      'lastn',
      'graphql',
    ]) {
      expect(routes).toContain(route);
    }
  });

  it('finds nothing in twelve random worlds', { timeout: MS_MAX }, async () => {
    const tally = newTally(12);
    for (let number = 0; number < 12; number += 1) {
      await tryWorld(to, createRandom(`test/${number}`), number, tally);
    }
    expect(tally.findings).toEqual([]);
    expect(tally.items.visible).toBeGreaterThan(0);
  });

  it('finds ten previews of changes to be what the door gives', { timeout: MS_MAX }, async () => {
    const tally = await tryPreviews(to, 'test', 10);
    expect(tally.wrong).toEqual([]);
    expect(tally.moving).toBeGreaterThan(0);
  });

  // The one with thousands of choices, and the one with a register, run with the suite itself.
  it.each(
    TRIES.filter(({ number }) => ![13, 17].includes(number)).map((one) => [
      one.number,
      one.name,
      one,
    ]),
  )('%d: %s', { timeout: MS_MAX }, async (_number, _name, { run }) => {
    const ground = { to, random: named, now: to.now, later: to.later };
    expect(await run(ground)).toEqual([]);
  });

  it('finds what is shown too much: a twin that has less differs', async () => {
    const random = createRandom('bent');
    const ground = { to, random, now: to.now };
    const set = await stage(
      ground,
      (holder) => [item('11', 'Condition', holder), item('12', 'Condition', holder)],
      (holder, reader) => [permit(holder, reader)],
    );
    const twin = { ...set.world, code: 'ffffffff', bsn: '800000018' };
    const part = { items: new Set(['11']), holders: new Set([set.holder.name]) };
    const ids = await putWorld(to, twin, part);
    await to.choose(twin, ids);
    const token = await to.token(set.reader.client, claimsOf(TREAT));
    const question = {
      route: 'search',
      version: 'r4',
      format: 'json',
      path: `Condition?patient={patient:${set.holder.name}}&_summary=count`,
    } as const;
    const seen = async (placed: Placed) =>
      seenIn(await askAbout(to.line, token, question, placed), question, placed);
    const own = await seen({ ...set.world, ids: set.ids });
    const other = await seen({ ...twin, ids: withNever(twin, ids, () => 'none') });
    expect(own).toContain('"total":2');
    expect(other).toBe(own.replace('"total":2', '"total":1'));
  });
});
