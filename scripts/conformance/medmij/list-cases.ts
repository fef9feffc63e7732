/** Section 10.5: the lists. */
import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readList } from '../../../src/medmij/lists/read-list.ts';
import type { Cases } from './case.ts';
import { C1, C2, HOST, type Stage } from './stage.ts';
import { authorize, told } from './walk.ts';
import { send } from './wire.ts';

type Kind = 'Whitelist' | 'OAuthclientlist' | 'Zorgaanbiederslijst';

/** Puts a file on the list server, refreshes, and says what became of it. */
async function refreshed(stage: Stage, kind: Kind, change: (xml: string) => string) {
  const path = `/MedMij_${kind}.xml`;
  const { lists } = stage.house.rooms.medmij.door;
  const before = lists.current(kind);
  const good = stage.lists.files.get(path) ?? '';
  const calls = stage.lists.calls + stage.app.calls;
  stage.lists.files.set(path, change(good));
  await lists.refresh();
  const fault = lists.health()[kind]?.fault;
  const isKept = lists.current(kind) === before;
  const alarm = stage.logged.some(
    (text) => text.includes(kind) && text.includes('"level":"error"'),
  );
  const asked = stage.lists.calls + stage.app.calls - calls;
  stage.lists.files.set(path, good);
  await lists.refresh();
  return { fault, isKept, alarm, asked };
}

async function refused(stage: Stage, kind: Kind, fault: string, change: (xml: string) => string) {
  const seen = await refreshed(stage, kind, change);
  assert.deepEqual([seen.fault, seen.isKept], [fault, true]);
  assert.ok(seen.alarm);
  return seen;
}

const tags = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => text);

export const LISTS: Cases = {
  'LST-01': async (stage) => {
    const folder = join(stage.fixtures, 'medmij-lists');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const lists = files.filter((name) => name.endsWith('.xml'));
    assert.ok(lists.length >= 9);
    for (const name of lists) {
      const xml = readFileSync(join(folder, name), 'utf8');
      const list = readList(xml);
      assert.equal(String(list.volgnummer), tags(xml, 'Volgnummer')[0], name);
      assert.equal(list.tijdstempel.getTime(), Date.parse(tags(xml, 'Tijdstempel')[0] ?? ''), name);
      assert.deepEqual(valuesOf(list), namesIn(xml, list.kind), name);
    }
  },
  'LST-02': async (stage) => {
    await refused(stage, 'Whitelist', 'list-schema', (xml) =>
      xml.replace('</MedMijNodes>', '<Onbekend/></MedMijNodes>'),
    );
    await refused(stage, 'OAuthclientlist', 'list-schema', (xml) =>
      xml.replace('<Hostname>pgo.example.nl<', '<Hostname>PGO_example<'),
    );
  },
  'LST-03': async (stage) => {
    await refused(stage, 'Whitelist', 'list-older', (xml) =>
      xml.replace(/<Volgnummer>\d+/, '<Volgnummer>1'),
    );
  },
  'LST-04': async (stage) => {
    await refused(stage, 'Whitelist', 'list-empty', (xml) =>
      xml.replace(/<MedMijNodes>.*<\/MedMijNodes>/, '<MedMijNodes></MedMijNodes>'),
    );
  },
  'LST-05': async (stage) => {
    await refused(stage, 'Whitelist', 'list-schema', (xml) =>
      xml.replace(
        '</MedMijNodes>',
        `<MedMijNode><Hostname>${C1}</Hostname></MedMijNode></MedMijNodes>`,
      ),
    );
  },
  'LST-06': async (stage) => {
    const entity = `https://${C1}:${stage.app.port}/geheim`;
    const { asked } = await refused(stage, 'Whitelist', 'list-xml', (xml) =>
      xml
        .replace('<Whitelist', `<!DOCTYPE W [<!ENTITY x SYSTEM "${entity}">]>\n<Whitelist`)
        .replace(`<Hostname>${C2}`, '<Hostname>&x;'),
    );
    // The four lists themselves, and nothing else.
    assert.equal(asked, 4);
  },
  'LST-07': async (stage) => {
    const folder = join(stage.fixtures, 'medmij-lists');
    const old = readList(
      readFileSync(join(folder, 'openpgo-php/MedMij_Zorgaanbiederslijst_example.xml'), 'utf8'),
    );
    const late = readList(
      readFileSync(join(folder, 'minvws-mgo/MedMij_Zorgaanbiederslijst_example.9.3.xml'), 'utf8'),
    );
    assert.ok(old.kind === 'Zorgaanbiederslijst' && late.kind === 'Zorgaanbiederslijst');
    assert.ok(old.services.every(({ interfaceVersion }) => interfaceVersion === undefined));
    assert.ok(late.services.every(({ interfaceVersion }) => interfaceVersion !== undefined));
    assert.ok(late.services.some(({ subscription }) => subscription?.maximumDays === 365));
  },
  'LST-08': async (stage) => {
    await stage.publish({ clients: [{ host: C2, name: 'De Tweede PGO', services: ['48'] }] });
    const reply = await authorize(stage).finally(() => stage.publish());
    assert.equal(reply.status, 400);
    assert.equal(told(reply)['error'], undefined);
    assert.equal((await authorize(stage)).status, 200);
  },
  'LST-09': async (stage) => {
    stage.lists.status = 503;
    const { lists } = stage.house.rooms.medmij.door;
    await lists.refresh();
    await stage.later(120);
    const reply = await send(stage.line, '/health/ready');
    stage.lists.status = 200;
    const { lists: told_ } = JSON.parse(reply.text) as {
      lists: Record<string, { ageSeconds: number; fault?: string; volgnummer: number }>;
    };
    assert.ok((told_['Whitelist']?.ageSeconds ?? 0) >= 120);
    assert.equal(told_['Whitelist']?.fault, 'busy');
    assert.equal((await authorize(stage)).status, 200);
    await lists.refresh();
  },
  'LST-10': async (stage) => {
    await refused(stage, 'Zorgaanbiederslijst', 'list-schema', (xml) =>
      xml.replaceAll(
        `<AuthorizationEndpointuri>https://${HOST}/`,
        `<AuthorizationEndpointuri>https://${HOST}:8443/`,
      ),
    );
  },
};

