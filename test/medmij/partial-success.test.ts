/**
 * One of three sources does not answer (capabilities A6, journey J1 variant a): the others are
 * given as ever, the app is told which one it is, and fetches that part alone when it is back.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceFault } from '../../src/medmij/index.ts';
import {
  type Gateway,
  HOSPITAL,
  ORGANISATIONS,
  OTHER_HOSPITAL,
  openGateway,
  PGO,
} from '../support/gateway.ts';
import {
  entry,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
let system: Server;
let port = 0;
let fault: ServiceFault | undefined;
const own = person(1);
const SERVICES = ['52', '51'];
const [, , PRACTICE] = ORGANISATIONS;
const SOURCES = [HOSPITAL, OTHER_HOSPITAL, { ...PRACTICE, aanbieder: 'praktijkproef' }];

const listen = (at: number) =>
  new Promise<void>((resolve) => {
    system = createServer((_request, response) => response.writeHead(404).end());
    system.listen(at, '127.0.0.1', resolve);
  });
const silence = () =>
  new Promise((resolve) => {
    system.closeAllConnections();
    system.close(resolve);
  });

async function send(sender: string, id: string) {
  const self = urn(own.bsn);
  const sent = transaction([entry(self, patientOf(own)), entry(urn(id), observation(id, self))]);
  const answer = await gateway.send(sender, sent);
  expect(answer.statusCode, answer.body).toBe(200);
}

beforeAll(async () => {
  const faults = {
    of: (name: string, service: string) =>
      name === 'anderziekenhuis' && service === '52' ? fault : undefined,
  };
  gateway = await openGateway({ faults });
  const { organisations, clients, database } = gateway.rooms;
  for (const one of SOURCES) {
    await organisations.put(database, { ...one, services: SERVICES } as typeof HOSPITAL);
  }
  await listen(0);
  ({ port } = system.address() as AddressInfo);
  const sender = await clients.byId('epd-proef');
  if (!sender) throw new Error('the sender is not registered');
  await clients.put(database, { ...sender, notificationBase: `http://127.0.0.1:${port}/in` });
  await send('epd-proef', 'one');
  await send('epd-ander', 'two');
});
afterAll(async () => {
  await gateway.close();
  if (system.listening) await silence();
});

async function token(aanbieder: string) {
  const { rooms } = gateway;
  const organisation = await rooms.organisations.byAanbieder(aanbieder);
  const issued = await rooms.tokens.issue(rooms.database, {
    ...{ kind: 'medmij', client: PGO, vault: await vaultOf(gateway, own), services: SERVICES },
    aanbieder: organisation?.id ?? '',
    ...{ consent: randomUUID(), correlationId: randomUUID() },
  });
  return issued.token;
}

interface Found {
  status: number;
  ids: string[];
  told: { code: string; text: string }[];
  after: unknown;
}

async function fetchFrom(aanbieder: string, more = ''): Promise<Found> {
  const url = `/medmij/${aanbieder}/52/fhir/Observation${more}`;
  const answer = await gateway.ask(url, { token: await token(aanbieder) });
  const body = answer.json();
  const entries: Json[] = body.entry ?? (body.issue ? [{ resource: body }] : []);
  return {
    status: answer.statusCode,
    ids: entries.flatMap(({ resource }) => resource.identifier?.[0]?.value ?? []),
    told: entries.flatMap(({ resource }) =>
      (resource.issue ?? []).map(({ details, diagnostics }) => ({
        code: details?.coding?.[0]?.code ?? '',
        text: details?.text ?? diagnostics ?? '',
      })),
    ),
    after: answer.headers['retry-after'],
  };
}

interface Json {
  resource: {
    identifier?: { value: string }[];
    issue?: { details?: { coding?: { code: string }[]; text?: string }; diagnostics?: string }[];
  };
}

const granted = async (aanbieder: string) =>
  (await gateway.ask('/medmij/granted', { token: await token(aanbieder) })).json();

/** The next look at the sources; what was read of them before is forgotten. */
async function look() {
  gateway.later(61);
  const asked = await gateway.rooms.sourceProbe.look();
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  return asked;
}

describe('one source of three whose system does not answer', () => {
  it('is asked once a minute, by one instance, and not down for one answer that got lost', async () => {
    const both = await Promise.all([
      gateway.rooms.sourceProbe.look(),
      gateway.rooms.sourceProbe.look(),
    ]);
    expect(both.reduce((sum, one) => sum + one, 0)).toBe(1);
    await silence();
    expect(await look()).toBe(1);
    expect((await fetchFrom('ziekenhuisproef')).told).toEqual([]);
  });

  it('is named to the app, beside what it sent before; the others are as ever', async () => {
    await look();
    const down = await fetchFrom('ziekenhuisproef');
    expect(down).toMatchObject({ status: 200, ids: ['one'] });
    expect(down.told[0]?.code).toBe('source-down');
    expect(down.told[0]?.text).toContain('Ziekenhuis Proef does not answer since');
    expect(await fetchFrom('anderziekenhuis')).toMatchObject({ ids: ['two'], told: [] });
    const said = await granted('ziekenhuisproef');
    expect(said.source).toMatchObject({ name: 'Ziekenhuis Proef', status: 'down' });
    expect((await granted('anderziekenhuis')).source).toEqual({
      ...{ name: 'Ander Ziekenhuis', status: 'up' },
    });
  });

  it('gives, once it is back, what came since and nothing twice', async () => {
    const { askAgain } = (await granted('ziekenhuisproef')).source;
    gateway.later(600);
    await listen(port);
    await send('epd-proef', 'late');
    await look();
    const again = await fetchFrom('ziekenhuisproef', `?${askAgain}`);
    expect(again).toMatchObject({ status: 200, ids: ['late'], told: [] });
    const whole = await fetchFrom('ziekenhuisproef');
    expect(whole.ids.toSorted()).toEqual(['late', 'one']);
    expect((await granted('ziekenhuisproef')).source.status).toBe('up');
  });

  it('stays down for as long as it says so itself, whatever its system answers', async () => {
    const bearer = await gateway.token('epd-proef');
    const say = (state: string) =>
      gateway.ask('/intake/epd-proef/status', {
        ...{ token: bearer, method: 'PUT', body: JSON.stringify({ state }) },
        headers: { 'content-type': 'application/json' },
      });
    await say('down');
    await look();
    expect((await fetchFrom('ziekenhuisproef')).told[0]?.code).toBe('source-down');
    await say('up');
    expect((await fetchFrom('ziekenhuisproef')).told).toEqual([]);
  });
});

describe('a service that is down as a whole', () => {
  it('answers 503 with its name and when to ask again; only it is asked again', async () => {
    fault = { kind: 'down' };
    const [one, two] = await Promise.all(
      ['ziekenhuisproef', 'anderziekenhuis'].map((name) => fetchFrom(name)),
    );
    expect(one).toMatchObject({ status: 200 });
    expect(two).toMatchObject({ status: 503, after: '30' });
    expect(two?.told[0]?.text ?? '').toContain('Ander Ziekenhuis');
    const said = await granted('anderziekenhuis');
    const note = (id: string) => said.services.find((each: { id: string }) => each.id === id)?.note;
    expect([note('52'), note('51')]).toEqual(['source-down', 'nothing-recorded']);
    fault = undefined;
    expect(await fetchFrom('anderziekenhuis')).toMatchObject({ status: 200, ids: ['two'] });
  });
});
