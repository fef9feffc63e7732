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

it('knows who is the parent of P06, and lets nobody else be that', () => {
  const options = { kind: 'digid' as const, accounts: digidAccounts() };
  const as = (bsn: string, how: string) => bsnAccount(options, `bsn-${bsn}-voor-999990068-${how}`);
  expect(as('999990226', 'parental')?.claims).toMatchObject({ represented_bsn: '999990068' });
  expect(as('999990019', 'parental')).toBeUndefined();
  expect(as('999990019', 'voluntary')).toBeDefined();
});
