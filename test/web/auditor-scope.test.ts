/** What one auditor may see, and nothing beside: organisation, period, log-in (audit.md 7.3). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerEvent } from '../../src/audit/index.ts';
import type { Visitor } from '../../src/demo/client/browserless.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import { get, loginAsStaff, newVisitor, openWebHouse, post, type WebHouse } from './web-house.ts';

const OWN = organisation('kennemerzoom').id;
const OTHER = organisation('jansen').id;
const MARK = 'gebruiker-van-kennemerzoom';
const DAY = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString();

let house: WebHouse;
let seq: number;

const auditor = (id: string, claims: Record<string, unknown>) => ({
  id,
  label: id,
  claims: { role: 'auditor', organisation: OWN, name: id, ...claims },
});

function act(holders: readonly string[], more: Partial<LedgerEvent> = {}): LedgerEvent {
  return {
    ...{ class: 'care', event: 'read', action: 'R', outcome: 0, purpose: 'TREAT' },
    patient: house.vault,
    agent: { kind: 'professional', id: MARK, organisation: OWN },
    route: 'explicit',
    holders,
    basis: ['rule:geheime-regel@1'],
    requestId: randomUUID(),
    ...more,
  };
}

beforeAll(async () => {
  house = await openWebHouse({
    staff: [
      auditor('voorbij', { audit_ends: inDays(-1) }),
      auditor('vroeger', { audit_ends: inDays(1), audit_until: inDays(-1) }),
      auditor('nu', { audit_ends: inDays(1), audit_from: inDays(-1), audit_until: inDays(1) }),
      auditor('onleesbaar', { audit_ends: 'volgende week' }),
    ],
  });
  const [first] = await house.door.ledger.record([act([OWN]), act([OWN], { outcome: 4 })]);
  seq = first?.seq ?? -1;
}, 120_000);
afterAll(() => house?.close());

async function visitorOf(account: string): Promise<Visitor> {
  const visitor = newVisitor();
  await loginAsStaff(house, visitor, 'auditor', account);
  return visitor;
}

const search = async (visitor: Visitor, form: Record<string, string> = {}) =>
  post(house, visitor, await get(house, visitor, '/auditor'), '/auditor/zoeken', {
    reden: 'Onderzoek naar een klacht',
    ...form,
  });

/** Everything that these pages show to this visitor. */
async function all(visitor: Visitor): Promise<string> {
  const found = await search(visitor);
  const paths = ['/auditor/csv', '/auditor/onderzoek', '/auditor/vragen', `/auditor/regel/${seq}`];
  const texts = [found.text()];
  for (const path of paths) texts.push((await get(house, visitor, path)).text());
  texts.push((await search(visitor, { bsn: house.bsn })).text());
  const chain = await get(house, visitor, '/auditor/keten');
  texts.push((await post(house, visitor, chain, '/auditor/keten/export', {})).text());
  return texts.join('\n');
}

describe('the auditor of another organisation', () => {
  it('sees nothing of what this one did with its own data, by any page', async () => {
    const own = await all(await visitorOf('auditor-kennemerzoom'));
    expect(own).toContain(MARK);
    const visitor = await visitorOf('auditor-jansen');
    const other = (await all(visitor)).replaceAll(`value="${MARK}"`, '');
    expect(other).not.toContain(MARK);
    expect(other).not.toContain('geheime-regel');
    expect((await get(house, visitor, `/auditor/regel/${seq}`)).status).toBe(404);
    const asked = await search(visitor, { wie: MARK, soort: 'professional' });
    expect(asked.text().replaceAll(`value="${MARK}"`, '')).not.toContain(MARK);
  });

  it('sees that its own data were looked at, and not on which rules of others', async () => {
    await house.door.ledger.record([act([OTHER, OWN])]);
    const text = await all(await visitorOf('auditor-jansen'));
    expect(text).toContain(MARK);
  });
});

describe('an auditor who was asked in for a time', () => {
  it.each([
    ['after that time', 'voorbij', 'is voorbij'],
    ['with a time that nobody can read', 'onleesbaar', 'is voorbij'],
  ])('does not get in %s', async (_name, account, text) => {
    const visitor = newVisitor();
    const page = await loginAsStaff(house, visitor, 'auditor', account);
    expect(page.text()).toContain(text);
    expect((await get(house, visitor, '/auditor/zoeken')).text()).not.toContain('reden');
    const [line] = (
      await house.door.ledger.search({ organisation: OWN, event: 'login', refused: true })
    ).entries;
    expect(line === undefined || line.record.reason === 'scope-ended').toBe(true);
  });

  it('sees the lines of the period, and none outside it', async () => {
    expect(await all(await visitorOf('nu'))).toContain(MARK);
    const visitor = await visitorOf('vroeger');
    const text = (await all(visitor)).replaceAll(`value="${MARK}"`, '');
    expect(text).not.toContain(MARK);
    expect((await get(house, visitor, `/auditor/regel/${seq}`)).status).toBe(404);
    const asked = await search(visitor, {
      van: inDays(-3).slice(0, 10),
      tot: inDays(3).slice(0, 10),
    });
    expect(asked.text()).not.toContain(MARK);
  });
});

describe('an auditor who was asked in for a period', () => {
  it.each(['/auditor/onderzoek', '/auditor/spoed', '/auditor/vragen', '/auditor/spoed/x'])(
    'is kept out of %s, which gathers lines of any time',
    async (path) => {
      for (const account of ['nu', 'vroeger']) {
        expect((await get(house, await visitorOf(account), path)).status).toBe(403);
      }
      const free = await get(house, await visitorOf('auditor-kennemerzoom'), path);
      expect(free.status).not.toBe(403);
    },
  );
});

describe('a key for a program of one’s own', () => {
  it('sees through FHIR what its auditor sees on the pages, and needs a reason', async () => {
    const { tokens } = house.door;
    for (const account of ['nu', 'vroeger']) {
      const visitor = await visitorOf(account);
      const start = await get(house, visitor, '/auditor');
      expect((await post(house, visitor, start, '/auditor/fhir', {})).status).toBe(422);
      await search(visitor);
      const page = await post(
        house,
        visitor,
        await get(house, visitor, '/auditor'),
        '/auditor/fhir',
        {},
      );
      const [, key = ''] = /<code>([\w-]{30,})<\/code>/.exec(page.text()) ?? [];
      const { claims } = await tokens.verify(key);
      expect(claims).toMatchObject({
        ...{ kind: 'auditor', organisation: OWN, reason: 'Onderzoek naar een klacht' },
        until: expect.any(String),
        ends: expect.any(String),
      });
      expect('from' in claims).toBe(account === 'nu');
    }
  });
});

describe('a log-in without a second factor', () => {
  it('gives no access', async () => {
    const weak = await openWebHouse({ staffAcr: 'password' });
    const visitor = newVisitor();
    const page = await loginAsStaff(weak, visitor, 'auditor', 'auditor-kennemerzoom');
    expect(page.status).toBe(403);
    // Why, and who can help: not that a cookie may be missing.
    expect(page.text()).toContain('zonder tweede factor');
    expect(page.text()).toContain('wie in uw organisatie uw account beheert');
    expect(page.text()).not.toContain('cookies');
    expect((await get(weak, visitor, '/auditor')).text()).toContain('twee factoren');
    for (const home of ['/auditor', '/afzender', '/cijfers']) {
      expect((await get(weak, newVisitor(), home)).text()).toContain('uw tweede factor kwijt');
    }
    await weak.close();
  }, 120_000);
});
