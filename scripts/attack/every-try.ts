/** The ways to break consent that have a name (consent.md 15.1), in the order of their numbers. */
import { overABirthday } from './birthday-try.ts';
import { HIDDEN } from './hidden-tries.ts';
import { BY_ID } from './id-tries.ts';
import { LATER } from './later-tries.ts';
import { NAMED } from './named-tries.ts';
import { referralAsWay } from './referral-try.ts';
import { BY_ROUTE } from './route-tries.ts';
import { silentRegister } from './silence-try.ts';
import type { Try } from './tries.ts';

export const TRIES: readonly Try[] = [
  ...NAMED,
  ...BY_ROUTE,
  ...BY_ID,
  ...LATER,
  ...HIDDEN,
  overABirthday,
  silentRegister,
  referralAsWay,
].toSorted((a, b) => a.number - b.number);
