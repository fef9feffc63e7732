/** `/mij/delen`: the choices as they stand, two quick ones, and the form to make any other. */
import {
  type Cell,
  type Joined,
  joinedSince,
  type Matrix,
  matrixOf,
  type OwnItem,
} from '../../consent/index.ts';
import type { ConsentRule } from '../../permission/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, type Html, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { type FieldFaults, faultAt, faultSummary, markOf, statusOf } from '../form-faults.ts';
import type { Say } from '../page.ts';
import {
  asSentence,
  CATEGORIES,
  choiceText,
  DATA,
  EVERYONE,
  HOLDERS,
  RECIPIENTS,
  ruleText,
  sideText,
} from '../plain-words.ts';
import { cameInMeanwhile, fineForm } from './fine-form.ts';
import { SECONDARY_USE } from './secondary-use.ts';
import { SHARING as T } from './sharing-text.ts';
import { sightPart } from './sight-table.ts';
import { typedAgain } from './typed-again.ts';
import {
  decidesOnResearch,
  organisationNames,
  ownAccess,
  sharingBase,
  type Visit,
} from './visit.ts';
import type { Wish } from './wish.ts';
import { fieldsOf } from './wish-fields.ts';

type CellWish = Extract<Wish, { kind: 'cell' }>;

/** The channel of what providers send (`consent/provider-choices.ts`). */
const AT_DESK = 'fhir';

/** What the parts of the page share. */
interface Parts {
  readonly visit: Visit;
  readonly say: Say;
  readonly matrix: Matrix;
  readonly names: ReadonlyMap<string, string>;
  readonly faults: FieldFaults;
  /** Ids of choices that a provider recorded at its desk. */
  readonly atDesk: ReadonlySet<string>;
  /** A button that leads to the preview of a wish; `about` is for who hears the page. */
  button(wish: Wish, text: Text, options?: { about?: Text; secondary?: boolean }): Html;
}

/** @param faults what is wrong in the form that was sent: it is shown again as it was filled in. */
export async function sharingPage(visit: Visit, faults: FieldFaults = []) {
  const { door, vault, session, deciding } = visit;
  const [choices, names, organisations] = await Promise.all([
    door.consent.choices.list(vault),
    organisationNames(door),
    door.organisations.all(),
  ]);
  const rules = choices.choices.map(({ rule }) => rule);
  const matrix = matrixOf(rules);
  const recorded = choices.choices.filter(({ channel }) => channel === AT_DESK);
  const atDesk = new Set(recorded.map(({ rule }) => rule.id));
  const joined = matrix.locked ? [] : joinedSince(rules, organisations, door.clock());
  const meanwhile = matrix.locked && !deciding ? await sinceLock(visit, rules) : [];
  // For the person alone: it would count what is hidden from whoever decides for another.
  const sights = deciding ? [] : await door.consent.own.whoSees(vault, ownAccess(visit));
  return visit.page({
    title: T.title,
    path: sharingBase(visit),
    ...statusOf(faults),
    body: (say) => {
      const button: Parts['button'] = (wish, text, { about, secondary = false } = {}) =>
        html`<form method="post" action="${sharingBase(visit)}/voorbeeld">
<input type="hidden" name="csrf" value="${session.csrf}">${hiddenFields(wish)}
<button${secondary && html` class="secondary"`}>${say(text)}${
          about && html`<span class="hidden">: ${say(about)}</span>`
        }</button></form>`;
      const parts: Parts = { visit, say, matrix, names, faults, atDesk, button };
      return html`<h1>${say(T.title)}</h1>${faultSummary(faults, say)}
<p class="lead">${say(T.intro)}</p>
${matrix.locked && html`<p class="bad">${say(T.locked)}</p>`}
<h2>${say(T.quick)}</h2>
<ul class="cards">${QUICK.map((quick) => quickCard(parts, quick))}</ul>
<h2>${say(T.standing)}</h2>
${proposals(parts, rules)}
${standing(parts)}
${joinedPart(parts, joined)}
${sightPart(visit, { sights, names, isLocked: matrix.locked }, say)}
<h2>${say(T.make)}</h2>
${cellForm(parts)}
${!deciding && finer(parts)}
${deciding && decidesOnResearch(visit) && researchForAnother(parts)}
${(!deciding || deciding.mayLock) && lockPart(parts, meanwhile)}`;
    },
  });
}

const JOINED_MAX = 50;

