/** What the attack suite takes for a difference between twins, and what for chance. */
import { describe, expect, it } from 'vitest';
import { type Placed, seenIn } from '../../scripts/attack/compare.ts';
import type { Answer } from '../../scripts/attack/line.ts';
import type { Question } from '../../scripts/attack/questions.ts';

const about: Placed = { code: 'aaaaaaaa', bsn: '999999990', ids: new Map() };
const everything: Question = {
  ...{ route: 'everything', version: 'r4', format: 'json', path: 'Patient/x/$everything?_count=1' },
  paged: true,
};
const LONG = 'een langere tekst dan de andere';

function page(texts: readonly string[], more: { cursor?: string; length?: number } = {}): Answer {
  const link =
    more.cursor === undefined ? [] : [{ relation: 'next', url: `?_cursor=${more.cursor}` }];
  const entry = texts.map((text) => ({ resource: { resourceType: 'Flag', text } }));
  const body = JSON.stringify({ resourceType: 'Bundle', link, entry });
  const length = more.length ?? Buffer.byteLength(body);
  return { status: 200, headers: { 'content-length': String(length) }, body, ms: 1 };
}

const seen = (pages: readonly Answer[], question = everything) => seenIn(pages, question, about);

describe('pages of twins', () => {
  it('are the same when chance put the same entries on other pages', () => {
    const one = [page(['kort'], { cursor: 'abc' }), page([LONG])];
    const other = [page([LONG], { cursor: 'def' }), page(['kort'])];
    expect(seen(one)).toBe(seen(other));
  });

  it('differ where an order was asked for', () => {
    const ordered: Question = { ...everything, ordered: true };
    const one = [page(['kort'], { cursor: 'abc' }), page([LONG])];
    const other = [page([LONG], { cursor: 'def' }), page(['kort'])];
    expect(seen(one, ordered)).not.toBe(seen(other, ordered));
  });

  it.each<[string, Answer[]]>([
    ['with another number of entries', [page(['kort', LONG], { cursor: 'abc' }), page([])]],
    [
      'with a page more',
      [page(['kort'], { cursor: 'abc' }), page([LONG], { cursor: 'abc' }), page([])],
    ],
    ['with another text', [page(['kort'], { cursor: 'abc' }), page([`${LONG}.`])]],
    ['with a longer cursor', [page(['kort'], { cursor: 'abcdef' }), page([LONG])]],
    [
      'with a length of something else',
      [page(['kort'], { cursor: 'abc', length: 9 }), page([LONG])],
    ],
  ])('differ %s', (_name, other) => {
    const one = [page(['kort'], { cursor: 'abc' }), page([LONG])];
    expect(seen(one)).not.toBe(seen(other));
  });
});

describe('a Provenance of twins', () => {
  const told = (body: string): Answer => ({ status: 200, headers: {}, body, ms: 1 });
  const json = (...targets: string[]) =>
    told(
      JSON.stringify({
        resourceType: 'Bundle',
        entry: [{ resource: { target: targets.map((reference) => ({ reference })), agent: [] } }],
      }),
    );
  const xml = (...targets: string[]) => {
    const all = targets.map((value) => `<target><reference value="${value}"/></target>`);
    return told(`<Bundle><entry><Provenance>${all.join('')}<agent/></Provenance></entry></Bundle>`);
  };

  it.each([
    ['JSON', json],
    ['XML', xml],
  ])(
    'is the same with its targets in another order, and differs by what they are: %s',
    (_n, of) => {
      expect(seen([of('Flag/a', 'Flag/b', 'Flag/c')])).toBe(
        seen([of('Flag/c', 'Flag/a', 'Flag/b')]),
      );
      expect(seen([of('Flag/a', 'Flag/b')])).not.toBe(seen([of('Flag/a', 'Flag/c')]));
      expect(seen([of('Flag/a', 'Flag/b')])).not.toBe(seen([of('Flag/a', 'Flag/a')]));
    },
  );
});
