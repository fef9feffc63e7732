/**
 * An installation that runs already. The clients prove themselves with their keys in its data
 * folder (`client-keys`), and persons choose on their own pages, after the log-in that the
 * installation has for them. Nothing is done here that an outsider could not do.
 */
import type { JsonWebKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importJWK, type JWK } from 'jose';
import {
  createVisitor,
  formAction,
  hiddenField,
  type Visitor,
} from '../../src/demo/client/browserless.ts';
import { createTrail, type Answer as PageAnswer } from '../../src/demo/client/trail.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import { standardPolicy } from '../../src/permission/index.ts';
import type { Installation, Member } from './installation.ts';
import { openLine } from './line.ts';
import { createTokenBook, type TokenBookParts } from './token-book.ts';
import type { Rule, Side } from './world.ts';

/** Clients of the demo region, by the organisation that each works for. */
const HOLDERS: Readonly<Record<string, string>> = {
  'epd-kennemerzoom': 'kennemerzoom',
  'epd-wijkermeer': 'wijkermeer',
  'his-jansen': 'jansen',
  'ais-sluis': 'apotheek',
  'ggz-kennemerkust': 'ggz',
};
const PARTNERS: Readonly<Record<string, string>> = {
  'partner-huisarts-duin': 'duin',
  'partner-huisarts-jansen': 'jansen',
  'partner-seh': 'seh',
  'partner-post': 'post',
  'partner-verpleeghuis': 'verpleeghuis',
};
const STEP = { nl: 'aanval', en: 'attack' };

/** @throws Error when a client has no key in the folder. */
export async function joinInstallation(url: string, dataDir: string): Promise<Installation> {
  const line = openLine(url);
  const keyOf = async (client: string) => importJWK(readKey(dataDir, client) as JWK, 'ES256');
  return {
    line,
    url,
    address: url,
    holders: membersOf(HOLDERS),
    partners: membersOf(PARTNERS),
    regions: standardPolicy().regions,
    rules: 'cells',
    ...createTokenBook({
      line,
      url,
      keyOf: keyOf as TokenBookParts['keyOf'],
      now: () => new Date(),
    }),
    async choose(world) {
      if (world.rules.length === 0) return;
      const visitor = await logIn(url, world.bsn);
      for (const rule of world.rules) await chooseCell(url, visitor, rule);
    },
    async withdrawAll(world) {
      const visitor = await logIn(url, world.bsn);
      for (const rule of world.rules) await chooseCell(url, visitor, rule, 'nothing');
    },
    async close() {
      line.close();
    },
  };
}

function membersOf(clients: Readonly<Record<string, string>>): Member[] {
  const { recipientCategoryOf } = standardPolicy();
  return Object.entries(clients).map(([client, key]) => {
    const { id, ura, type, category, regions } = organisation(key);
    const asksAs = recipientCategoryOf[category] ?? category;
    const names = regions.map((region) => region.id);
    return { name: key, organisation: id, ura, client, type, category, asksAs, regions: names };
  });
}

function readKey(dataDir: string, client: string): JsonWebKey {
  const file = join(dataDir, 'client-keys', `${client}.json`);
  if (!existsSync(file)) throw new Error(`The data folder has no key of ${client}.`);
  return JSON.parse(readFileSync(file, 'utf8')) as JsonWebKey;
}

async function logIn(url: string, bsn: string): Promise<Visitor> {
  const visitor = createVisitor(createTrail());
  const login = await visitor.follow(STEP, `${url}/mij/inloggen`);
  const arrived = await visitor.follow(STEP, formAction(login), { call: { form: { bsn } } });
  if (arrived.page?.status !== 200)
    throw new Error(`The log-in ended with ${arrived.page?.status}.`);
  return visitor;
}

/** Looks at what the choice would do and confirms it, as the page asks. */
async function chooseCell(
  url: string,
  visitor: Visitor,
  rule: Rule,
  choice: string = rule.type,
): Promise<void> {
  if (rule.data.level !== 'ggc' || rule.recipient.level === 'person') {
    throw new Error('The pages offer no such choice.');
  }
  const wish = {
    wens: 'cell',
    van: sideText(rule.holder),
    aan: sideText(rule.recipient),
    gegevens: rule.data.value,
    keuze: choice,
  };
  const post = async (from: PageAnswer, path: string, form: Record<string, string>) =>
    visitor.follow(STEP, `${url}${path}`, {
      call: { form: { csrf: hiddenField(from, 'csrf'), ...form } },
    });
  const sharing = await visitor.call(STEP, `${url}/mij/delen`);
  const { page } = await post(sharing, '/mij/delen/voorbeeld', wish);
  if (!page) throw new Error('The choice has no preview.');
  // A choice that stands already has nothing to confirm.
  if (!page.text().includes('name="stand"')) return;
  await post(page, '/mij/delen/opslaan', {
    ...wish,
    stand: hiddenField(page, 'stand'),
    taal: hiddenField(page, 'taal'),
  });
}

function sideText(side: Side): string {
  if (side.level === 'any') return 'any';
  return side.level === 'org' ? `org:${organisation(side.value).id}` : `cat:${side.value}`;
}
