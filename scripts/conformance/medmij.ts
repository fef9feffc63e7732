/**
 * The conformance cases of the MedMij reference (section 10), one test for each case id, over real
 * HTTP and TLS against a gateway that this suite starts: `npm run conformance -- medmij`.
 *
 * MEDMIJ_ONLY=TOK-05,RES-01 runs some; MEDMIJ_TURNS sets how often CON-20 repeats (default 20).
 */

import { AUTHORIZATION } from './medmij/authorization-cases.ts';
import type { Cases, NotHere } from './medmij/case.ts';
import { CONSENT } from './medmij/consent-cases.ts';
import { LISTS } from './medmij/list-cases.ts';
import { LOGGING } from './medmij/logging-cases.ts';
import { MANAGEMENT } from './medmij/management-cases.ts';
import { RESOURCE } from './medmij/resource-cases.ts';
import { openStage } from './medmij/stage.ts';
import { SUBSCRIPTIONS } from './medmij/subscription-cases.ts';
import { TOKEN } from './medmij/token-cases.ts';
import { TRANSPORT } from './medmij/transport-cases.ts';
import { emptyTally, scored, type Tally } from './tally.ts';

const GROUPS: Readonly<Record<string, Cases>> = {
  authorization: AUTHORIZATION,
  consent: CONSENT,
  token: TOKEN,
  resource: RESOURCE,
  lists: LISTS,
  transport: TRANSPORT,
  logging: LOGGING,
  management: MANAGEMENT,
  subscriptions: SUBSCRIPTIONS,
};

/** Marked D: a solution design that is not in force; the switch for it does not exist yet. */
const NOT_HERE: NotHere = Object.fromEntries(
  Array.from({ length: 11 }, (_one, at) => [
    `MOD-${String(at + 1).padStart(2, '0')}`,
    'provider modules are a draft (D) and not built: there is no switch to turn on',
  ]),
);

export async function run(options: { fixtures: string; progress?: (line: string) => void }) {
  const only = (process.env['MEDMIJ_ONLY'] ?? '').split(',').filter(Boolean);
  const stage = await openStage(options.fixtures);
  const services: Record<string, Tally> = {};
  try {
    for (const [group, cases] of Object.entries(GROUPS)) {
      const tally = emptyTally();
      for (const [id, work] of Object.entries(cases)) {
        if (only.length > 0 && !only.includes(id)) continue;
        const fault = await work(stage).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (fault === undefined) tally.passed += 1;
        else {
          tally.failed += 1;
          console.log(`  ${id} failed: ${fault instanceof Error ? fault.message : String(fault)}`);
          if (process.env['MEDMIJ_STACK']) console.log(fault, stage.logged.slice(-3).join(''));
        }
        options.progress?.(`${id} ${fault === undefined ? 'passed' : 'failed'}`);
      }
      services[group] = scored(tally);
    }
  } finally {
    await stage.close();
  }
  const modules = emptyTally();
  for (const [id, reason] of Object.entries(NOT_HERE)) {
    if (only.length > 0) continue;
    modules.skipped += 1;
    options.progress?.(`${id} not here: ${reason}`);
  }
  const sum = (key: keyof Tally) =>
    Object.values(services).reduce((total, tally) => total + tally[key], modules[key]);
  if (modules.skipped > 0) console.log(`  MOD-01 to MOD-11: ${NOT_HERE['MOD-01']}`);
  const total = scored({
    passed: sum('passed'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    unsupported: 0,
    score: 0,
  });
  return { ...total, services: { ...services, modules: { ...modules, score: 1 } } };
}
