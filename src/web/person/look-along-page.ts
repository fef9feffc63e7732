/**
 * `/mij/delen/kijk-mee`: what somebody else would see today, by the same decision as at the door.
 * It stands in the log as the person's own act. consent.md section 14.
 */
import { type LookerOn, OWN_ITEMS_MAX, type OwnItem } from '../../consent/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import { kindText } from '../kinds-text.ts';
import type { Say } from '../page.ts';
import { asSentence, reasonText } from '../plain-words.ts';
import { field } from '../portal.ts';
import { whenText } from './item-when.ts';
import { organisationNames, ownAccess, type Visit } from './visit.ts';

const T = {
  title: { nl: 'Kijk mee als zorgverlener', en: 'Look along as a care provider' },
  intro: {
    nl: 'Kies een zorgverlener. U ziet dan wat die vandaag van u kan zien, en wat niet.',
    en: 'Choose a care provider. You then see what that one can see of you today, and what not.',
  },
  who: { nl: 'Met wie kijkt u mee?', en: 'As whom do you look along?' },
  gp: { nl: 'een huisarts', en: 'a general practitioner' },
  emergency: {
    nl: 'de spoedeisende hulp, als er haast is',
    en: 'the emergency department, when there is no time',
  },
  coach: { nl: 'een coach of therapeut', en: 'a coach or therapist' },
  one: { nl: 'Of kies één organisatie', en: 'Or choose one organisation' },
  noOne: { nl: 'geen', en: 'none' },
  look: { nl: 'Kijk mee', en: 'Look along' },
  caption: { nl: 'Wat deze zorgverlener ziet', en: 'What this care provider sees' },
  kind: { nl: 'Soort', en: 'Kind' },
  seen: { nl: 'Ziet', en: 'Sees' },
  unseen: { nl: 'Ziet niet', en: 'Does not see' },
  nothing: {
    nl: 'Deze zorgverlener ziet niets van u, ook niet dat u hier bekend bent.',
    en: 'This care provider sees nothing of you, and not that you are known here either.',
  },
  detail: { nl: 'Alles op een rij', en: 'Item by item' },
  what: { nl: 'Wat', en: 'What' },
  when: { nl: 'Wanneer', en: 'When' },
  from: { nl: 'Van wie', en: 'Whose' },
  result: { nl: 'Ziet deze zorgverlener dit?', en: 'Does this care provider see it?' },
  yes: { nl: 'ja', en: 'yes' },
  no: { nl: 'nee', en: 'no' },
  back: { nl: 'Terug naar delen', en: 'Back to sharing' },
  unnamed: { nl: 'zonder naam', en: 'without a name' },
} as const satisfies Record<string, Text>;

const KINDS = ['gp', 'emergency', 'coach'] as const;

export async function lookAlongPage(visit: Visit) {
  const { door, request, vault } = visit;
  const names = await organisationNames(door);
  const as = isAsked(request.query) ? lookerOn(request.query, names) : undefined;
  const items = as ? await door.consent.own.items(vault, ownAccess(visit), as) : undefined;
  const who = as && nameOf(as, names);
  const chosen = as && 'kind' in as ? as.kind : 'gp';
  return visit.page({
    title: T.title,
    path: '/mij/delen',
    body: (say) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
<form method="get" action="/mij/delen/kijk-mee">
<fieldset><legend>${say(T.who)}</legend>
${KINDS.map(
  (kind) =>
    html`<label class="choice"><input type="radio" name="als" value="${kind}"${
      kind === chosen && html` checked`
    }> ${say(T[kind])}</label>`,
)}</fieldset>
<label for="organisatie">${say(T.one)}</label>
<select id="organisatie" name="organisatie"><option value="">${say(T.noOne)}</option>
${[...names].map(
  ([id, name]) =>
    html`<option value="${id}"${
      as && 'organisation' in as && as.organisation === id && html` selected`
    }>${name}</option>`,
)}</select>
<p><button>${say(T.look)}</button> <a href="/mij/delen">${say(T.back)}</a></p></form>
${items && who && result(visit, items, who, names, say)}`,
  });
}

/** It changes nothing, so the question stands in the address: Back and a reload ask it again. */
const isAsked = (query: unknown): boolean =>
  field(query, 'als') !== undefined || field(query, 'organisatie') !== undefined;

function lookerOn(body: unknown, names: ReadonlyMap<string, string>): LookerOn {
  const organisation = field(body, 'organisatie');
  if (organisation !== undefined && names.has(organisation)) return { organisation };
  const kind = KINDS.find((one) => one === field(body, 'als'));
  if (kind === undefined) throw new Problem('invalid', 'The form holds a value it does not offer.');
  return { kind };
}

function nameOf(as: LookerOn, names: ReadonlyMap<string, string>): Text {
  if ('kind' in as) return T[as.kind];
  const name = names.get(as.organisation) ?? '';
  return { nl: name, en: name };
}

function result(
  visit: Visit,
  items: readonly OwnItem[],
  who: Text,
  names: ReadonlyMap<string, string>,
  say: Say,
): Content {
  const kinds = [...new Set(items.map(({ type }) => type))].toSorted();
  const count = (type: string, seen: boolean) =>
    items.filter((item) => item.type === type && item.seen === seen).length;
  const title = (text: Text) => say(asSentence(text)).replace(/\.$/, '');
  const summary = kinds.map((type) => [
    title(kindText(type)),
    count(type, true),
    count(type, false),
  ]);
  const rows = items.map((item): Content[] => [
    item.title ?? say(T.unnamed),
    item.seen ? html`<strong>${say(T.yes)}</strong>` : whyNot(item, say),
    whenText(item, visit.language),
    names.get(item.custodian) ?? '',
  ]);
  const columns = [T.kind, T.seen, T.unseen];
  const detail = [T.what, T.result, T.when, T.from];
  const { language } = visit;
  return [
    html`<h2>${title(who)}</h2>`,
    !items.some(({ seen }) => seen) && html`<p class="note">${say(T.nothing)}</p>`,
    table({ caption: T.caption, columns, rows: summary }, language),
    table({ caption: T.detail, columns: detail, rows: rows.slice(0, OWN_ITEMS_MAX) }, language),
  ];
}

function whyNot({ why }: OwnItem, say: Say): Content {
  const reason = reasonText(why);
  return html`${say(T.no)}${reason && html`: ${say(reason)}`}`;
}
