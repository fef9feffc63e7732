/**
 * Changing a choice: a preview of what it does to whom, then the save. Withdrawing takes as many
 * steps as giving: choose, look, confirm. consent.md section 14.
 */
import {
  type ChoiceChange,
  type Choices,
  matrixOf,
  type Preview,
  requireOwnRefusal,
  standingBeside,
} from '../../consent/index.ts';
import {
  ageAt,
  type ConsentRule,
  type PatientFacts,
  type Performer,
} from '../../permission/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { say as sayIn } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import type { Say } from '../page.ts';
import { asSentence, ruleText } from '../plain-words.ts';
import { field } from '../portal.ts';
import { itemsPage } from './items-page.ts';
import { forgetWish, keepWish, keptWish } from './kept-wish.ts';
import { lookAlongPage } from './look-along-page.ts';
import { namedProfessional } from './named-professional.ts';
import { receiptPage } from './receipt-page.ts';
import { secondaryUsePage } from './secondary-use-page.ts';
import { hiddenFields, sharingPage } from './sharing-page.ts';
import { SHARING as T } from './sharing-text.ts';
import {
  decidesOnResearch,
  organisationNames,
  type PersonRoutes,
  personAgent,
  sharingBase,
  type Visit,
} from './visit.ts';
import {
  changesOf,
  readWish,
  TEXT_VERSION,
  textDigest,
  textsWith,
  type Wish,
  wishText,
} from './wish.ts';
import { wishFaults } from './wish-faults.ts';

/** Registers the pages about sharing. */
export function sharingRoutes(pages: PersonRoutes): void {
  pages.get('/mij/delen', sharingPage);
  pages.get('/mij/delen/onderzoek', secondaryUsePage);
  pages.get('/mij/delen/onderdelen', itemsPage);
  pages.get('/mij/delen/kijk-mee', lookAlongPage);
  pages.get('/mij/delen/voorbeeld', previewPage);
  pages.post('/mij/delen/voorbeeld', askPreview);
  pages.post('/mij/delen/opslaan', saveChoice);
  pages.get('/mij/delen/bewijs/:id', receiptPage);
}

interface Asked {
  readonly wish: Wish;
  readonly choices: Choices;
  readonly changes: readonly ChoiceChange[];
  readonly names: ReadonlyMap<string, string>;
  readonly sentence: Text;
}

async function asked(visit: Visit, body: unknown): Promise<Asked> {
  const { door, vault } = visit;
  const names = await organisationNames(door);
  const line = await lineOf(door, vault, field(body, 'regel'));
  const wish = readWish(body, names, line);
  const choices = await door.consent.choices.list(vault);
  requireAllowed(visit, wish, choices);
  const changes = changesOf(wish, choices);
  await requireNotOfOtherParent(visit, changes, choices);
  return { wish, choices, changes, names, sentence: asSentence(wishText(wish, choices, names)) };
}

const LINES_MAX = 2_000;

/** Who a line of the own log was about; the page itself never names a member of staff. */
async function lineOf(
  door: Visit['door'],
  vault: string,
  line: string | undefined,
): Promise<{ seq: number; person: string } | undefined> {
  if (line === undefined) return undefined;
  const { entries } = await door.ledger.ofPatient(vault, { limit: LINES_MAX });
  const found = entries.find(({ seq }) => seq === Number(line));
  const person = found && namedProfessional(found.record);
  return found && person !== undefined ? { seq: found.seq, person } : undefined;
}

/** Kinds of wishes that somebody who decides for another may make: nothing that names a part. */
const FOR_ANOTHER: ReadonlySet<Wish['kind']> = new Set(['cell', 'withdraw', 'agree']);

function requireAllowed(visit: Visit, wish: Wish, choices: Choices): void {
  const { deciding } = visit;
  if (!deciding || (deciding.mayLock && (wish.kind === 'lock' || wish.kind === 'unlock'))) return;
  if (wish.kind === 'purpose' && decidesOnResearch(visit)) return;
  // What is finer than the table may name what is hidden from this representative.
  const finer = matrixOf(choices.choices.map(({ rule }) => rule)).exceptions;
  const named = 'id' in wish && finer.some(({ id }) => id === wish.id);
  if (FOR_ANOTHER.has(wish.kind) && !named) return;
  throw new Problem('forbidden', 'This is for the person alone.', { code: 'no-authority' });
}

