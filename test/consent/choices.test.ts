/** A person's choices on a real database: they count at once, in line, and stay explained. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerEvent } from '../../src/audit/ledger-entry.ts';
import type { ChoiceAct, NewRule } from '../../src/consent/choice.ts';
import { createChoices } from '../../src/consent/choices.ts';
import { createRulesOf } from '../../src/consent/rules-of.ts';
import { newKeyring, openKeyring } from '../../src/identity/index.ts';
import {
  compileGrant,
  type Party,
  type ResourceFacts,
  standardPolicy,
} from '../../src/permission/index.ts';
import { createStore } from '../../src/store/index.ts';
import { asOwner } from '../audit/ledgers.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const NOW = new Date('2026-03-10T10:00:00+01:00');
const clock = () => NOW;
const store = createStore({
  keyring: openKeyring(newKeyring({ demo: true, name: 'test/audit' })),
  clock,
});

const hospital: Party = { id: 'h', ura: '', type: 'V6', category: 'ZKH', regions: ['noord'] };
const practice: Party = { id: 'p', ura: '', type: 'Z3', category: 'HA', regions: ['noord'] };
const patient = { birthDate: '1980-05-02' };

const act: ChoiceAct = {
  performers: [{ rel: 'self' }],
  agent: { kind: 'person', id: 'v' },
  channel: 'portal',
  assurance: 'substantial',
  text: { version: '2026-1', language: 'nl', digest: 'd'.repeat(64) },
};

const hospitalsToGps: NewRule = {
  type: 'permit',
  holder: { level: 'cat', value: 'ZKH' },
  recipient: { level: 'cat', value: 'HA' },
  data: { level: 'ggc', value: 'GGC002' },
};

let db: TestDatabase;
/** Events that were handed to the ledger, in order. */
const events: LedgerEvent[] = [];

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

function open() {
  const choices = createChoices({
    database: db.database,
    store,
    clock,
    ledger: {
      write: async (_tx: unknown, event: LedgerEvent) => {
        events.push(event);
        return { event } as never;
      },
      numbered: async () => [{ ledger: 'test/audit', seq: events.length, leafHash: '' }],
    },
  });
  return { choices, rulesOf: createRulesOf(store, choices, { at: async () => [] }) };
}

const newVault = () => db.database.transaction((tx) => store.openVault(tx, []));

/** What the practice would get of the hospital's diagnosis, decided on an instance of its own. */
async function decideFor(vault: string, rulesOf = open().rulesOf) {
  const { epoch, rules } = await rulesOf(db.database, vault);
  const diagnosis: ResourceFacts = {
    type: 'Condition',
    id: 'c1',
    custodian: 'h',
    category: 'GGC002',
    labels: [],
    codes: [],
    authors: [],
    related: [],
  };
  const grant = compileGrant({
    request: {
      id: 'q',
      correlationId: 'q',
      door: 'fhir',
      client: 'p',
      address: '',
      tokenId: 't',
      purpose: 'TREAT',
      actor: { kind: 'professional', organisation: practice },
    },
    at: NOW,
    epoch,
    patient,
    rules,
    holders: new Map([hospital, practice].map((one) => [one.id, one])),
    policy: standardPolicy(),
  });
  return { epoch, verdict: grant.covers(diagnosis) };
}

describe('a saved choice', () => {
  it('counts from the next decision on, on every instance, and no longer after withdrawal', async () => {
    const vault = await newVault();
    const { choices } = open();
    const elsewhere = open();
    expect((await decideFor(vault, elsewhere.rulesOf)).verdict).toMatchObject({
      permit: false,
      reason: 'nothing-on-record',
    });

    const saved = await choices.save(vault, [{ kind: 'put', rule: hospitalsToGps }], act, {
      patient,
    });
    const [choice] = saved.choices;
    const after = await decideFor(vault, elsewhere.rulesOf);
    expect(after.epoch).toBe(saved.epoch);
    expect(after.verdict).toMatchObject({ permit: true, basis: [`${choice?.rule.id}@1`] });

    const id = choice?.rule.id ?? '';
    await choices.save(vault, [{ kind: 'withdraw', id }], act, { patient });
    expect((await decideFor(vault, elsewhere.rulesOf)).verdict.permit).toBe(false);
  });

  it('that was withdrawn stays so when the epoch of the record is set back by another hand', async () => {
    const vault = await newVault();
    const told: unknown[] = [];
    const { choices } = open();
    const saved = await choices.save(vault, [{ kind: 'put', rule: hospitalsToGps }], act, {
      patient,
    });
    const id = saved.choices[0]?.rule.id ?? '';
    await choices.save(vault, [{ kind: 'withdraw', id }], act, { patient });
    await asOwner(db.ownerUrl, `update vault set epoch = epoch - 1 where id = '${vault}'`);
    const none = { at: async () => [] };
    const rulesOf = createRulesOf(store, choices, none, (...one) => told.push(one));
    expect(await decideFor(vault, rulesOf)).toMatchObject({
      ...{ epoch: saved.epoch, verdict: { permit: false } },
    });
    expect(told).toEqual([[vault, saved.epoch]]);
  });

  it('stands in the ledger with its receipt and the text that was read', async () => {
    const vault = await newVault();
    const { choices } = open();
    const saved = await choices.save(vault, [{ kind: 'put', rule: hospitalsToGps }], act, {
      patient,
    });
    expect(events.at(-1)).toMatchObject({
      class: 'evidence',
      event: 'consent-change',
      patient: vault,
      epoch: saved.epoch,
      basis: [`${saved.choices[0]?.rule.id}@1`],
      detail: { receipt: saved.receipt.id, textDigest: act.text.digest },
    });
    expect(await choices.receipt(vault, saved.receipt.id)).toEqual(saved.receipt);
  });

  it('leaves nothing readable in the table', async () => {
    const vault = await newVault();
    const { choices } = open();
    await choices.save(vault, [{ kind: 'put', rule: hospitalsToGps }], act, { patient });
    const { rows } = await db.database.query<{ text: string }>({
      text: `select encode(sealed, 'escape') as text from choice where vault = $1`,
      values: [vault],
    });
    expect(rows).toHaveLength(1);
    expect(rows[0]?.text).not.toMatch(/ZKH|GGC002|permit/);
  });
});

