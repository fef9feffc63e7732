/**
 * Quiet mode (capabilities D9): somebody who is under pressure at home hides the record from the
 * own apps, from whoever acts for them, and from the own pages until a code is typed. It is a
 * choice like any other, under the consent epoch, so it works at once everywhere; providers are not
 * concerned by it.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { isQuietRule } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { ChoiceAct, NewRule } from './choice.ts';
import type { ChoiceBook } from './choices.ts';
import type { SettingsBook } from './person-settings.ts';
import type { RulesOf } from './rules-of.ts';

export const QUIET_LIMITS = {
  codeCharactersMin: 6,
  codeCharactersMax: 100,
  /** Wrong codes for one record in the window; then no code is looked at for a while. */
  triesMax: 5,
  triesWindowMs: 900_000,
  recordsRememberedMax: 10_000,
} as const satisfies Record<string, number>;

export interface QuietMode {
  isOn(vault: string): Promise<boolean>;
  /** @throws Problem `invalid` code `quiet-code` for a code that is too short or too long. */
  turnOn(vault: string, code: string, act: ChoiceAct): Promise<void>;
  /** Ends it; whoever is let in by the code, or an operator, may do so. */
  turnOff(vault: string, act: ChoiceAct): Promise<void>;
  /** Whether this is the code; never more than a few tries in a while. */
  isCode(vault: string, code: string): Promise<boolean>;
}

const QUIET: NewRule = {
  type: 'deny',
  holder: { level: 'any' },
  recipient: { level: 'any' },
  data: { level: 'all' },
  purpose: ['PATRQT'],
  quiet: true,
};

const KEY_BYTES = 32;
const derive = promisify(scrypt) as (code: string, salt: Buffer, length: number) => Promise<Buffer>;

export function createQuietMode(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly rulesOf: RulesOf;
  readonly choices: ChoiceBook;
  readonly settings: Pick<SettingsBook, 'settings' | 'keepSettings'>;
}): QuietMode {
  const { database, clock, choices, settings } = parts;
  const wrong = new Map<string, number[]>();

  async function quietRules(vault: string) {
    const { rules } = await parts.rulesOf(database, vault);
    return rules.filter((rule) => isQuietRule(rule, clock()));
  }

  return {
    isOn: async (vault) => (await quietRules(vault)).length > 0,
    async turnOn(vault, code, act) {
      const { codeCharactersMin, codeCharactersMax } = QUIET_LIMITS;
      if (code.length < codeCharactersMin || code.length > codeCharactersMax) {
        throw new Problem('invalid', 'The code is too short or too long.', { code: 'quiet-code' });
      }
      const salt = randomBytes(16);
      const quietCode = {
        salt: salt.toString('base64'),
        hash: (await derive(code, salt, KEY_BYTES)).toString('base64'),
      };
      // First the code: without one nobody could come back.
      await settings.keepSettings(vault, { quietCode }, act.agent, act.requestId ?? 'quiet');
      if ((await quietRules(vault)).length > 0) return;
      await choices.save(vault, [{ kind: 'put', rule: QUIET }], act, { patient: {} });
    },
    async turnOff(vault, act) {
      const rules = await quietRules(vault);
      if (rules.length === 0) return;
      const changes = rules.map(({ id }) => ({ kind: 'withdraw' as const, id }));
      await choices.save(vault, changes, act, { patient: {} });
    },
    async isCode(vault, code) {
      const now = clock().getTime();
      const before = (wrong.get(vault) ?? []).filter((at) => now - at < QUIET_LIMITS.triesWindowMs);
      const { quietCode } = await settings.settings(vault);
      const salt = Buffer.from(quietCode?.salt ?? '', 'base64');
      const expected = Buffer.from(quietCode?.hash ?? '', 'base64');
      // The same work whether or not there is a code.
      const given = await derive(code.slice(0, QUIET_LIMITS.codeCharactersMax), salt, KEY_BYTES);
      const isRight = expected.length === KEY_BYTES && timingSafeEqual(given, expected);
      if (isRight && before.length < QUIET_LIMITS.triesMax) {
        wrong.delete(vault);
        return true;
      }
      if (wrong.size >= QUIET_LIMITS.recordsRememberedMax) wrong.clear();
      wrong.set(vault, [...before, now].slice(-QUIET_LIMITS.triesMax));
      return false;
    },
  };
}
