/** Says what was expected and what was seen, and stops at the first difference. */

/** The first thing that was not as expected; the tour ends with it. */
export class Difference extends Error {}

export interface Telling {
  chapter(title: string): void;
  /** @throws Difference when the two are not the same text. */
  equal(what: string, seen: string | number, expected: string | number): void;
  /** @throws Difference unless it holds. `expected` and `seen` are for people. */
  holds(what: string, holds: boolean, expected: string, seen: string): void;
  readonly steps: number;
}

const SHOWN_CHARS_MAX = 300;

export function createTelling(write: (line: string) => void): Telling {
  let steps = 0;
  function step(what: string, good: boolean, expected: string, seen: string): void {
    steps += 1;
    const told = expected === seen ? `seen ${short(seen)}` : pair(expected, seen);
    write(`  ${good ? 'ok' : 'NO'}  ${what}: ${told}`);
    if (!good) throw new Difference(`${what}: expected ${short(expected)}, seen ${short(seen)}`);
  }
  return {
    chapter: (title) => write(`\n${title}`),
    equal: (what, seen, expected) => step(what, seen === expected, String(expected), String(seen)),
    holds: (what, good, expected, seen) => step(what, good, expected, seen),
    get steps() {
      return steps;
    },
  };
}

const pair = (expected: string, seen: string): string =>
  `expected ${short(expected)}; seen ${short(seen)}`;

/** One line; a test number of a person is never shown. */
function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').replace(/(?<!\d)9999\d{5}(?!\d)/g, '9999·····');
  return line.length > SHOWN_CHARS_MAX ? `${line.slice(0, SHOWN_CHARS_MAX)} …` : line;
}
