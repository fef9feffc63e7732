import { describe, expect, it } from 'vitest';
import { applyRules } from '../../../src/ingest/mapping/apply-rules.ts';
import { parseCodeTable } from '../../../src/ingest/mapping/code-table.ts';
import { compileTables } from '../../../src/ingest/mapping/compile-tables.ts';
import { compileCondition } from '../../../src/ingest/mapping/condition.ts';
import { type Converters, take } from '../../../src/ingest/mapping/converter.ts';
import { compilePath } from '../../../src/ingest/mapping/path-grammar.ts';
import { parseTable } from '../../../src/ingest/mapping/read-table.ts';
import { layOver } from '../../../src/ingest/mapping/sender-overlay.ts';
import {
  type Cursor,
  rootCursor,
  type SourceNode,
} from '../../../src/ingest/mapping/source-node.ts';
import { select } from '../../../src/ingest/mapping/source-path.ts';

const node = (name: string, given: string | SourceNode[], place = name): SourceNode =>
  typeof given === 'string'
    ? { name, place, value: given, children: [] }
    : { name, place, value: undefined, children: given };

const tree = node('message', [
  node('PID', [node('3', 'P-1', 'PID-3'), node('8', 'F', 'PID-8'), node('9', 'x', 'PID-9')]),
  node('GROUP', [
    node('OBX', [node('3', 'NA', 'OBX[1]-3'), node('5', '140', 'OBX[1]-5')]),
    node('NTE', [node('3', 'first', 'NTE[1]-3')]),
  ]),
  node('GROUP', [node('OBX', [node('3', 'K', 'OBX[2]-3'), node('5', '4.10', 'OBX[2]-5')])]),
]);

const converters: Converters = {
  code: {
    type: 'code',
    convert(source, context) {
      const text = take(context, source);
      const row = text === undefined ? undefined : context.table?.rows.get(text);
      if (text !== undefined && !row) context.reject(source, 'unknown-code', 'Not in the table.');
      return row?.code;
    },
  },
};
const codes = new Map([['sex', parseCodeTable('sex', 'from,code\nM,male\nF,female\n')]]);

const YAML = `
table: lab
rules:
  - id: patient
    each: PID
    resource: Patient
    key: ['3']
    fields:
      - { to: gender, from: '8', as: code, through: sex }
  - id: result
    each: GROUP/OBX
    resource: Observation
    key: ['3', /PID-3]
    fields:
      - { to: code.text, from: '3', required: true }
      - { to: valueString, from: '5' }
      - { to: 'note[]', from: ../NTE, fields: [ { to: text, from: '3' } ] }
      - { to: subject, ref: patient }
ignored:
  - { from: PID-3, because: "Only the key of the person." }
`;
const source = (yaml: string) => parseTable('lab.yaml', yaml);
const rules = () => compileTables([source(YAML)], converters, codes);
const overlay = (id = 'lab-one', off: string[] = []) => layOver(id, {}, { off });

describe('the mapping engine', () => {
  it('makes one resource for each node and links them by the same urn', () => {
    const { made } = applyRules(rules(), tree, overlay());
    const [patient, sodium, potassium] = made.map((one) => one.resource);
    expect(made.map((one) => one.resource.resourceType)).toEqual([
      'Patient',
      'Observation',
      'Observation',
    ]);
    expect(patient).toMatchObject({ gender: 'female' });
    expect(sodium).toMatchObject({
      code: { text: 'NA' },
      valueString: '140',
      note: [{ text: 'first' }],
      subject: { reference: made[0]?.fullUrl, type: 'Patient' },
    });
    expect(potassium).not.toHaveProperty('note');
  });

  it('gives a resend the same identities, and another sender others', () => {
    const urls = (id: string) => applyRules(rules(), tree, overlay(id)).made.map((m) => m.fullUrl);
    expect(urls('lab-one')).toEqual(urls('lab-one'));
    expect(new Set([...urls('lab-one'), ...urls('lab-two')]).size).toBe(6);
  });

  it('accounts for every value: mapped, ignored with its reason, or unread', () => {
    const { issues } = applyRules(rules(), tree, overlay());
    const kinds = Object.fromEntries(issues.map((issue) => [issue.place, issue.kind]));
    expect(kinds).toEqual({
      'PID-3': 'ignored',
      'PID-8': 'mapped',
      'PID-9': 'unread',
      'OBX[1]-3': 'mapped',
      'OBX[1]-5': 'mapped',
      'NTE[1]-3': 'mapped',
      'OBX[2]-3': 'mapped',
      'OBX[2]-5': 'mapped',
    });
  });

  it('leaves a value unread, with the rule that objected, when a code is in no table', () => {
    const odd = node('message', [node('PID', [node('3', 'P-1'), node('8', 'Q', 'PID-8')])]);
    const { issues } = applyRules(rules(), odd, overlay());
    expect(issues.filter((issue) => issue.place === 'PID-8')).toMatchObject([
      { kind: 'unread' },
      { kind: 'rule', code: 'unknown-code', rule: 'patient.gender' },
    ]);
  });

  it('switches a rule or a field off for one sender', () => {
    const { made } = applyRules(
      rules(),
      tree,
      overlay('lab-one', ['patient', 'result.valueString']),
    );
    expect(made).toHaveLength(2);
    expect(made[0]?.resource).not.toHaveProperty('valueString');
  });

  it('lets a sender add fields to a rule from its own table', () => {
    const own = source(
      'table: own\nrules: [{ extend: patient, fields: [{ to: "name[].text", from: "9" }] }]',
    );
    const extended = compileTables([source(YAML), own], converters, codes);
    expect(applyRules(extended, tree, overlay()).made[0]?.resource).toMatchObject({
      name: [{ text: 'x' }],
    });
  });

  it.each([
    [
      'an unknown key',
      'table: t\nrules:\n  - id: a\n    feilds: []\n',
      /line 4: .*unknown key "feilds"/,
    ],
    [
      'an unknown converter',
      'table: t\nrules:\n  - fields:\n    - to: x\n      as: CWEE\n',
      /line 5: .*no converter "CWEE"/,
    ],
    [
      'an unknown code table',
      'table: t\nrules:\n  - fields:\n    - to: x\n      through: nope\n',
      /line 5: .*no code table "nope"/,
    ],
    [
      'an unknown template',
      'table: t\nrules:\n  - fields:\n    - to: x\n      make: nope\n',
      /line 5: .*no template "nope"/,
    ],
    [
      'a path that is none',
      "table: t\nrules:\n  - each: 'PID-[3'\n",
      /line 3: .*Not a source path/,
    ],
    [
      'a condition that is none',
      "table: t\nrules:\n  - when: 'PID-3 is a'\n",
      /line 3: .*Not a condition/,
    ],
  ])('refuses a table with %s, naming file and line', (_, yaml, message) => {
    expect(() => compileTables([parseTable('t.yaml', yaml)], converters, codes)).toThrow(message);
  });
});