/** Whom a choice lets in that came after it. */
function joinedPart({ visit, say, names }: Parts, joined: readonly Joined[]): Content {
  if (joined.length === 0) return '';
  return html`<h3>${say(T.joined)}</h3><p>${say(T.joinedText)}</p><ul>${joined
    .slice(0, JOINED_MAX)
    .map(
      ({ organisation, since }) =>
        html`<li>${names.get(organisation) ?? ''}, ${dayText(since, visit.language)}</li>`,
    )}</ul>`;
}

/** What names a part of the record is for the person alone. */
function finer({ visit, names, faults, say }: Parts): Content {
  return html`${fineForm(visit, names, faults, say)}
<ul class="cards">${WAYS.map((way) => wayCard(way, way.href, say))}</ul>`;
}

function researchForAnother({ visit, say }: Parts): Html {
  const href = `${sharingBase(visit)}/onderzoek`;
  return html`<ul class="cards">${wayCard(SECONDARY_USE, href, say)}</ul>`;
}

const wayCard = ({ title, text }: Record<'title' | 'text', Text>, href: string, say: Say): Html =>
  html`<li class="card"><h3><a href="${href}">${say(title)}</a></h3>
<p>${say(text)}</p></li>`;

function lockPart(
  { visit, say, matrix, names, button }: Parts,
  meanwhile: readonly OwnItem[],
): Content {
  const { locked } = matrix;
  return html`<h2>${say(T.lock)}</h2>
<p>${say(T.lockText)}</p>
${locked && !visit.deciding && cameInMeanwhile(visit, meanwhile, names, say)}
${locked && button({ kind: 'unlock' }, T.unlockButton)}
${!locked && button({ kind: 'lock' }, T.lockButton, { secondary: true })}`;
}

/** What child or parent gave and the other did not agree to yet (consent.md 10.3). */
function proposals({ visit, say, names, button }: Parts, rules: readonly ConsentRule[]): Content {
  const open = rules.filter(({ status }) => status === 'proposed');
  if (open.length === 0) return '';
  const mine = new Set((visit.deciding?.performers ?? [{ rel: 'self' }]).map(({ rel }) => rel));
  return html`<h3>${say(T.proposals)}</h3><ul>${open.map(
    (rule) => html`<li>${say(asSentence(ruleText(rule, names)))}
${
  rule.performers.every(({ rel }) => mine.has(rel))
    ? html`<p class="note">${say(T.waitsForOther)}</p>`
    : button({ kind: 'agree', id: rule.id }, T.agree)
}${button({ kind: 'withdraw', id: rule.id }, T.withdraw, { secondary: true })}</li>`,
  )}</ul>`;
}

const WAYS = [
  { href: '/mij/delen/onderdelen', title: T.items, text: T.itemsText },
  { href: '/mij/delen/kijk-mee', title: T.lookAlong, text: T.lookAlongText },
  SECONDARY_USE,
] as const;

/** What came in after the lock that stands. */
async function sinceLock(visit: Visit, rules: readonly ConsentRule[]): Promise<readonly OwnItem[]> {
  const locks = rules.filter(({ absolute, status }) => absolute && status === 'active');
  const since = Math.min(...locks.map(({ dateTime }) => Date.parse(dateTime)));
  const items = await visit.door.consent.own.items(visit.vault, ownAccess(visit));
  return items.filter(({ received }) => received.getTime() > since);
}

/** The fields by which a form says a wish again. */
export function hiddenFields(wish: Wish): readonly Html[] {
  return fieldsOf(wish).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
}

interface Quick {
  readonly title: Text;
  readonly text: Text;
  readonly wish: CellWish;
}

const QUICK: readonly Quick[] = [
  { title: T.quickGp, text: T.quickGpText, wish: quickWish('cat:ZKH', 'cat:HA') },
  { title: T.quickHospital, text: T.quickHospitalText, wish: quickWish('cat:HA', 'cat:ZKH') },
];

function quickWish(holder: CellWish['holder'], recipient: CellWish['recipient']): CellWish {
  return { kind: 'cell', holder, data: 'GGC002', recipient, choice: 'permit' };
}

function quickCard({ matrix, say, button }: Parts, { title, text, wish }: Quick): Html {
  const { holder, data, recipient } = wish;
  const said = matrix.cells.find(
    (cell) => cell.holder === holder && cell.data === data && cell.recipient === recipient,
  )?.choice;
  const tag = said === undefined ? T.saidNothing : said === 'permit' ? T.saidYes : T.saidNo;
  const no = { about: title, secondary: true };
  return html`<li class="card"><h3>${say(title)}</h3><p>${say(text)}</p>
<p class="tag">${say(tag)}</p>
${said !== 'permit' && button({ ...wish, choice: 'permit' }, T.yes, { about: title })}
${said !== 'deny' && button({ ...wish, choice: 'deny' }, T.no, no)}</li>`;
}

