/** Which elements each system fills, beside the others: capabilities B12. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCoverage } from '../../src/ingest/coverage.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const result = (code?: string) => ({
  resourceType: 'Observation',
  code: { text: 'Kalium' },
  valueQuantity: { value: 4, unit: 'mmol/l', ...(code === undefined ? {} : { code }) },
});
const DELIVERY = '00000000-0000-4000-8000-000000000001';
const NEXT = '00000000-0000-4000-8000-000000000002';
const SINCE = new Date('2026-01-01');

test('30 percent without a unit are seen as 70, with the deliveries, month by month', async () => {
  let now = new Date('2026-02-10T10:00:00Z');
  const coverage = createCoverage(database.database, () => now);
  const some = (full: number, empty: number) => [
    ...Array.from({ length: full }, () => result('mmol/L')),
    ...Array.from({ length: empty }, () => result()),
  ];
  coverage.count('lab', DELIVERY, some(7, 3));
  const unit = async () =>
    (await coverage.of(database.database, 'lab', SINCE)).find(
      ({ element }) => element === 'valueQuantity.code',
    );
  expect(await unit()).toMatchObject({ seen: 10, filled: 7, lacking: [DELIVERY] });
  // After the mend the next month is full.
  now = new Date('2026-03-10T10:00:00Z');
  coverage.count('lab', NEXT, some(10, 0));
  expect((await unit())?.months).toEqual([
    { month: '2026-02', seen: 10, filled: 7 },
    { month: '2026-03', seen: 10, filled: 10 },
  ]);
});

test('an element counts only where the question arises', async () => {
  const coverage = createCoverage(database.database, () => new Date('2026-02-10'));
  coverage.count('texts', DELIVERY, [
    { resourceType: 'Observation', code: {}, valueString: 'zie onder' },
  ]);
  const all = await coverage.of(database.database, 'texts', SINCE);
  expect(all.map(({ element }) => element)).not.toContain('valueQuantity.code');
  expect(all.find(({ element }) => element === 'value[x]')).toMatchObject({ seen: 1, filled: 1 });
});

test('what others fill is told of two or more together, never of one', async () => {
  const coverage = createCoverage(database.database, () => new Date('2026-02-10'));
  const person = (more: object) => ({ resourceType: 'Patient', name: [{}], ...more });
  coverage.count('me', DELIVERY, [person({})]);
  coverage.count('one', DELIVERY, [person({ birthDate: '1970' })]);
  const birth = async () =>
    (await coverage.of(database.database, 'me', SINCE)).find(
      ({ element }) => element === 'birthDate',
    );
  expect((await birth())?.others).toBeUndefined();
  coverage.count('two', DELIVERY, [person({})]);
  expect(await birth()).toMatchObject({ seen: 1, filled: 0, others: 0.5 });
});