describe('two saves at once', () => {
  it('made from the same page: one is kept, the other is told', async () => {
    const vault = await newVault();
    const { choices } = open();
    const { change } = await choices.list(vault);
    const refusal: NewRule = { ...hospitalsToGps, type: 'deny' };
    const both = await Promise.allSettled([
      choices.save(vault, [{ kind: 'put', rule: hospitalsToGps }], act, { change, patient }),
      choices.save(vault, [{ kind: 'put', rule: refusal }], act, { change, patient }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const refused = both.find((one) => one.status === 'rejected');
    expect(refused?.reason).toMatchObject({ kind: 'conflict', code: 'choices-changed' });
    expect((await choices.list(vault)).choices).toHaveLength(1);
  });

  it('that fails leaves neither choice nor epoch behind', async () => {
    const vault = await newVault();
    const { choices } = open();
    const before = await choices.list(vault);
    const unknown = { kind: 'withdraw', id: '00000000-0000-4000-8000-000000000001' } as const;
    const changes = [{ kind: 'put', rule: hospitalsToGps } as const, unknown];
    await expect(choices.save(vault, changes, act, { patient })).rejects.toMatchObject({
      kind: 'not-found',
    });
    expect(await choices.list(vault)).toEqual(before);
  });
});

describe('what was chosen before', () => {
  it('stays, version by version, and can be decided with again', async () => {
    const vault = await newVault();
    const { choices } = open();
    const first = await choices.save(vault, [{ kind: 'put', rule: hospitalsToGps }], act, {
      patient,
    });
    const id = first.choices[0]?.rule.id ?? '';
    await choices.save(vault, [{ kind: 'withdraw', id }], act, { patient });

    const history = await choices.history(vault);
    expect(history.map(({ rule, change }) => [rule.version, rule.status, change])).toEqual([
      [1, 'active', 1],
      [2, 'inactive', 2],
    ]);
    const [then] = await choices.rulesAt(db.database, vault, first.epoch);
    expect(then).toMatchObject({ id, version: 1, status: 'active' });
  });

  it('cannot be changed or removed by the gateway itself', async () => {
    for (const text of ['delete from choice', 'update choice set change = 0']) {
      await expect(db.database.query(text)).rejects.toThrow(/permission denied/);
    }
  });
});

describe('who may choose', () => {
  const save = async (birthDate: string, type: NewRule['type'], who: ChoiceAct['performers']) => {
    const { choices } = open();
    return choices.save(
      await newVault(),
      [{ kind: 'put', rule: { ...hospitalsToGps, type } }],
      { ...act, performers: who },
      { patient: { birthDate } },
    );
  };
  const self = { rel: 'self' } as const;
  const parent = { rel: 'parent', custody: true } as const;

  it.each([
    ['8 years', '2018-01-10', 'permit', [self]],
    ['13 years', '2012-09-01', 'permit', [self]],
    ['13 years', '2012-09-01', 'permit', [parent]],
    ['17 years', '2008-11-20', 'permit', [parent]],
  ] as const)('%s: %s %s by this person alone is refused', async (_, born, type, who) => {
    await expect(save(born, type, who)).rejects.toMatchObject({ code: 'no-authority' });
  });

  it.each([
    ['8 years, the parent', '2018-01-10', 'permit', [parent]],
    ['13 years, both', '2012-09-01', 'permit', [self, parent]],
    ['13 years, a refusal by the child alone', '2012-09-01', 'deny', [self]],
    ['17 years, the person', '2008-11-20', 'permit', [self]],
  ] as const)('%s is kept', async (_, born, type, who) => {
    await expect(save(born, type, who)).resolves.toMatchObject({ change: 1 });
  });

  it('ending a refusal needs whoever may permit', async () => {
    const vault = await newVault();
    const { choices } = open();
    const child = { birthDate: '2012-09-01' };
    const refusal: NewRule = { ...hospitalsToGps, type: 'deny' };
    const saved = await choices.save(vault, [{ kind: 'put', rule: refusal }], act, {
      patient: child,
    });
    const end = [{ kind: 'withdraw', id: saved.choices[0]?.rule.id ?? '' } as const];
    await expect(choices.save(vault, end, act, { patient: child })).rejects.toMatchObject({
      code: 'no-authority',
    });
    const both = { ...act, performers: [self, parent] };
    await expect(choices.save(vault, end, both, { patient: child })).resolves.toMatchObject({
      change: 2,
    });
  });
});