/** Told before anything is counted: the other parent's refusal is not for this one to end. */
async function requireNotOfOtherParent(
  visit: Visit,
  changes: readonly ChoiceChange[],
  { choices }: Choices,
): Promise<void> {
  const ids = new Set(changes.flatMap(({ id }) => id ?? []));
  const refusals = choices.filter(({ rule }) => ids.has(rule.id) && rule.type === 'deny');
  if (refusals.length === 0) return;
  const { door, vault } = visit;
  const [patient, at] = [await door.consent.own.facts(vault), door.clock()];
  for (const { rule } of refusals) {
    requireOwnRefusal(rule, performersOf(visit), patient, at);
  }
}

/** To what saving would do; the forms again where something in them is wrong. */
export async function askPreview(visit: Visit) {
  const faults = wishFaults(visit.request.body, visit.door.clock());
  return faults.length > 0 ? sharingPage(visit, faults) : keepWish(visit);
}

/** What saving would do, before it is saved. */
export async function previewPage(visit: Visit) {
  const fields = keptWish(visit);
  return fields ? preview(visit, fields) : visit.reply.redirect(sharingBase(visit), 303);
}

/**
 * In people and items.
 * @param isLate it was confirmed on a page on which the choices were others than now.
 */
async function preview(visit: Visit, body: unknown, isLate = false) {
  const { door, vault, session, language } = visit;
  const { wish, choices, changes, names, sentence } = await asked(visit, body);
  const performers = performersOf(visit);
  const effect =
    changes.length === 0 ? undefined : await door.consent.own.preview(vault, changes, performers);
  const isProposal = needsOther(visit, await door.consent.own.facts(vault), changes);
  const type =
    wish.kind === 'lock' || wish.kind === 'person' || ('choice' in wish && wish.choice === 'deny')
      ? 'deny'
      : 'permit';
  const broad =
    wish.kind === 'cell' && wish.choice !== 'nothing' && !wish.recipient.startsWith('org:');
  const shown = rulesShown(visit, choices);
  const beside = broad ? standingBeside(shown, type) : [];
  return visit.page({
    title: T.previewTitle,
    path: '/mij/delen',
    ...(isLate ? { status: 409 } : {}),
    body: (say) => html`<h1>${say(T.previewTitle)}</h1>
${isLate && standingNow(shown, names, say)}
<p class="lead">${say(sentence)}</p>
${
  !effect &&
  html`<p class="note">${say(T.unchanged)}</p><p><a class="button" href="${sharingBase(visit)}">${say(
    T.back,
  )}</a></p>`
}
${
  effect &&
  html`${isProposal && html`<p class="note">${say(T.needsOther)} ${wish.kind === 'fine' && say(T.otherReads)}</p>`}
${wish.kind !== 'purpose' && [effectText(effect, say), effectTable(effect, names, visit)]}
${
  beside.length > 0 &&
  html`<p class="note">${say(T.beside)}</p><ul>${beside.map(
    (rule) => html`<li>${say(asSentence(ruleText(rule, names)))}</li>`,
  )}</ul>`
}
${textsWith(wish, isProposal, choices).map((text) => html`<p>${say(text)}</p>`)}
<form method="post" action="${sharingBase(visit)}/opslaan">
<input type="hidden" name="csrf" value="${session.csrf}">${hiddenFields(wish)}
<input type="hidden" name="stand" value="${choices.change}"><input type="hidden" name="taal"
  value="${language}">
<p><button>${say(T.confirm)}</button> <a class="button secondary" href="${sharingBase(visit)}">${say(
    T.cancel,
  )}</a></p></form>`
}`,
  });
}

/** What is finer than the table may name what is hidden from whoever decides for another. */
function rulesShown({ deciding }: Visit, { choices }: Choices): readonly ConsentRule[] {
  const rules = choices.map(({ rule }) => rule).filter(({ status }) => status === 'active');
  const hidden = deciding ? matrixOf(rules).exceptions : [];
  return rules.filter((rule) => !hidden.includes(rule));
}