function standing(parts: Parts): Content {
  const { visit, say, matrix, names, button } = parts;
  const { cells } = matrix;
  const exceptions = visit.deciding ? [] : matrix.exceptions;
  if (cells.length + exceptions.length === 0) {
    return html`<p class="note">${say(T.nothingYet)}</p>`;
  }
  const columns = [T.who, T.what, T.from, T.choice, T.until, T.change];
  const rows = cells.map((cell) => cellRow(parts, cell));
  const withdraw = (id: string) =>
    button({ kind: 'withdraw', id }, T.withdraw, { secondary: true });
  const items = exceptions.map(
    (rule) => html`<li>${say(asSentence(ruleText(rule, names)))}
${deskNote(parts, [rule.id])} ${withdraw(rule.id)}</li>`,
  );
  return [
    cells.length > 0 && table({ caption: T.tableCaption, columns, rows }, visit.language),
    exceptions.length > 0 && html`<h3>${say(T.exceptions)}</h3><ul>${items}</ul>`,
  ];
}

/** Said where it was not made on these pages: whoever does not know it can take it back. */
function deskNote({ atDesk, say }: Parts, choices: readonly string[]): Content {
  return choices.some((id) => atDesk.has(id)) && html`<small>(${say(T.atDesk)})</small>`;
}

function cellRow(parts: Parts, cell: Cell): readonly Content[] {
  const { visit, say, names, button } = parts;
  const { holder, data, recipient, choice, until } = cell;
  const words = {
    recipient: sideText(recipient, names),
    holder: sideText(holder, names),
    data: DATA[data],
  };
  const type = choice === 'deny' ? 'deny' : 'permit';
  const about = choiceText({ type, ...words }, recipient.startsWith('org:'));
  // The end is exclusive; the last day on which it counts is the one before.
  const lastDay = until === undefined ? undefined : new Date(Date.parse(until) - 1);
  return [
    say(words.recipient),
    say(words.data),
    say(words.holder),
    html`<strong>${say(choice === 'permit' ? T.may : T.mayNot)}</strong>
${deskNote(parts, cell.choices)}`,
    lastDay === undefined ? say(T.noEnd) : dayText(lastDay, visit.language),
    button({ kind: 'cell', holder, data, recipient, choice: 'nothing' }, T.withdraw, {
      about,
      secondary: true,
    }),
  ];
}

function cellForm({ visit, say, names, faults }: Parts): Html {
  const typed = typedAgain(visit, 'cell', faults);
  const { option } = typed;
  const side = (name: string, categories: readonly (keyof typeof CATEGORIES)[]) => html`
${option(name, 'any', say(EVERYONE))}
${categories.map((one) => option(name, `cat:${one}`, say(CATEGORIES[one])))}
<optgroup label="${say(T.oneOrganisation)}">${[...names].map(([id, text]) =>
    option(name, `org:${id}`, text),
  )}</optgroup>`;
  const data = Object.entries(DATA).map(([code, text]) => option('gegevens', code, say(text)));
  return html`<form method="post" action="${sharingBase(visit)}/voorbeeld">
<input type="hidden" name="csrf" value="${visit.session.csrf}">
<input type="hidden" name="wens" value="cell">
<label for="aan">${say(T.formWho)}</label>
<select id="aan" name="aan">${side('aan', RECIPIENTS)}</select>
<fieldset id="keuze" tabindex="-1"${markOf(faults, 'keuze')}><legend>${say(T.choice)}</legend>${faultAt(
    faults,
    'keuze',
    say,
  )}
<label class="choice"><input type="radio" name="keuze" value="permit" required${typed.checked(
    'permit',
  )}>
${say(T.may)}</label>
<label class="choice"><input type="radio" name="keuze" value="deny"${typed.checked(
    'deny',
  )}> ${say(T.mayNot)}</label>
</fieldset>
<label for="gegevens">${say(T.formWhat)}</label>
<select id="gegevens" name="gegevens">${data}</select>
<label for="van">${say(T.formFrom)}</label><select id="van" name="van">${side('van', HOLDERS)}</select>
<label for="tot">${say(T.formUntil)}</label>${faultAt(faults, 'tot', say)}
<input id="tot" name="tot" type="date" value="${typed.value('tot')}"${markOf(faults, 'tot')}>
<p><button>${say(T.look)}</button></p></form>`;
}
