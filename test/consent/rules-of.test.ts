/** What is kept of choices and relations is bounded by how much it is, not by people alone. */
import { expect, it } from 'vitest';
import { createRulesOf } from '../../src/consent/rules-of.ts';
import type { CareRelation } from '../../src/permission/index.ts';

const relation = (nth: number): CareRelation => ({
  id: `r${nth}`,
  organisation: 'hospital',
  kind: 'encounter',
  from: '2026-03-01T09:00:00+01:00',
  evidence: `Encounter/${nth}`,
  source: 'hospital',
});

it('lets the oldest go when the relations of all become too many, and never the newest', async () => {
  const many = Array.from({ length: 60_000 }, (_, nth) => relation(nth));
  const none = { query: async () => ({ rows: [], rowCount: 0 }) } as never;
  const rulesOf = createRulesOf(
    { epoch: async () => 1 },
    { rulesAt: async () => [] },
    { at: async (_sql, vault) => (vault === 'huge' ? [...many, ...many] : many) },
  );
  const kept = () => ['a', 'b', 'huge', 'c'].filter((vault) => rulesOf.lastRead(vault));
  await rulesOf(none, 'a');
  expect(kept()).toEqual(['a']);
  await rulesOf(none, 'b');
  expect(kept()).toEqual(['b']);
  await rulesOf(none, 'huge');
  expect(kept()).toEqual(['huge']);
  await rulesOf(none, 'c');
  expect(kept()).toEqual(['c']);
});
