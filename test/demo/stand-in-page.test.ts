/** The log-in of the demo: whoever types a number can do so for somebody else too. */
import { expect, it } from 'vitest';
import { digidAccounts } from '../../src/demo/stand-in-accounts.ts';
import { standInPage } from '../../src/demo/stand-in-page.ts';
import { bsnAccount } from '../../src/demo/stand-in-provider.ts';

const page = (kind: 'digid' | 'staff') =>
  standInPage({
    ...{ kind, uid: 'u', code: '123456', host: '127.0.0.1', port: 0, acr: 'x' },
    ...{ clientId: 'c', redirectUris: [] },
    accounts: [{ id: 'P01', label: 'P01', claims: { bsn: '999990019' } }],
  }).toString();

it('has the number, for whom, and the people to choose from in one form, the number first', () => {
  const [form = ''] = /<form[\s\S]*?<\/form>/.exec(page('digid')) ?? [];
  const at = ['name="namens"', 'name="soort"', 'name="bsn"', 'name="account"'].map((name) =>
    form.indexOf(name),
  );
  expect(at).toEqual(at.toSorted((a, b) => a - b));
  expect(at[0]).toBeGreaterThan(0);
  // Enter in the number presses the button beside it, not that of the first person.
  expect(form.indexOf('<button>')).toBeLessThan(form.indexOf('name="account"'));
  expect(page('staff')).not.toContain('name="bsn"');
});

it('lets act for another whom its register names, as what it names, and nobody else', () => {
  const options = { kind: 'digid' as const, accounts: digidAccounts() };
  const as = (bsn: string, whom: string, how: string) =>
    bsnAccount(options, `bsn-${bsn}-voor-${whom}-${how}`);
  const [tim, eva, henk, marieke] = ['999990068', '999990081', '999990044', '999990238'];
  for (const parent of ['999990226', '999990251']) {
    expect(as(parent, tim, 'parental')?.claims).toMatchObject({ represented_bsn: tim });
    expect(as(parent, tim, 'voluntary')).toBeUndefined();
    expect(as(parent, eva, 'parental')).toBeUndefined();
  }
  expect(as('999990019', tim, 'parental')).toBeUndefined();
  expect(as('999990019', henk, 'voluntary')).toBeUndefined();
  expect(as(marieke, henk, 'parental')).toBeUndefined();
  expect(as(marieke, henk, 'voluntary')?.claims).toMatchObject({
    representation: 'voluntary',
    mandated: 'medicijnen',
    mandated_until: expect.stringMatching(/^20/),
  });
});

it('lets nobody act by a mandate that is over', () => {
  const accounts = ['2020-01-01T00:00:00Z', '2099-01-01T00:00:00Z'].map((until, at) => ({
    ...{ id: `${at}`, label: '', claims: { bsn: `99999000${at}` } },
    mandates: [{ of: '999990044', kinds: 'alles', until }],
  }));
  const as = (bsn: string) =>
    bsnAccount({ kind: 'digid', accounts }, `bsn-${bsn}-voor-999990044-voluntary`);
  expect([as('999990000'), as('999990001')?.claims['mandated']]).toEqual([undefined, 'alles']);
});
