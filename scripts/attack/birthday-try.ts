/** Sessions that were opened before a birthday and are used after it. */
import { localDate, nextLocalDate } from '../../src/permission/index.ts';
import type { Answer } from './line.ts';
import { expectations, item, stage, type Try, totalOf } from './tries.ts';

/** Before midnight, and at it. */
const BEFORE_MS = 5_000;

export const overABirthday: Try = {
  number: 12,
  name: 'a session of a parent or proxy that is kept open over a birthday',
  needs: 'clock',
  async run(ground) {
    const { to, later, now } = ground;
    const { askAsApp } = to;
    if (!later || !askAsApp) return [];
    const { wrong, equal } = expectations();
    const midnight = nextLocalDate(now());
    const [year, ...day] = localDate(new Date(midnight.getTime() + 1)).split('-');
    const child = async (age: number, authority?: string) => {
      const set = await stage(
        ground,
        (holder) => [item('11', 'Condition', holder)],
        () => [],
        { birthDate: [Number(year) - age, ...day].join('-') },
      );
      return () => askAsApp(set.world, set.holder, authority);
    };
    const openers = {
      'a parent, 12': await child(12, 'parental'),
      'a parent, 16': await child(16, 'parental'),
      'a proxy, 16': await child(16, 'voluntary:alles'),
      'the person, 16': await child(16),
    };
    later(midnight.getTime() - now().getTime() - BEFORE_MS - 60_000);
    const sessions = new Map<string, () => Promise<Answer>>();
    for (const [who, open] of Object.entries(openers)) sessions.set(who, await open());
    const seen = async (who: string) => {
      const answer = await sessions.get(who)?.();
      return answer?.status === 200 ? `200, ${totalOf(answer)}` : String(answer?.status);
    };
    equal('a parent before the 12th', await seen('a parent, 12'), '200, 1');
    equal('a parent before the 16th', await seen('a parent, 16'), '401');
    equal('a proxy before the 16th', await seen('a proxy, 16'), '401');
    later(midnight.getTime() - now().getTime());
    equal('a parent from the 12th', await seen('a parent, 12'), '401');
    equal('a parent from the 16th', await seen('a parent, 16'), '401');
    equal('a proxy from the 16th', await seen('a proxy, 16'), '200, 1');
    equal('the person from the 16th', await seen('the person, 16'), '200, 1');
    return wrong;
  },
};
