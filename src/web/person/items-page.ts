/**
 * `/mij/delen/onderdelen`: what there is, one by one, with the button that keeps one of them to
 * oneself. consent.md 8.1: a choice about one item stands above every broader one.
 */
import type { OwnItem } from '../../consent/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, type Html, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { kindText } from '../kinds-text.ts';
import type { Say } from '../page.ts';
import { asSentence } from '../plain-words.ts';
import { hiddenFields } from './sharing-page.ts';
import { organisationNames, ownAccess, type Visit } from './visit.ts';
import type { Wish } from './wish.ts';

const ITEMS_ON_A_PAGE = 50;

const T = {
  title: { nl: 'Per onderdeel kiezen', en: 'Choose item by item' },
  intro: {
    nl: 'Wilt u één uitslag, brief of diagnose niet delen? Kies die hier. De rest blijft zoals u koos.',
    en: 'Do you not want to share one result, letter or diagnosis? Choose it here. The rest stays as you chose.',
  },
  none: { nl: 'Er zijn hier geen gegevens van u.', en: 'There are no data of you here.' },
  caption: { nl: 'Uw gegevens, nieuwste eerst', en: 'Your data, newest first' },
  what: { nl: 'Wat', en: 'What' },
  kind: { nl: 'Soort', en: 'Kind' },
  when: { nl: 'Wanneer', en: 'When' },
  from: { nl: 'Van wie', en: 'Whose' },
  choice: { nl: 'Delen', en: 'Sharing' },
  keep: { nl: 'Deel dit niet', en: 'Do not share this' },
  keepVisit: {
    nl: 'Deel niets van dit bezoek',
    en: 'Share nothing of this visit',
  },
  kept: { nl: 'Deelt u met niemand', en: 'You share this with nobody' },
  undo: { nl: 'Intrekken', en: 'Withdraw' },
  protected: { nl: 'extra beschermd', en: 'extra protection' },
  show: { nl: 'Laat zien', en: 'Show' },
  all: { nl: 'alles', en: 'everything' },
  next: { nl: 'Volgende bladzijde', en: 'Next page' },
  back: { nl: 'Vorige bladzijde', en: 'Previous page' },
  toSharing: { nl: 'Terug naar delen', en: 'Back to sharing' },
  unnamed: { nl: 'zonder naam', en: 'without a name' },
} as const satisfies Record<string, Text>;

interface Shown {
  readonly items: readonly OwnItem[];
  readonly kinds: readonly string[];
  readonly kind: string | undefined;
  readonly page: number;
  readonly more: boolean;
}

export async function itemsPage(visit: Visit) {
  const { door, vault } = visit;
  const [all, choices, names] = await Promise.all([
    door.consent.own.items(vault, ownAccess(visit)),
    door.consent.choices.list(vault),
    organisationNames(door),
  ]);
  const shown = shownOf(all, visit.request.query);
  const kept = new Map(
    choices.choices.flatMap(({ rule }) =>
      rule.status === 'active' &&
      rule.type === 'deny' &&
      rule.recipient.level === 'any' &&
      rule.data.level === 'instance'
        ? [[rule.data.value, rule.id] as const]
        : [],
    ),
  );
  return visit.page({
    title: T.title,
    path: '/mij/delen',
    body: (say) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
<p><a href="/mij/delen">${say(T.toSharing)}</a></p>
${all.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${all.length > 0 && filterForm(shown, say)}
${shown.items.length > 0 && itemTable(visit, shown, kept, names, say)}
${pager(shown, say)}`,
  });
}

function shownOf(all: readonly OwnItem[], query: unknown): Shown {
  const { soort, blad } = query as { soort?: unknown; blad?: unknown };
  const kinds = [...new Set(all.map(({ type }) => type))].toSorted();
  const kind = typeof soort === 'string' && kinds.includes(soort) ? soort : undefined;
  const some = kind === undefined ? all : all.filter(({ type }) => type === kind);
  const page = Math.max(1, Math.min(Number(blad) || 1, Math.ceil(some.length / ITEMS_ON_A_PAGE)));
  const from = (page - 1) * ITEMS_ON_A_PAGE;
  const items = some.slice(from, from + ITEMS_ON_A_PAGE);
  return { items, kinds, kind, page, more: some.length > from + items.length };
}

function filterForm({ kinds, kind }: Shown, say: Say): Html {
  const option = (value: string, text: string) =>
    html`<option value="${value}"${value === (kind ?? '') && html` selected`}>${text}</option>`;
  return html`<form method="get" action="/mij/delen/onderdelen">
<label for="soort">${say(T.kind)}</label>
<select id="soort" name="soort">${option('', say(T.all))}
${kinds.map((one) => option(one, say(kindText(one))))}</select>
<p><button class="secondary">${say(T.show)}</button></p></form>`;
}

function itemTable(
  visit: Visit,
  { items }: Shown,
  kept: ReadonlyMap<string, string>,
  names: ReadonlyMap<string, string>,
  say: Say,
): Html {
  const button = (wish: Wish, text: Text, about: string) =>
    html`<form method="post" action="/mij/delen/voorbeeld">
<input type="hidden" name="csrf" value="${visit.session.csrf}">${hiddenFields(wish)}
<button class="secondary">${say(text)}<span class="hidden">: ${about}</span></button></form>`;
  const rows = items.map((item): Content[] => {
    const title = item.title ?? say(T.unnamed);
    const id = kept.get(item.ref);
    const whole = item.type === 'Encounter' && button(keepVisit(item.ref), T.keepVisit, title);
    const choice =
      id === undefined
        ? html`${button(keepToMyself(item.ref), T.keep, title)}${whole}`
        : html`<span class="tag">${say(T.kept)}</span> ${button({ kind: 'withdraw', id }, T.undo, title)}`;
    const isProtected = item.labels.some((label) => label !== 'N');
    return [
      html`${title}${isProtected && html` <span class="tag">${say(T.protected)}</span>`}`,
      say(asSentence(kindText(item.type))).replace(/\.$/, ''),
      item.date === undefined ? '' : dayText(item.date, visit.language),
      names.get(item.custodian) ?? '',
      choice,
    ];
  });
  const columns = [T.what, T.kind, T.when, T.from, T.choice];
  return table({ caption: T.caption, columns, rows }, visit.language);
}

const keepVisit = (ref: string): Wish => ({
  kind: 'fine',
  holder: 'any',
  recipient: 'any',
  choice: 'deny',
  about: { level: 'visit', value: ref },
});

const keepToMyself = (ref: string): Wish => ({
  kind: 'fine',
  holder: 'any',
  recipient: 'any',
  choice: 'deny',
  about: { level: 'instance', value: ref },
});

function pager({ page, more, kind }: Shown, say: Say): Content {
  const link = (to: number, text: Text) => {
    const filter = kind === undefined ? '' : `&soort=${kind}`;
    return html`<a class="button secondary" href="/mij/delen/onderdelen?blad=${to}${filter}">${say(text)}</a>`;
  };
  if (page === 1 && !more) return '';
  return html`<p>${page > 1 && link(page - 1, T.back)} ${more && link(page + 1, T.next)}</p>`;
}
