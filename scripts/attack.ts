/**
 * Attacks an installation as an outsider with valid tokens, and counts what leaks:
 * `npm run attack -- [--worlds N] [--seed S] [--url U] [--pairs N] [--previews N]`. Without `--url` it starts a
 * gateway of its own, with rules of every kind and a clock that it moves. Ends with 0 only when
 * nothing leaked and a leak that is planted is found.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createRandom } from '../src/demo/region/random.ts';
import { TRIES } from './attack/every-try.ts';
import { LOOKED_BEFORE, timeLookedBefore } from './attack/looked-before.ts';
import { openInstallation } from './attack/open-installation.ts';
import { type Foretelling, tryPreviews } from './attack/previews.ts';
import { TIMED_ROUTES, timeAnswers } from './attack/time-of-answers.ts';
import { type TimingFigures, tellsApart } from './attack/timing.ts';
import type { Ground } from './attack/tries.ts';
import { newTally, type TwinTally, tryWorld } from './attack/twins.ts';

const HELP = `npm run attack -- [--worlds N] [--seed S] [--url U] [--data-dir D] [--pairs N]

  --worlds N    random patients with choices and questions (100)
  --seed S      the same seed gives the same worlds
  --route R     every question by this route, to hunt what shows now and then
  --url U       a gateway that runs, with the keys of its clients in the folder --data-dir
                (.data/demo); it gets patients of the suite's own
  --pairs N     pairs of answers whose times are compared (2000); 0 leaves it out; while the
                machine leaves it in doubt, up to four times as many
  --timed A,B   only these of: ${TIMED_ROUTES.join(', ')}; "planted" is the leak that must be found;
                "${LOOKED_BEFORE}" only when it is named here
  --lanes N     pairs side by side, each on a line of its own (6)
  --at-once N   worlds side by side (12): most answers wait for the end of a band of time, so few
                worlds at once leave the machine idle
  --previews N  changes of choices whose preview is held against a recount at the door (200)
  --tries A,B   only the tries of these numbers; none leaves them out
`;
const PAIRS_TO_BE_SURE = 4;
const PLANTED = 'planted';
const PLANTED_MS = 0.2;
const PLANTED_IN = ['read', 'search'];
const FINDINGS_SHOWN_MAX = 20;
/** A world in which much is wrong is shown in its first lines. */
const CHARS_SHOWN_MAX = 9_000;

const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: '100' },
    seed: { type: 'string', default: randomUUID().slice(0, 8) },
    route: { type: 'string' },
    url: { type: 'string' },
    'data-dir': { type: 'string', default: '.data/demo' },
    pairs: { type: 'string', default: '2000' },
    timed: { type: 'string', default: [...TIMED_ROUTES, PLANTED].join(',') },
    lanes: { type: 'string', default: '6' },
    'at-once': { type: 'string', default: '12' },
    previews: { type: 'string', default: '200' },
    tries: { type: 'string' },
    help: { type: 'boolean' },
  },
});
async function main(): Promise<number> {
  const opened = await openInstallation(values.url, values['data-dir']);
  const { to, later, now = () => new Date() } = opened;
  const random = createRandom(values.seed);
  const ground: Ground = { to, random, now, ...(later ? { later } : {}) };
  console.log(`seed ${values.seed}, ${values.url ?? 'a gateway of its own'}`);
  try {
    const tally = await worlds(ground);
    const times = Number(values.pairs) > 0 ? await timing(ground) : 0;
    const foretold = await previews(opened.foretelling);
    const named = await tries(ground);
    const leaks = tally.findings.length + foretold + named + times;
    console.log(`${leaks} leaks.`);
    return leaks === 0 ? 0 : 1;
  } finally {
    await to.close();
  }
}

/** Worlds beside their twins. @returns what was found. */
async function worlds({ to }: Ground): Promise<TwinTally> {
  const count = Number(values.worlds);
  const tally = newTally(count);
  const started = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: Number(values['at-once']) }, async () => {
      while (next < count) {
        const number = next;
        next += 1;
        await tryWorld(to, createRandom(`${values.seed}/${number}`), number, tally, values.route);
        if ((number + 1) % 500 === 0) console.log(`${number + 1} worlds`);
      }
    }),
  );
  const questions = Object.values(tally.questions).reduce((all, one) => all + one, 0);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const { judged, visible } = tally.items;
  console.log(
    `${count} worlds, ${questions} questions over ${Object.keys(tally.questions).length} routes, ` +
      `${judged} items of which ${visible} may be seen: ${tally.findings.length} findings (${seconds} s)`,
  );
  for (const { kind, world, what } of tally.findings.slice(0, FINDINGS_SHOWN_MAX)) {
    console.log(`  ${kind} in world ${world}: ${what.slice(0, CHARS_SHOWN_MAX)}`);
  }
  return tally;
}

