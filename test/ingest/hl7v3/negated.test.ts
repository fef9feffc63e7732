/** What is denied is found by its place, however much there is of it. */
import { expect, it } from 'vitest';
import { madeOfDenied } from '../../../src/ingest/hl7v3/negated.ts';
import type { Made } from '../../../src/ingest/mapping/later-reference.ts';

const MANY = 8_000;
/** Far above what it takes, far below the product of both. */
const MILLISECONDS_MAX = 2_000;

const made = (resourceType: string, place: string, name = 'observation') =>
  ({ resource: { resourceType }, from: { node: { name, place } } }) as unknown as Made;
const denial = (element: string) => ({
  ...({ kind: 'rule', severity: 'error', code: 'negated-unread', text: '' } as const),
  place: `${element}/@negationInd`,
});

it('eight thousand denials in a document of eight thousand entries take no long time', () => {
  const entry = (nth: number) => `/ClinicalDocument/component/entry[${nth}]/observation`;
  const all = Array.from({ length: MANY }, (_, nth) => made('Observation', entry(nth + 1)));
  const denials = all.map((_, nth) => denial(`${entry(nth + 1)}/value`));
  const start = process.cpuUsage().user;
  expect(madeOfDenied(all, denials)?.size).toBe(MANY);
  expect((process.cpuUsage().user - start) / 1_000).toBeLessThan(MILLISECONDS_MAX);
});

it('what was made there or below, else nearest around; of a person or nothing nobody can tell', () => {
  const patient = made('Patient', '/doc/patient', 'patient');
  const list = made('List', '/doc/section', 'section');
  const item = made('Condition', '/doc/section/entry[1]/act/observation');
  const message = made('Bundle', '/doc', 'payload');
  const all = [patient, list, item, message];
  const of = (element: string) => madeOfDenied(all, [denial(element)]);
  expect([...(of('/doc/section/entry[1]/act') ?? [])]).toEqual([item]);
  expect([...(of('/doc/section/entry[1]/act/observation/value') ?? [])]).toEqual([item]);
  expect([...(of('/doc/section/entry[10]/act') ?? [])]).toEqual([list]);
  expect(of('/doc/other')).toBeUndefined();
  expect([...(of('/doc/patient') ?? [])]).toEqual([patient]);
});
