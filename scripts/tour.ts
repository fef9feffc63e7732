/**
 * `npm run tour`: starts a fresh demo on free ports and walks through what the gateway does, as its
 * clients would. Prints each step with what was expected and seen; ends at the first difference
 * with exit code 1, and leaves nothing behind.
 */

import { auditorFinds } from './tour/auditor-finds.ts';
import { newDemo } from './tour/demo-process.ts';
import { hospitalSends } from './tour/hospital-sends.ts';
import { ledgerProved } from './tour/ledger-proved.ts';
import { measures, nothingLeaks } from './tour/nothing-leaks.ts';
import { otherSources } from './tour/other-sources.ts';
import { partnersRead } from './tour/partners-read.ts';
import { collectingRefused, personCollects } from './tour/person-collects.ts';
import { senderKeys } from './tour/sender-keys.ts';
import { stopsAndStarts } from './tour/stops-and-starts.ts';
import { createTelling, Difference } from './tour/telling.ts';
import { type Chapter, openTour } from './tour/tour-parts.ts';

const CHAPTERS: readonly Chapter[] = [
  hospitalSends,
  otherSources,
  senderKeys,
  personCollects,
  collectingRefused,
  partnersRead,
  auditorFinds,
  ledgerProved,
  measures,
  stopsAndStarts,
  nothingLeaks,
];

const READY_SECONDS_MAX = 30;

process.exitCode = await main();

async function main(): Promise<number> {
  const started = performance.now();
  const tell = createTelling((line) => console.log(line));
  const demo = await newDemo();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      console.log(`\nStopped by ${signal}; cleaning up.`);
      void demo.remove().finally(() => process.exit(130));
    });
  }
  try {
    tell.chapter('The demo starts');
    const seconds = await demo.start();
    tell.holds(
      'a fresh demo is ready',
      seconds <= READY_SECONDS_MAX,
      `within ${READY_SECONDS_MAX} s`,
      `${seconds.toFixed(1)} s`,
    );
    const tour = openTour(demo, tell);
    for (const chapter of CHAPTERS) await chapter(tour);
    const took = Math.round((performance.now() - started) / 1_000);
    console.log(`\nThe tour is over: ${tell.steps} steps as expected, in ${took} s.`);
    return 0;
  } catch (error) {
    if (error instanceof Difference) console.log(`\nThe first difference: ${error.message}`);
    else console.log('\nThe tour broke off:', error);
    return 1;
  } finally {
    await demo.remove();
  }
}
