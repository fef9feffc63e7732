/** https://hl7.org/fhir/R4/http.html#capabilities */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { R4, STU3, validateInline } from '../../src/conformance/index.ts';
import { INTERACTIONS } from '../../src/fhir/interactions.ts';
import { type Gateway, openGateway } from '../support/gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

interface Offered {
  type: string;
  interaction: { code: string }[];
  searchParam?: { name: string }[];
}

describe.each([R4, STU3])('the capability statement of $name', (version) => {
  const ask = async (client?: string) => {
    const token = client === undefined ? undefined : await gateway.token(client);
    const url = `/fhir/${version.profiles}/metadata`;
    return (await gateway.ask(url, token === undefined ? {} : { token })).json();
  };
  const observationOf = (statement: { rest: { resource: Offered[] }[] }) =>
    statement.rest[0]?.resource.find(({ type }) => type === 'Observation');

  it('passes its own validation, for every kind of visitor', async () => {
    for (const client of [undefined, 'partner-huisarts', 'epd-proef']) {
      expect(validateInline(await ask(client), version)).toEqual([]);
    }
  });

  it('says that pages go one way', async () => {
    expect((await ask()).rest[0].documentation).toContain('no previous');
  });

  it.each([
    ['partner-huisarts', 'partner'],
    ['epd-proef', 'sender'],
  ] as const)('tells %s what the table of interactions says', async (client, actor) => {
    const observation = observationOf(await ask(client));
    const codes = observation?.interaction.map(({ code }) => code);
    expect(codes).toEqual([...INTERACTIONS[actor].type]);
  });

  it('names what a patch may be sent as, to whoever may patch', async () => {
    const formats = ['application/json-patch+json', 'application/fhir+json'];
    expect((await ask('epd-proef')).patchFormat).toEqual(expect.arrayContaining(formats));
    expect(await ask('partner-huisarts')).not.toHaveProperty('patchFormat');
  });

  it('promises no condition, search or $meta of a Group, and heeds none', async () => {
    const group = (await ask('epd-proef')).rest[0].resource.find(
      ({ type }: Offered) => type === 'Group',
    );
    const members = Object.keys(group).filter((name) => /^(conditional|search)/.test(name));
    expect(members).toEqual([]);
    expect(group.updateCreate).toBe(true);
    const names = (group.operation ?? []).map(({ name }: { name: string }) => name);
    expect(names).not.toContain('meta');
    const answer = await gateway.ask(`/fhir/${version.profiles}/Group`, {
      token: await gateway.token('epd-proef'),
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json', 'if-none-exist': 'identifier=a|b' },
      body: JSON.stringify({ resourceType: 'Group', type: 'person', actual: true }),
    });
    expect([answer.statusCode, answer.json().issue[0].expression]).toEqual([
      400,
      ['If-None-Exist'],
    ]);
  });

  it('tells nobody of the ledger who may not read it', async () => {
    const ledger = async (client?: string) =>
      (await ask(client)).rest[0].resource
        .find(({ type }: Offered) => type === 'AuditEvent')
        .interaction.map(({ code }: { code: string }) => code);
    expect(await ledger()).toEqual(expect.arrayContaining(['read', 'search-type']));
    const isLedger = version.name === 'R4';
    for (const client of ['partner-huisarts', 'epd-proef']) {
      const codes = await ledger(client);
      expect([codes.includes('read'), codes.includes('search-type')]).toEqual([
        !isLedger,
        !isLedger,
      ]);
      const answer = await gateway.ask(`/fhir/${version.profiles}/AuditEvent/none`, {
        token: await gateway.token(client),
      });
      expect(answer.statusCode).toBe(isLedger ? 403 : 404);
    }
  });

  it('names the search parameters', async () => {
    const names = observationOf(await ask())?.searchParam?.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['code', 'date', 'patient', '_lastUpdated', '_text']),
    );
    expect(new Set(names).size).toBe(names?.length);
  });
});
