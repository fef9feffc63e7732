/** What a table of a sender writes to must be there in FHIR, and what it names in the tables. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkOwnTables } from '../../../src/ingest/mapping/check-own-tables.ts';
import { checkedTable, readTables } from '../../../src/ingest/mapping/read-table.ts';
import type { Rule, RuleSet } from '../../../src/ingest/mapping/rule-table.ts';
import { MAPPINGS_FOLDER } from '../../../src/ingest/mapping/sender-overlay.ts';

const shared = {
  rules: [{ id: 'patient', resource: 'Patient', version: 'R4', rules: [] } as unknown as Rule],
  templates: new Map(),
} as unknown as RuleSet;

const check = (...rules: object[]) =>
  checkOwnTables([checkedTable('senders/lab.yaml: /tables/0', { table: 'lab', rules })], shared);
const adding = (field: object) => check({ extend: 'patient', fields: [field] });

describe('a field that is added', () => {
  test.each([
    [{ to: 'contact[].telecom[].value', from: 'ZPI-2', as: 'text' }],
    [{ to: 'multipleBirth[x]', value: true }],
    [{ to: '_birthDate.extension[]', from: 'ZPI-2', fields: [{ to: 'url', value: 'x' }] }],
    [{ to: 'contact[]', from: 'ZPI', fields: [{ to: 'name.text', from: '2' }] }],
    [{ extension: 'https://x.example/y', from: 'ZPI-2', as: 'text' }],
  ])('may write %j', (field) => {
    expect(() => adding(field)).not.toThrow();
  });

  test.each([
    [{ to: 'colour', value: 'red' }, 'Patient has no element "colour"'],
    [{ to: 'name[].colour', value: 'red' }, 'HumanName has no element "colour"'],
    [{ to: 'telecom', from: 'ZPI-2', as: 'XTN' }, '"telecom" holds several: write "telecom[]"'],
    [{ to: 'gender[]', value: 'male' }, '"gender" holds one: write "gender"'],
    [{ to: 'telecom[]', from: 'ZPI-2' }, 'a text is no ContactPoint'],
    [{ to: 'generalPractitioner[]', ref: 'doctor' }, 'no rule "doctor"'],
    [
      { to: 'contact[]', from: 'ZPI', fields: [{ to: 'phone', from: '2' }] },
      'Patient.contact has no element "phone"',
    ],
  ])('may not write %j', (field, reason) => {
    expect(() => adding(field)).toThrow(`senders/lab.yaml: /tables/0/rules/0/fields/0`);
    expect(() => adding(field)).toThrow(reason);
  });
});

test('a rule makes a resource that FHIR knows, under a name of its own', () => {
  const odd = { id: 'own', each: 'ZRX', resource: 'Observatie', key: [['1']], fields: [] };
  expect(() => check(odd)).toThrow('/resource: FHIR has no resource type "Observatie"');
  const twice = { ...odd, id: 'patient', resource: 'Observation' };
  expect(() => check(twice)).toThrow('there is a rule "patient" already');
});

test.each(['hl7v2', 'hl7v3', 'edifact'])('the tables that ship for %s keep to it', (format) => {
  const sources = readTables(join(MAPPINGS_FOLDER, format));
  const none = { rules: [], templates: new Map() } as unknown as RuleSet;
  expect(() => checkOwnTables(sources, none)).not.toThrow();
});
