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
import { MODULES } from './medmij/module-cases.ts';
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
  // Marked D, a draft: this run turns its switch on (MEDMIJ_MODULES_FILE).
  modules: MODULES,
};

/** Cases that cannot be run here: none. */
const NOT_HERE: NotHere = {};

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
  for (const [id, reason] of Object.entries(NOT_HERE)) {
    options.progress?.(`${id} not here: ${reason}`);
  }
  const skipped = only.length > 0 ? 0 : Object.keys(NOT_HERE).length;
  const sum = (key: keyof Tally) =>
    Object.values(services).reduce((total, tally) => total + tally[key], 0);
  const total = scored({
    passed: sum('passed'),
    failed: sum('failed'),
    skipped,
    unsupported: 0,
    score: 0,
  });
  return { ...total, services };
}
