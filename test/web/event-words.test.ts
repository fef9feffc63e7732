/** Every event that the source writes into the ledger has words of its own, in both languages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EVENT_NAMES, eventText, sameWords } from '../../src/web/event-words.ts';

const SOURCE = join(import.meta.dirname, '../../src');

/** Names in `event: 'x'`, `event: y ? 'x' : 'z'` and the kinds of the gateway's own events. */
function eventsInSource(): string[] {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' });
  const names = files
    .filter((file) =>
      /^(audit|consent|insight|ingest|medmij|regions|web|fhir|cli)\b.*\.ts$/.test(file),
    )
    .map((file) => readFileSync(join(SOURCE, file), 'utf8'))
    .flatMap((text) => [...text.matchAll(/\bevent: (?:[\w. ='"!]+\? )?('[a-z-]+'[^,;)]*)/g)])
    .flatMap(([, found = '']) =>
      [...found.matchAll(/'([a-z-]{3,})'/g)].map(([, name = '']) => name),
    );
  return [...new Set(names)];
}

it('has words for what the ledger tells, so that it can be read and asked for', () => {
  const names = eventsInSource();
  expect(names).toEqual(
    expect.arrayContaining(['search-type', 'access-reviewed', 'anomaly-closed', 'ledger-finding']),
  );
  const bare = names.filter((name) => [eventText(name).nl, eventText(name).en].includes(name));
  expect(bare).toEqual([]);
  for (const name of names) {
    expect(EVENT_NAMES.includes(name) || sameWords(name) !== undefined, name).toBe(true);
  }
});
