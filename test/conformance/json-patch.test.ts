/** RFC 6902, on resources. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyJsonPatch,
  R4,
  readFhir,
  readJsonPatch,
  writeFhir,
} from '../../src/conformance/index.ts';
import { Problem } from '../../src/platform/problem.ts';

const read = (json: string) => readFhir(Buffer.from(json), { format: 'json', version: R4 });
const OBSERVATION = read(
  '{"resourceType":"Observation","id":"a","status":"final","valueQuantity":{"value":1.50},"note":[{"text":"1"},{"text":"2"}]}',
);

const apply = (operations: unknown) =>
  applyJsonPatch(OBSERVATION, readJsonPatch(Buffer.from(JSON.stringify(operations))));

const kindOf = (act: () => unknown): string => {
  try {
    act();
    return 'none';
  } catch (error) {
    return Problem.from(error).kind;
  }
};

describe('JSON Patch', () => {
  it.each([
    [[{ op: 'replace', path: '/status', value: 'amended' }], { status: 'amended' }],
    [
      [{ op: 'add', path: '/note/1', value: { text: 'x' } }],
      { note: [{ text: '1' }, { text: 'x' }, { text: '2' }] },
    ],
    [
      [{ op: 'add', path: '/note/-', value: { text: 'x' } }],
      { note: [{ text: '1' }, { text: '2' }, { text: 'x' }] },
    ],
    [[{ op: 'remove', path: '/note/0' }], { note: [{ text: '2' }] }],
    [[{ op: 'move', from: '/note/0/text', path: '/note/1/text' }], { note: [{}, { text: '1' }] }],
    [
      [{ op: 'copy', from: '/note/0', path: '/note/-' }],
      { note: [{ text: '1' }, { text: '2' }, { text: '1' }] },
    ],
    [[{ op: 'test', path: '/note/0/text', value: '1' }], { status: 'final' }],
  ])('does %j', (operations, expected) => {
    expect(apply(operations)).toMatchObject(expected);
  });

  it('keeps the digits of decimals, of the resource and of the patch', () => {
    const patch = '[{"op":"add","path":"/referenceRange","value":[{"low":{"value":2.10}}]}]';
    const after = applyJsonPatch(OBSERVATION, readJsonPatch(Buffer.from(patch)));
    const text = writeFhir(after, { format: 'json', version: R4 }).toString();
    expect(text).toContain('"value":1.50');
    expect(text).toContain('"value":2.10');
  });

  it.each([
    ['/valueQuantity/value', '1.5'],
    ['/valueQuantity/value', '1.500'],
    ['/valueQuantity/value', '15e-1'],
    ['/valueQuantity', '{"value":1.5}'],
    ['/valueQuantity/value', '1.51', 'unprocessable'],
    ['/valueQuantity/value', '-1.5', 'unprocessable'],
    ['/valueQuantity/value', '15', 'unprocessable'],
    ['/valueQuantity/value', '{"text":"1.50"}', 'unprocessable'],
    ['/valueQuantity/value', '"1.50"', 'unprocessable'],
    ['/valueQuantity', '{"value":1.5,"unit":"kg"}', 'unprocessable'],
    ['/note', '[{"text":"1"}]', 'unprocessable'],
    ['/note', '{"0":{"text":"1"},"1":{"text":"2"}}', 'unprocessable'],
  ])('tests %s for %s by its amount', (path, value, kind = 'none') => {
    const patch = `[{"op":"test","path":"${path}","value":${value}}]`;
    const act = () => applyJsonPatch(OBSERVATION, readJsonPatch(Buffer.from(patch)));
    expect(kindOf(act)).toBe(kind);
  });

  it('leaves no list without an entry, and lets a later operation add to it', () => {
    const taken = [0, 1].map(() => ({ op: 'remove', path: '/note/0' }));
    expect(apply(taken)).not.toHaveProperty('note');
    const again = { op: 'add', path: '/note/-', value: { text: '3' } };
    expect(apply([...taken, again])).toMatchObject({ note: [{ text: '3' }] });
    expect(apply([{ op: 'add', path: '/category', value: [] }])).toHaveProperty('category', []);
  });

  it('tests every digit of a number, and members in any order', () => {
    const long = '0.12345678901234567890';
    const quantity = `{"value":${long},"unit":"g"}`;
    const resource = read(`{"resourceType":"Observation","valueQuantity":${quantity}}`);
    const tested = (value: string) => {
      const patch = `[{"op":"test","path":"/valueQuantity","value":${value}}]`;
      return kindOf(() => applyJsonPatch(resource, readJsonPatch(Buffer.from(patch))));
    };
    expect(tested(`{"unit":"g","value":${long}00}`)).toBe('none');
    expect(tested(`{"unit":"g","value":${long}1}`)).toBe('unprocessable');
  });

  it.each([
    [{}, 'invalid'],
    [[{ op: 'nonsense', path: '/a' }], 'invalid'],
    [[{ op: 'add', path: '/a' }], 'invalid'],
    [[{ op: 'remove', path: 'a' }], 'invalid'],
    [[{ op: 'copy', path: '/a' }], 'invalid'],
    [[null], 'invalid'],
    [[{ op: 'remove', path: '' }], 'unprocessable'],
    [[{ op: 'remove', path: '/nothing' }], 'unprocessable'],
    [[{ op: 'replace', path: '/nothing', value: 1 }], 'unprocessable'],
    [[{ op: 'add', path: '/note/9', value: 1 }], 'unprocessable'],
    [[{ op: 'add', path: '/note/01', value: 1 }], 'unprocessable'],
    [[{ op: 'add', path: '/__proto__/x', value: 1 }], 'unprocessable'],
    [[{ op: 'add', path: '/constructor/prototype/x', value: 1 }], 'unprocessable'],
    [[{ op: 'test', path: '/status', value: 'other' }], 'unprocessable'],
    [[{ op: 'move', from: '/note', path: '/note/0' }], 'unprocessable'],
    [[{ op: 'replace', path: '', value: 1 }], 'unprocessable'],
  ])('refuses %j as %s', (operations, kind) => {
    expect(kindOf(() => apply(operations))).toBe(kind);
  });

  it('refuses a body that holds more than the patch', () => {
    expect(kindOf(() => readJsonPatch(Buffer.from('[],"resourceType":"x"')))).toBe('invalid');
  });

  it('never fails but with a Problem, and never changes what it was given', () => {
    const before = JSON.stringify(OBSERVATION);
    const paths = fc.constantFrom(
      '',
      '/status',
      '/note',
      '/note/0',
      '/note/-',
      '/note/9',
      '/x',
      '/valueQuantity/value',
    );
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'),
      path: paths,
      from: paths,
      value: fc.jsonValue({ maxDepth: 2 }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 6 }), (operations) => {
        const kind = kindOf(() => apply(operations));
        expect(['none', 'invalid', 'unprocessable']).toContain(kind);
        expect(JSON.stringify(OBSERVATION)).toBe(before);
      }),
    );
  });
});