describe('source paths', () => {
  const found = (path: string) =>
    select(rootCursor(tree), compilePath(path)).map((c) => c.node.place);
  it.each([
    ['PID-3', ['PID-3']],
    ['PID.3.1', ['PID-3']],
    ['GROUP[2]/OBX/3', ['OBX[2]-3']],
    ["GROUP[OBX-3='K']/OBX-5", ['OBX[2]-5']],
    ['GROUP[NTE]/OBX-3', ['OBX[1]-3']],
    ['GROUP/NTE/../OBX-3', ['OBX[1]-3']],
    ["**[3='NA']/5", ['OBX[1]-5']],
    ['GROUP[2]/OBX/^GROUP/OBX-3', ['OBX[2]-3']],
    ['GROUP[1]/NTE/^message/PID-8', ['PID-8']],
    ['ZXX-1', []],
  ])('%s', (path, places) => {
    expect(found(path)).toEqual(places);
  });
});

describe('conditions', () => {
  const holds = (text: string) => compileCondition(text)(rootCursor(tree));
  it.each([
    ["PID-8 = 'F'", true],
    ["PID-8 != 'F'", false],
    ["PID-8 in ('M','F') and exists GROUP/NTE", true],
    ["not exists ZXX or PID-8 = 'Q'", true],
    ["not (PID-8 = 'F' or PID-9 = 'y')", false],
    ["GROUP/OBX-5 > 139 and GROUP/OBX-5 <= '4.1'", true],
    ["PID-3 starts 'P-'", true],
    ['GROUP[1]/OBX-5 until GROUP[1]/OBX-5', true],
    ['PID-8 until ZXX', true],
    ['ZXX until PID-8', false],
    ['PID-8 = PID-8 and PID-8 != PID-9', true],
    ["GROUP[OBX-3='K']/OBX-5 = '4.10'", true],
  ])('%s is %s', (text, expected) => {
    expect(holds(text)).toBe(expected);
  });
});

describe('a path through everything below a node', () => {
  const leaf = (name: string, place: string, value: string): SourceNode => ({
    name,
    place,
    value,
    children: [],
  });
  const tree: SourceNode = {
    name: 'a',
    place: '/a',
    value: undefined,
    children: [
      leaf('@code', '/a/@code', '1'),
      {
        name: 'b',
        place: '/a/b',
        value: undefined,
        children: [
          leaf('@code', '/a/b/@code', '2'),
          { name: 'b', place: '/a/b/b', value: undefined, children: [] },
          leaf('c', '/a/b/c', '3'),
        ],
      },
    ],
  };
  const found = (path: string, from: Cursor) =>
    select(from, compilePath(path)).map((one) => one.node.place);
  const root = rootCursor(tree);

  it('finds names and attributes from the root and from a part of it alike', () => {
    expect(found('**/@code', root)).toEqual(['/a/@code', '/a/b/@code']);
    const [part] = select(root, compilePath('b'));
    if (!part) throw new Error('there is a b');
    expect(found('**/@code', part)).toEqual(['/a/b/@code']);
    expect(found('**/b', part)).toEqual(['/a/b/b']);
    expect(found('**/c/..', part)).toEqual(['/a/b']);
  });
});
