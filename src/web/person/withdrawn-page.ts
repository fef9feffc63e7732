/**
 * `/mij/ingetrokken`: all that sources took back of the own record, with who had read it before, who
 * was told, and who said that it knows (capabilities B7). Read from the record, and from the
 * person's own lines of the ledger.
 */
import { type LedgerEntry, logRead } from '../../audit/index.ts';
import type { OwnNewsItem } from '../../consent/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { kindText } from '../kinds-text.ts';
import { momentText } from '../moment-text.ts';
import type { WebDoor } from '../web-door.ts';
import {
  organisationNames,
  ownAccess,
  type PersonRoutes,
  personAgent,
  type Visit,
} from './visit.ts';
import { type WithdrawalReader, withdrawalReaders } from './withdrawal-readers.ts';

const T = {
  title: { nl: 'Wat is ingetrokken', en: 'What was taken back' },
  intro: {
    nl: 'Een zorgverlener kan iets intrekken, bijvoorbeeld omdat het niet klopte. Het geldt dan niet meer. Hier staat alles wat ooit is ingetrokken.',
    en: 'A care provider can take something back, for instance because it was wrong. Then it no longer holds. Here is all that was ever taken back.',
  },
  none: { nl: 'Er is niets ingetrokken.', en: 'Nothing was taken back.' },
  of: { nl: 'van', en: 'of' },
  taken: { nl: 'Ingetrokken', en: 'Taken back' },
  readers: { nl: 'Wie had dit gezien?', en: 'Who had seen this?' },
  noReaders: {
    nl: 'Niemand anders kreeg dit te zien voordat het werd ingetrokken.',
    en: 'Nobody else got to see this before it was taken back.',
  },
  told: { nl: 'kreeg bericht op', en: 'was told on' },
  knows: { nl: 'liet weten dat te weten op', en: 'said to know on' },
  waits: { nl: 'heeft dat nog niet bevestigd', en: 'did not acknowledge that yet' },
} as const satisfies Record<string, Text>;

/** Pages of lines of the ledger that are looked through. */
const LINE_PAGES_MAX = 10;
const FROM_THE_BEGINNING = new Date(0);

/** Registers the page. */
export function withdrawnRoutes(pages: PersonRoutes): void {
  pages.get('/mij/ingetrokken', show);
}

async function show(visit: Visit) {
  const { door, vault, language, request } = visit;
  const items = await door.consent.own.news(
    vault,
    ownAccess(visit),
    FROM_THE_BEGINNING,
    'taken-back',
  );
  const [entries, names, apps] = await Promise.all([
    linesOf(door, vault),
    organisationNames(door),
    appNames(door),
  ]);
  await door.ledger.record([
    logRead({
      agent: personAgent(vault, request),
      act: 'log-read',
      patient: vault,
      question: '/mij/ingetrokken',
      shown: items.length,
      requestId: request.id,
      door: 'web',
    }),
  ]);
  const readers = withdrawalReaders(entries);
  const say = (text: Text) => text[language];
  return visit.page({
    title: T.title,
    path: '/mij/nieuw',
    body: () => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
${items.length === 0 && html`<p class="good">${say(T.none)}</p>`}
${items.map((item) => card(item, readers.get(item.ref) ?? [], { names, apps, language }))}`,
  });
}

interface Words {
  readonly names: ReadonlyMap<string, string>;
  readonly apps: ReadonlyMap<string, string>;
  readonly language: Language;
}

function card(item: OwnNewsItem, readers: readonly WithdrawalReader[], words: Words): Content {
  const { title, type, date, custodian, at } = item;
  const { names, language } = words;
  const what = kindText(type)[language];
  const day = date === undefined ? '' : `, ${T.of[language]} ${dayText(date, language)}`;
  return html`<section class="card"><h2>${title ?? what}</h2>
<p>${what}${day}<br>${names.get(custodian) ?? ''}</p>
<p>${T.taken[language]}: ${momentText(at, language)}</p>
<h3>${T.readers[language]}</h3>
${readers.length === 0 && html`<p>${T.noReaders[language]}</p>`}
${readers.length > 0 && html`<ul>${readers.map((one) => readerLine(one, words))}</ul>`}
</section>`;
}

function readerLine(
  { client, organisation, told, knows }: WithdrawalReader,
  { names, apps, language }: Words,
): Content {
  const who = names.get(organisation ?? '') ?? apps.get(client) ?? client;
  const answer =
    knows === undefined
      ? T.waits[language]
      : `${T.knows[language]} ${momentText(new Date(knows), language)}`;
  return html`<li><strong>${who}</strong> ${T.told[language]} ${momentText(new Date(told), language)},
 ${answer}</li>`;
}

async function linesOf({ ledger }: WebDoor, vault: string): Promise<readonly LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  let before: number | undefined;
  for (let page = 0; page < LINE_PAGES_MAX; page += 1) {
    const found = await ledger.ofPatient(vault, before === undefined ? {} : { before });
    entries.push(...found.entries);
    before = found.next;
    if (before === undefined) break;
  }
  return entries;
}

async function appNames(door: WebDoor): Promise<ReadonlyMap<string, string>> {
  return new Map((await door.clients.all('pgo')).map(({ id, name }) => [id, name]));
}
