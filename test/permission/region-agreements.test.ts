/** Agreements that contradict themselves or can never be are refused at the start (C11). */
import { describe, expect, it } from 'vitest';
import { impossibleMemberships, parseRegionAgreements } from '../../src/permission/index.ts';

const parse = (regions: string) =>
  parseRegionAgreements(`{ "version": "1", "regions": {\n${regions}\n} }`, 'regions.json');
const GOOD = '{ "active": true, "emergencyAgreement": true, "purposes": ["TREAT", "ETREAT"] }';

describe('the agreements of the regions', () => {
  it('are taken as they are when they can be', () => {
    expect(parse(`"noord": ${GOOD}`).regions['noord']).toMatchObject({ active: true });
  });

  it('of which one name stands twice are refused with both lines', () => {
    const twice = `"noord": ${GOOD},\n"noord": { "active": false }`;
    expect(() => parse(twice)).toThrow(/regions\.json:2 .*and regions\.json:3 .*contradict/s);
  });

  it.each([
    ['"emergencyAgreement": true, "purposes": ["TREAT"]', /annex, and not the purpose ETREAT/],
    ['"emergencyAgreement": false, "purposes": ["ETREAT"]', /no emergency annex/],
    ['"emergencyAgreement": false, "purposes": []', /nothing may be asked/],
    ['"emergencyAgreement": false, "purposes": ["HMARKT"]', /marketing/],
    ['"emergencyAgreement": false, "purposes": ["TREET"]', /unknown purpose TREET/],
    ['"emergencyAgreement": "no", "purposes": ["TREAT"]', /is true or false/],
    [
      '"emergencyAgreement": false, "purposes": ["COC"], "careRelation": "required"',
      /which it does not allow/,
    ],
    ['"emergencyAgreement": false, "purposes": ["TREAT"], "basePolcy": "deny"', /basePolcy/],
  ])('with %s are refused', (fields, message) => {
    expect(() => parse(`"noord": { "active": true, ${fields} }`)).toThrow(message);
  });

  it('tell every mistake at once', () => {
    const wrong = '"a": { "active": 1 }, "b": { "active": true, "purposes": ["X"] }';
    expect(() => parse(wrong)).toThrow(/a\.active.*b names an unknown purpose X/s);
  });

  it('that nobody can be a member of are told by name', () => {
    const member = (id: string, from?: string, until?: string) => ({
      name: 'Ziekenhuis Proef',
      regions: [{ id, ...(from ? { from } : {}), ...(until ? { until } : {}) }],
    });
    const { regions } = parse(`"noord": ${GOOD}`);
    expect(impossibleMemberships([member('noord')], regions)).toEqual([]);
    expect(impossibleMemberships([member('west')], regions)[0]).toMatch(/no agreement/);
    expect(
      impossibleMemberships([member('noord', '2026-02-01', '2026-01-01')], regions)[0],
    ).toMatch(/never/);
  });
});