/** @returns how many previews say something else than the door. */
async function previews(foretelling: Foretelling | undefined): Promise<number> {
  const count = Number(values.previews);
  if (count === 0) return 0;
  if (!foretelling) {
    console.log('previews: skipped, not at an installation of others');
    return 0;
  }
  const tally = await tryPreviews(foretelling, values.seed, count);
  console.log(
    `${tally.previews} previews, ${tally.moving} of which move something, beside ` +
      `${tally.reads} reads at the door: ${tally.wrong.length} differences`,
  );
  for (const what of tally.wrong.slice(0, FINDINGS_SHOWN_MAX)) {
    console.log(`  ${what.slice(0, CHARS_SHOWN_MAX)}`);
  }
  return tally.wrong.length;
}

/** @returns how many routes tell by their time, a planted leak that is not found included. */
async function timing(ground: Ground): Promise<number> {
  const pairs = Number(values.pairs);
  const asked = values.timed.split(',');
  const plan = { pairs, pairsMax: pairs * PAIRS_TO_BE_SURE, lanes: Number(values.lanes), progress };
  let found = 0;
  const routes = asked.filter((name) => name !== PLANTED && name !== LOOKED_BEFORE);
  const told = (route: string, figures: TimingFigures) => {
    const tells = tellsApart(figures);
    if (tells) found += 1;
    console.log(`time of ${route}: ${figuresText(figures)}: ${tells ? 'TELLS' : 'tells nothing'}`);
  };
  if (routes.length > 0) {
    for (const { route, figures } of await timeAnswers(ground, { ...plan, routes })) {
      told(route, figures);
    }
  }
  if (asked.includes(LOOKED_BEFORE)) {
    const asking = { ...plan, progress: (now: TimingFigures) => progress(LOOKED_BEFORE, now) };
    told(LOOKED_BEFORE, await timeLookedBefore(ground, asking));
  }
  if (!asked.includes(PLANTED)) return found;
  const planted = { ...plan, routes: PLANTED_IN, plantMs: PLANTED_MS, stopAtFind: true };
  for (const { route, figures } of await timeAnswers(ground, planted)) {
    const seen = tellsApart(figures);
    if (!seen) found += 1;
    const verdict = seen ? 'found' : 'NOT FOUND';
    console.log(`${PLANTED_MS} ms planted in ${route}: ${figuresText(figures)}: ${verdict}`);
  }
  return found;
}

/** On a terminal only, where the next one takes its place. */
function progress(route: string, figures: TimingFigures): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\u001b[K${route}: ${figuresText(figures)}\r`);
}

function figuresText({ pairs, medianMs, medianRange, auc, aucRange }: TimingFigures): string {
  const [low, high] = medianRange.map((ms) => ms.toFixed(3));
  const [least, most] = aucRange.map((share) => share.toFixed(3));
  return (
    `${pairs} pairs, medians differ by ${medianMs.toFixed(3)} ms (${low} to ${high}), ` +
    `AUC ${auc.toFixed(3)} (${least} to ${most})`
  );
}

/** @returns how many of the named tries found something. */
async function tries(ground: Ground): Promise<number> {
  let found = 0;
  const wanted = values.tries?.split(',');
  for (const { number, name, needs, run } of TRIES) {
    if (wanted && !wanted.includes(String(number))) continue;
    if (!can(ground, needs)) {
      console.log(`${number}. ${name}: skipped, not at an installation of others`);
      continue;
    }
    const wrong = await run(ground);
    found += wrong.length;
    console.log(`${number}. ${name}: ${wrong.length === 0 ? 'closed' : wrong.join('; ')}`);
  }
  return found;
}

function can({ to, later }: Ground, needs: 'rules' | 'clock' | undefined): boolean {
  return needs === undefined || (to.rules === 'all' && (needs === 'rules' || later !== undefined));
}

if (values.help) process.stdout.write(HELP);
else process.exitCode = await main();