function valuesOf(list: ReturnType<typeof readList>): string[] {
  switch (list.kind) {
    case 'Whitelist':
      return [...list.hostnames];
    case 'OAuthclientlist':
      return [...list.clients.values()].flatMap(({ hostname, name }) => [hostname, name]);
    case 'Gegevensdienstnamenlijst':
      return [...list.names].flat();
    case 'Zorgaanbiederslijst':
      return list.services.flatMap((one) => [
        one.id,
        one.authorizationUri,
        one.tokenUri,
        ...one.roles.flatMap(({ code, resourceUri }) => [code, resourceUri]),
      ]);
    case 'Zorgaanbiederskoppellijst':
      return list.aanbieders.flatMap(({ services }) =>
        services.flatMap(({ id, name }) => [id, name]),
      );
  }
}

/** The same values straight from the text of the file, in its order. */
function namesIn(xml: string, kind: string): string[] {
  const names: Readonly<Record<string, string>> = {
    Whitelist: 'Hostname',
    OAuthclientlist: 'Hostname|OAuthclientOrganisatienaam',
    Gegevensdienstnamenlijst: 'GegevensdienstId|Weergavenaam',
    Zorgaanbiederslijst:
      'GegevensdienstId|AuthorizationEndpointuri|TokenEndpointuri|Systeemrolcode|ResourceEndpointuri',
    Zorgaanbiederskoppellijst: 'GegevensdienstId|Weergavenaam',
  };
  const plain = xml.replace(/<!--[\s\S]*?-->/g, '');
  return [...plain.matchAll(new RegExp(`<(?:${names[kind]})>([^<]*)<`, 'g'))].map(([, text = '']) =>
    text.replaceAll('&amp;', '&'),
  );
}
