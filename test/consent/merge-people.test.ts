/** Merge and unmerge of people: what was refused stays refused, and who read the mix is told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergePeople, rekeyPerson, unmergePeople } from '../../src/consent/index.ts';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const OPERATOR = { kind: 'operator' as const, id: 'test' };

const roomsOf = () => ({
  ...gateway.rooms,
  choices: gateway.rooms.consent.choices,
  relations: gateway.rooms.consent.relations,
});

describe('a new key for a person', () => {
  it('changes nothing that anybody sees, and stands in the ledger', async () => {
    const one = person(133);
    const self = urn(one.bsn);
    const two = [entry(self, patientOf(one)), entry(urn('k'), observation('k133', self))];
    await gateway.send('epd-proef', transaction(two));
    const vault = await vaultOf(gateway, one);
    const token = await gateway.token('epd-proef');
    const form = { 'patient.identifier': `http://fhir.nl/fhir/NamingSystem/bsn|${one.bsn}` };
    const seen = async () => {
      const answer = await gateway.ask('/fhir/r4/Observation/_search', { token, form });
      return answer.json().entry;
    };
    const before = await seen();
    expect(await rekeyPerson(gateway.rooms, one.bsn, 'test')).toMatchObject({ resources: 2 });
    expect(await seen()).toEqual(before);
    expect(before).toHaveLength(1);
    const { entries } = await gateway.rooms.ledger.ofPatient(vault);
    expect(entries.map(({ record }) => record.event)).toContain('key-change');
    expect(await rekeyPerson(gateway.rooms, person(134).bsn, 'test')).toBeUndefined();
  });
});

describe('people who are one', () => {
  it('are merged with their refusals, and the readers of the mix are known', async () => {
    const [stays, goes] = [person(131), person(132)];
    for (const [sender, one] of [
      ['epd-proef', stays],
      ['epd-ander', goes],
    ] as const) {
      const self = urn(one.bsn);
      await gateway.send(
        sender,
        transaction([
          entry(self, patientOf(one)),
          entry(urn(`o${one.bsn}`), observation(`o${one.bsn}`, self)),
          entry(urn(`c${one.bsn}`), condition(`c${one.bsn}`, self)),
        ]),
      );
    }
    await choose(gateway, stays, [HOSPITALS_TO_GPS]);
    await choose(gateway, goes, [
      { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'type', value: 'Condition' } },
    ]);
    const [vault, merged] = [await vaultOf(gateway, stays), await vaultOf(gateway, goes)];
    const made = await mergePeople(roomsOf(), vault, merged, OPERATOR);
    expect(made.resources).toBe(3);
    expect(await vaultOf(gateway, goes)).toBe(vault);

    const token = await gateway.token('partner-huisarts');
    const total = async (type: string, { bsn }: { bsn: string }) => {
      const form = { 'patient.identifier': `http://fhir.nl/fhir/NamingSystem/bsn|${bsn}` };
      return (await gateway.ask(`/fhir/r4/${type}/_search`, { token, form })).json().total;
    };
    for (const one of [stays, goes]) {
      expect(await total('Observation', one)).toBe(1);
      expect(await total('Condition', one)).toBe(0);
    }

    const { store, database } = gateway.rooms;
    expect(await store.merges(database, vault)).toMatchObject([{ id: made.id, merged }]);
    const apart = await unmergePeople(roomsOf(), vault, merged, OPERATOR);
    expect(apart.resources).toBe(3);
    expect(await store.merges(database, vault)).toEqual([]);
    const readers = apart.readers.filter(({ event }) => event === 'search-type');
    expect(readers).toHaveLength(2);
    expect(readers[0]).toMatchObject({ agent: 'dokter-1', released: 1 });
    expect(await vaultOf(gateway, goes)).toBe(merged);
    for (const one of [vault, merged]) {
      const lines = await gateway.rooms.ledger.ofPatient(one);
      const events = lines.entries.map(({ record }) => record.event);
      expect(events).toEqual(expect.arrayContaining(['merge', 'unmerge']));
      expect(lines.complete).toBe(true);
    }
  });

  it('stay refused when they are taken apart, what was refused in between too', async () => {
    const [stays, goes] = [person(135), person(136)];
    for (const [sender, one] of [
      ['epd-proef', stays],
      ['epd-ander', goes],
    ] as const) {
      const self = urn(one.bsn);
      const both = [
        entry(self, patientOf(one)),
        entry(urn(`c${one.bsn}`), condition(one.bsn, self)),
      ];
      await gateway.send(sender, transaction(both));
      await choose(gateway, one, [HOSPITALS_TO_GPS]);
    }
    const [vault, merged] = [await vaultOf(gateway, stays), await vaultOf(gateway, goes)];
    const token = await gateway.token('partner-huisarts');
    const isOpen = async ({ bsn }: { bsn: string }) => {
      const form = { 'patient.identifier': `http://fhir.nl/fhir/NamingSystem/bsn|${bsn}` };
      return (await gateway.ask('/fhir/r4/Condition/_search', { token, form })).json().total > 0;
    };
    expect([await isOpen(stays), await isOpen(goes)]).toEqual([true, true]);
    await mergePeople(roomsOf(), vault, merged, OPERATOR);
    expect([await isOpen(stays), await isOpen(goes)]).toEqual([true, true]);
    // By the page of the mixed record; nobody can say which of the two it was.
    await choose(gateway, goes, [{ ...HOSPITALS_TO_GPS, type: 'deny' }]);
    expect([await isOpen(stays), await isOpen(goes)]).toEqual([false, false]);
    await unmergePeople(roomsOf(), vault, merged, OPERATOR);
    expect([await isOpen(stays), await isOpen(goes)]).toEqual([false, false]);
    await choose(gateway, goes, [HOSPITALS_TO_GPS]);
    expect([await isOpen(stays), await isOpen(goes)]).toEqual([false, true]);
  });

  async function two(numbers: readonly [number, number]) {
    const people = numbers.map((number) => person(number));
    for (const one of people) {
      const self = urn(one.bsn);
      const both = [
        entry(self, patientOf(one)),
        entry(urn(`c${one.bsn}`), condition(one.bsn, self)),
      ];
      await gateway.send('epd-proef', transaction(both));
    }
    const [vault = '', merged = ''] = await Promise.all(people.map((one) => vaultOf(gateway, one)));
    return { people, vault, merged };
  }

  const REFUSAL = { ...HOSPITALS_TO_GPS, type: 'deny' as const };
  const refusalsOf = async (vault: string) =>
    (await gateway.rooms.consent.choices.list(vault)).choices.filter(
      ({ rule }) => rule.type === 'deny' && rule.status === 'active',
    );

  it('keep what a source told in between of an earlier day', async () => {
    const { people, vault, merged } = await two([137, 138]);
    await mergePeople(roomsOf(), vault, merged, OPERATOR);
    await choose(gateway, people[1] as never, [{ ...REFUSAL, dateTime: '2026-01-05T10:00:00Z' }]);
    await unmergePeople(roomsOf(), vault, merged, OPERATOR);
    expect(await refusalsOf(vault)).toHaveLength(1);
    expect(await refusalsOf(merged)).toHaveLength(1);
  });

  it('are merged with however many refusals, and again without doubling them', async () => {
    const { people, vault, merged } = await two([139, 141]);
    const many = Array.from({ length: 220 }, (_, at) => ({
      ...REFUSAL,
      data: { level: 'code' as const, value: `urn:test|${at}` },
    }));
    await choose(gateway, people[1] as never, many.slice(0, 110));
    await choose(gateway, people[1] as never, many.slice(110));
    await mergePeople(roomsOf(), vault, merged, OPERATOR);
    expect(await refusalsOf(vault)).toHaveLength(220);
    await unmergePeople(roomsOf(), vault, merged, OPERATOR);
    await mergePeople(roomsOf(), vault, merged, OPERATOR);
    expect(await refusalsOf(vault)).toHaveLength(220);
  });

  it('lose no refusal that is made while they are merged', async () => {
    const { people, vault, merged } = await two([142, 143]);
    const { store } = gateway.rooms;
    let saved = false;
    const slow = {
      ...store,
      async merge(...asked: Parameters<typeof store.merge>) {
        if (!saved) await choose(gateway, people[1] as never, [REFUSAL]);
        saved = true;
        return store.merge(...asked);
      },
    };
    await mergePeople({ ...roomsOf(), store: slow }, vault, merged, OPERATOR);
    expect(await refusalsOf(vault)).toHaveLength(1);
  });

  it('take no choice in the record that went', async () => {
    const { vault, merged } = await two([144, 145]);
    await mergePeople(roomsOf(), vault, merged, OPERATOR);
    const act = { performers: [{ rel: 'self' as const }], agent: OPERATOR, channel: 'portal' };
    const text = { version: '1', language: 'nl' as const, digest: '' };
    const saved = gateway.rooms.consent.choices.save(
      merged,
      [{ kind: 'put', rule: REFUSAL }],
      { ...act, text },
      { patient: {} },
    );
    await expect(saved).rejects.toMatchObject({ kind: 'not-found' });
    expect(await refusalsOf(merged)).toEqual([]);
  });
});
