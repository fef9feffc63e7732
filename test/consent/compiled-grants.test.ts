/** A decision is used again only for the same inputs, for a moment. */
import { describe, expect, it } from 'vitest';
import { createCompiledGrants } from '../../src/consent/compiled-grants.ts';
import type { AccessRequest, ConsentRule, DecisionInputs } from '../../src/permission/index.ts';
import { AT, HOLDERS, inputsOf, PARTIES } from '../permission/random-world.ts';

const [organisation] = PARTIES.filter(({ category }) => category === 'HA');
if (!organisation) throw new Error('no practice');

const request = (more: Partial<AccessRequest> = {}): AccessRequest => ({
  id: 'q',
  correlationId: 'q',
  door: 'fhir',
  client: 'c',
  address: '',
  tokenId: 't',
  purpose: 'TREAT',
  actor: { kind: 'professional', organisation, role: '01.015' },
  ...more,
});

const facts = {
  type: 'Condition',
  id: 'c1',
  custodian: 'hospital',
  category: 'GGC002' as const,
  labels: [],
  codes: [],
  authors: [],
  related: [],
};

const given: DecisionInputs = {
  ...inputsOf({ request: request(), rules: [], facts, birthDate: '1980-05-02' }, AT),
  holders: HOLDERS,
};
const later = (ms: number) => new Date(AT.getTime() + ms);

describe('a compiled decision', () => {
  it('serves again for an equal request of another moment of the same second', () => {
    const compiled = createCompiledGrants();
    const first = compiled('v', given);
    const again = request({ id: 'q2', correlationId: 'q2', address: '10.0.0.1', tokenId: 'u' });
    expect(compiled('v', { ...given, request: again, at: later(900) })).toBe(first);
    expect(compiled('v', { ...given, at: later(1_000) })).not.toBe(first);
    expect(compiled('v', { ...given, at: later(-1) })).not.toBe(first);
  });

  it('does not serve for other choices, another epoch, vault, purpose or person', () => {
    const rules: ConsentRule[] = [];
    for (const other of [
      { rules },
      { epoch: given.epoch + 1 },
      { patient: { ...given.patient } },
      { holders: new Map(HOLDERS) },
      { policy: { ...given.policy } },
      { register: [] },
      { request: request({ purpose: 'COC' }) },
      { request: request({ region: 'noord' }) },
      { request: request({ actor: { kind: 'person' } as never }) },
    ]) {
      const compiled = createCompiledGrants();
      const first = compiled('v', given);
      expect(compiled('v', { ...given, ...other })).not.toBe(first);
      expect(compiled('w', given)).not.toBe(first);
    }
  });

  it('ends at a boundary of its own: a choice that begins in half a second counts then', () => {
    const rule: ConsentRule = {
      id: 'r',
      source: 'dhtv',
      type: 'permit',
      status: 'active',
      dateTime: '2025-10-01T09:00:00+02:00',
      period: { start: later(500).toISOString() },
      performers: [{ rel: 'self' }],
      holder: { level: 'cat', value: 'ZKH' },
      recipient: { level: 'cat', value: 'HA' },
      data: { level: 'all' },
    };
    const compiled = createCompiledGrants();
    const inputs = { ...given, rules: [rule] };
    const first = compiled('v', inputs);
    expect(compiled('v', { ...inputs, at: later(499) })).toBe(first);
    expect(compiled('v', { ...inputs, at: later(500) })).not.toBe(first);
  });
});
