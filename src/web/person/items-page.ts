/**
 * `/mij/delen/onderdelen`: what there is, one by one, with the button that keeps one of them to
 * oneself. consent.md 8.1: a choice about one item stands above every broader one.
 */
import type { OwnItem } from '../../consent/index.ts';
import type { ConsentRule } from '../../permission/index.ts';
import { type Content, type Html, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { kindText } from '../kinds-text.ts';
import type { Say } from '../page.ts';
import { asSentence } from '../plain-words.ts';
import { whenText } from './item-when.ts';
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
  keptVisit: {
    nl: 'Van dit bezoek deelt u niets',
    en: 'You share nothing of this visit',
  },
  except: { nl: 'Behalve met', en: 'Except with' },
  exceptFor: { nl: 'Laat één zorgverlener dit wel zien', en: 'Let one care provider see this' },
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
  const kept = keptOf(choices.choices.map(({ rule }) => rule));
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

/** Choices about one item or one visit: kept from everyone, and who may see it all the same. */
interface Kept {
  readonly denials: Map<string, string>;
  readonly exceptions: Map<string, { readonly id: string; readonly organisation: string }[]>;
}

function keptOf(rules: readonly ConsentRule[]): Kept {
  const kept: Kept = { denials: new Map(), exceptions: new Map() };
  for (const { id, status, source, type, data, context, recipient } of rules) {
    const about = data.level === 'instance' ? data.value : visitOf(data, context);
    if (status !== 'active' || source !== 'dhtv' || about === undefined) continue;
    if (type === 'deny' && recipient.level === 'any') kept.denials.set(about, id);
    if (type !== 'permit' || recipient.level !== 'org') continue;
    const others = kept.exceptions.get(about) ?? [];
    kept.exceptions.set(about, [...others, { id, organisation: recipient.value }]);
  }
  return kept;
}

/** A visit is kept with all that belongs to it: another name than the visit itself as an item. */
const visitOf = (data: ConsentRule['data'], context: ConsentRule['context']) =>
  context?.kind === 'episode' && data.level === 'all' ? `visit ${context.value}` : undefined;

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
  kept: Kept,
  names: ReadonlyMap<string, string>,
  say: Say,
): Html {
  const rows = items.map((item): Content[] => {
    const isProtected = item.labels.some((label) => label !== 'N');
    return [
      html`${item.title ?? say(T.unnamed)}${
        isProtected && html` <span class="tag">${say(T.protected)}</span>`
      }`,
      say(asSentence(kindText(item.type))).replace(/\.$/, ''),
      whenText(item, visit.language),
      names.get(item.custodian) ?? '',
      choiceAbout({ visit, item, kept, names, say }),
    ];
  });
  const columns = [T.what, T.kind, T.when, T.from, T.choice];
  return table({ caption: T.caption, columns, rows }, visit.language);
}

interface Line {
  readonly visit: Visit;
  readonly item: OwnItem;
  readonly kept: Kept;
  readonly names: ReadonlyMap<string, string>;
  readonly say: Say;
}

function choiceAbout(line: Line): Html {
  const { item } = line;
  const whole = item.type === 'Encounter' && keptOrKeep(line, 'visit');
  return html`${keptOrKeep(line, 'instance')}${whole}`;
}

/** The button that keeps it, or what was chosen about it, for whom not, and the way back. */
function keptOrKeep(line: Line, level: 'instance' | 'visit'): Html {
  const { item, kept, names, say } = line;
  const key = level === 'visit' ? `visit ${item.ref}` : item.ref;
  const isVisit = level === 'visit';
  const denial = kept.denials.get(key);
  if (denial === undefined) {
    return button(line, keepToMyself(item.ref, level), isVisit ? T.keepVisit : T.keep);
  }
  const exceptions = kept.exceptions.get(key) ?? [];
  return html`<span class="tag">${say(isVisit ? T.keptVisit : T.kept)}</span>
${button(line, { kind: 'withdraw', id: denial }, T.undo)}
${exceptions.map(
  ({ id, organisation }) =>
    html`<span class="tag">${say(T.except)} ${names.get(organisation) ?? ''}</span>
${button(line, { kind: 'withdraw', id }, T.undo, names.get(organisation))}`,
)}${exceptForm(line, level, new Set(exceptions.map(({ organisation }) => organisation)))}`;
}

function button({ visit, item, say }: Line, wish: Wish, text: Text, about?: string): Html {
  return html`<form method="post" action="/mij/delen/voorbeeld">
<input type="hidden" name="csrf" value="${visit.session.csrf}">${hiddenFields(wish)}
<button class="secondary">${say(text)}<span class="hidden">: ${
    about ?? item.title ?? say(T.unnamed)
  }</span></button></form>`;
}

/** "For everyone but my GP": a choice for one organisation stands above the one for all. */
function exceptForm(
  { visit, item, names, say }: Line,
  level: 'instance' | 'visit',
  already: ReadonlySet<string>,
): Html {
  const id = `behalve-${level}-${item.ref.replace('/', '-')}`;
  const others = [...names].filter(([one]) => one !== item.custodian && !already.has(one));
  return html`<form method="post" action="/mij/delen/voorbeeld">
<input type="hidden" name="csrf" value="${visit.session.csrf}">
<input type="hidden" name="wens" value="fine"><input type="hidden" name="van" value="any">
<input type="hidden" name="keuze" value="permit">
<input type="hidden" name="${level === 'visit' ? 'bezoek' : 'onderdeel'}" value="${item.ref}">
<label for="${id}">${say(T.exceptFor)}</label>
<select id="${id}" name="aan">${others.map(
    ([one, name]) => html`<option value="org:${one}">${name}</option>`,
  )}</select>
<button class="secondary">${say(T.show)}<span class="hidden">: ${
    item.title ?? say(T.unnamed)
  }</span></button></form>`;
}

const keepToMyself = (ref: string, level: 'instance' | 'visit'): Wish => ({
  kind: 'fine',
  holder: 'any',
  recipient: 'any',
  choice: 'deny',
  about: { level, value: ref },
});

function pager({ page, more, kind }: Shown, say: Say): Content {
  const link = (to: number, text: Text) => {
    const filter = kind === undefined ? '' : `&soort=${kind}`;
    return html`<a class="button secondary" href="/mij/delen/onderdelen?blad=${to}${filter}">${say(text)}</a>`;
  };
  if (page === 1 && !more) return '';
  return html`<p>${page > 1 && link(page - 1, T.back)} ${more && link(page + 1, T.next)}</p>`;
}