/** What was chosen meanwhile, beside what was to be saved. */
function standingNow(
  rules: readonly ConsentRule[],
  names: ReadonlyMap<string, string>,
  say: Say,
): Content {
  return html`<p class="bad" role="alert">${say(T.changedMeanwhile)}</p>
<h2>${say(T.standing)}</h2>${
    rules.length === 0
      ? html`<p class="note">${say(T.noneNow)}</p>`
      : html`<ul>${rules.map(
          (rule) => html`<li>${say(asSentence(ruleText(rule, names)))}</li>`,
        )}</ul>`
  }<h2>${say(T.wanted)}</h2>`;
}

const performersOf = ({ deciding }: Visit): readonly Performer[] =>
  deciding?.performers ?? [{ rel: 'self' }];

/** From 12 to 15 what opens something is a proposal until the other agrees (10.3). */
function needsOther(
  visit: Visit,
  { birthDate }: PatientFacts,
  changes: readonly ChoiceChange[],
): boolean {
  const age = ageAt(birthDate, visit.door.clock());
  if (age === undefined || age < 12 || age >= 16) return false;
  return changes.some((change) => change.kind === 'put' && change.rule.type === 'permit');
}

/** In people and items, not in jargon. */
function effectText({ loses, gains, persons }: Preview, say: Say): readonly Content[] {
  const none = loses.items === 0 && gains.items === 0 && persons.length === 0;
  const nothing = persons.filter((one) => one.loses > 0 && one.keeps + one.gains === 0).length;
  const less = persons.filter((one) => one.loses > 0).length - nothing;
  const more = persons.length - nothing - less;
  return [
    none && html`<p class="note">${say(T.effectNone)}</p>`,
    gains.items > 0 &&
      html`<p class="good">${say(T.effectMore(gains.organisations, gains.items))}</p>`,
    loses.items > 0 &&
      html`<p class="bad">${say(T.effectLess(loses.organisations, loses.items))}</p>`,
    more > 0 && html`<p class="good">${say(T.effectPersonMore(more))}</p>`,
    less > 0 && html`<p class="bad">${say(T.effectPersonLess(less))}</p>`,
    nothing > 0 && html`<p class="bad">${say(T.effectPersonNothing(nothing))}</p>`,
  ];
}

function effectTable(effect: Preview, names: ReadonlyMap<string, string>, visit: Visit): Content {
  if (effect.changes.length === 0) return '';
  return table(
    {
      caption: T.effectCaption,
      columns: [T.organisation, T.more, T.less, T.keeps],
      rows: effect.changes.map((one) => [
        names.get(one.organisation) ?? '',
        one.gains.length,
        one.loses.length,
        one.keeps,
      ]),
    },
    visit.language,
  );
}

/** Saves what was confirmed, and shows its receipt. */
export async function saveChoice(visit: Visit) {
  const { door, request, reply, vault, session, deciding } = visit;
  const { changes, choices, sentence, wish } = await asked(visit, request.body);
  // The language of the page that was confirmed, which the form carries.
  const language = field(request.body, 'taal') === 'en' ? 'en' : 'nl';
  const change = Number(field(request.body, 'stand'));
  if (changes.length === 0) return reply.redirect(sharingBase(visit), 303);
  const patient = await door.consent.own.facts(vault);
  const texts = textsWith(wish, needsOther(visit, patient, changes), choices);
  const digest = textDigest(sayIn(sentence, language), language, texts);
  const act = {
    performers: performersOf(visit),
    agent: deciding?.agent ?? personAgent(vault, request),
    channel: 'portal',
    proposes: true,
    ...(session.who.acr === undefined ? {} : { assurance: session.who.acr }),
    text: { version: TEXT_VERSION, language, digest },
    client: 'web',
    requestId: request.id,
  } as const;
  const seen = Number.isSafeInteger(change) ? { change } : {};
  try {
    const saved = await door.consent.choices.save(vault, changes, act, { ...seen, patient });
    await forgetWish(visit);
    return reply.redirect(`${sharingBase(visit)}/bewijs/${saved.receipt.id}`, 303);
  } catch (error) {
    if (Problem.from(error).code === 'choices-changed') return preview(visit, request.body, true);
    throw error;
  }
}
