import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { R4, readFhir } from '../../src/conformance/index.ts';
import { jsonFaultAt, lineAndColumn } from '../../src/conformance/json-fault.ts';

describe('where a text stops being JSON', () => {
  it.each([
    ['{"a":1,}', 7],
    ['{"a":1 "b":2}', 7],
    ['{"a":tru}', 5],
    ['[1,2', 4],
    ['{"a":"line\nbreak"}', 5],
    ['{"a":01}', 6],
    ['{} {}', 3],
    ['', 0],
    ['{"a":"\\x"}', 5],
  ])('%j at %i', (text, at) => {
    expect(jsonFaultAt(text)).toBe(at);
  });

  it('is behind the end for every JSON text, and before it for every beginning of one', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, cut) => {
        expect(jsonFaultAt(text)).toBe(text.length);
        const part = text.slice(0, cut % text.length);
        expect(jsonFaultAt(part)).toBeLessThanOrEqual(part.length);
      }),
    );
  });

  it('is found in a string of megabytes', () => {
    const text = `{"data":"${'QUJD'.repeat(2_000_000)}", oops}`;
    expect(jsonFaultAt(text)).toBe(text.indexOf('oops'));
  });
});

describe('a body that cannot be read is refused with the place', () => {
  it.each([
    ['{"resourceType":"Patient",\n "active": yes}', 'line 2, column 12'],
    [Buffer.from('{"a":\n"\ufffd ok \xff"}', 'latin1'), 'line 2'],
    [Buffer.concat([Buffer.from('{"a":"\ufffd '), Buffer.from([0xff])]), 'line 1, column 9'],
  ])('%j', (body, place) => {
    const read = () => readFhir(Buffer.from(body), { format: 'json', version: R4 });
    expect(read).toThrow(place);
  });

  it('counts from one', () => {
    expect(lineAndColumn('a\nbc', 3)).toBe('line 2, column 2');
    expect(lineAndColumn('', 0)).toBe('line 1, column 1');
  });
});
