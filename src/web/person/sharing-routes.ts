/**
 * `/mij/delen`: the choices as they stand, one form to make another, a preview of what it does to whom,
 * and the receipt. Withdrawing takes as many steps as giving: choose, look, confirm. consent.md 14.
 */
import {
  type ChoiceChange,
  type ChoiceReceipt,
  type Choices,
  matrixOf,
  type Preview,
  standingBeside,
} from '../../consent/index.ts';
import { type Content, type Html, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { say as sayIn } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import { dayText, momentText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import {
  CATEGORIES,
  choiceText,
  DATA,
  EVERYONE,
  HOLDERS,
  RECIPIENTS,
  ruleText,
  sideText,
} from '../plain-words.ts';
import { field } from '../portal.ts';
import { SHARING as T } from './sharing-text.ts';
import { organisationNames, type PersonRoutes, personAgent, type Visit } from './visit.ts';
import {
  changesOf,
  fieldsOf,
  readWish,
  TEXT,
  TEXT_VERSION,
  textDigest,
  type Wish,
  wishText,
} from './wish.ts';

/** Registers the pages about sharing. */
export function sharingRoutes(pages: PersonRoutes): void {
  pages.get('/mij/delen', overview);
  pages.post('/mij/delen/voorbeeld', preview);
  pages.post('/mij/delen/opslaan', save);
  pages.get('/mij/delen/bewijs/:id', receipt);
}

async function overview(visit: Visit) {
  const { door, vault, session, language } = visit;
  const [choices, names] = await Promise.all([
    door.consent.choices.list(vault),
    organisationNames(door),
  ]);
  const matrix = matrixOf(choices.choices.map(({ rule }) => rule));
  const button = (wish: Wish, text: Content, secondary = false) =>
    previewForm(session.csrf, wish, text, secondary);
  return visit.page({
    title: T.title,
    body: (say) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
${matrix.locked && html`<p class="bad">${say(T.locked)}</p>`}
<h2>${say(T.quick)}</h2>
<ul class="cards">${QUICK.map(({ title, text, wish }) => {
      const standing = matrix.cells.find(
        (cell) =>
          cell.holder === wish.holder &&
          cell.data === wish.data &&
          cell.recipient === wish.recipient,
      );
      return html`<li class="card"><h3>${say(title)}</h3><p>${say(text)}</p>
<p class="tag">${say(standing ? (standing.choice === 'permit' ? T.saidYes : T.saidNo) : T.saidNothing)}</p>
${standing?.choice !== 'permit' && button({ ...wish, choice: 'permit' }, html`${say(T.yes)}<span class="hidden">: ${say(title)}</span>`)}
${standing?.choice !== 'deny' && button({ ...wish, choice: 'deny' }, html`${say(T.no)}<span class="hidden">: ${say(title)}</span>`, true)}</li>`;
    })}</ul>
<h2>${say(T.standing)}</h2>
${matrix.cells.length + matrix.exceptions.length === 0 && html`<p class="note">${say(T.nothingYet)}</p>`}
${
  matrix.cells.length > 0 &&
  table(
    {
      caption: T.tableCaption,
      columns: [T.who, T.what, T.from, T.choice, T.until, T.change],
      rows: matrix.cells.map((cell) => {
        const { holder, data, recipient, choice, until } = cell;
        const text = choiceText(
          {
            type: choice === 'deny' ? 'deny' : 'permit',
            recipient: sideText(recipient, names),
            holder: sideText(holder, names),
            data: DATA[data],
          },
          recipient.startsWith('org:'),
        );
        return [
          say(sideText(recipient, names)),
          say(DATA[data]),
          say(sideText(holder, names)),
          html`<strong>${say(choice === 'permit' ? T.may : T.mayNot)}</strong>`,
          until === undefined ? say(T.noEnd) : dayText(new Date(Date.parse(until) - 1), language),
          button(
            { kind: 'cell', holder, data, recipient, choice: 'nothing' },
            html`${say(T.withdraw)}<span class="hidden">: ${say(text)}</span>`,
            true,
          ),
        ];
      }),
    },
    language,
  )
}
${
  matrix.exceptions.length > 0 &&
  html`<h3>${say(T.exceptions)}</h3><ul>${matrix.exceptions.map(
    (rule) =>
      html`<li>${say(ruleText(rule, names))} ${button({ kind: 'withdraw', id: rule.id }, say(T.withdraw), true)}</li>`,
  )}</ul>`
}
<h2>${say(T.make)}</h2>
${cellForm(visit, say, names)}
<h2>${say(T.lock)}</h2>
<p>${say(T.lockText)}</p>
${matrix.locked ? button({ kind: 'unlock' }, say(T.unlockButton)) : button({ kind: 'lock' }, say(T.lockButton), true)}`,
  });
}

const QUICK: readonly { title: Text; text: Text; wish: Extract<Wish, { kind: 'cell' }> }[] = [
  {
    title: T.quickGp,
    text: T.quickGpText,
    wish: {
      kind: 'cell',
      holder: 'cat:ZKH',
      data: 'GGC002',
      recipient: 'cat:HA',
      choice: 'permit',
    },
  },
  {
    title: T.quickHospital,
    text: T.quickHospitalText,
    wish: {
      kind: 'cell',
      holder: 'cat:HA',
      data: 'GGC002',
      recipient: 'cat:ZKH',
      choice: 'permit',
    },
  },
];

function previewForm(csrf: string, wish: Wish, text: Content, secondary: boolean): Html {
  return html`<form method="post" action="/mij/delen/voorbeeld">
<input type="hidden" name="csrf" value="${csrf}">${hiddenFields(wish)}
<button${secondary && html` class="secondary"`}>${text}</button></form>`;
}

function hiddenFields(wish: Wish): readonly Html[] {
  return fieldsOf(wish).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
}

function cellForm({ session }: Visit, say: Say, names: ReadonlyMap<string, string>): Html {
  const option = (value: string, text: string) => html`<option value="${value}">${text}</option>`;
  const organisations = [...names].map(([id, name]) => option(`org:${id}`, name));
  const side = (categories: readonly (keyof typeof CATEGORIES)[]) => html`
${option('any', say(EVERYONE))}${categories.map((one) => option(`cat:${one}`, say(CATEGORIES[one])))}
<optgroup label="${say(T.oneOrganisation)}">${organisations}</optgroup>`;
  return html`<form method="post" action="/mij/delen/voorbeeld">
<input type="hidden" name="csrf" value="${session.csrf}"><input type="hidden" name="wens" value="cell">
<label for="aan">${say(T.formWho)}</label><select id="aan" name="aan">${side(RECIPIENTS)}</select>
<fieldset><legend>${say(T.choice)}</legend>
<label class="choice"><input type="radio" name="keuze" value="permit" required> ${say(T.may)}</label>
<label class="choice"><input type="radio" name="keuze" value="deny"> ${say(T.mayNot)}</label></fieldset>
<label for="gegevens">${say(T.formWhat)}</label><select id="gegevens" name="gegevens">${Object.entries(DATA).map(([code, text]) => option(code, say(text)))}</select>
<label for="van">${say(T.formFrom)}</label><select id="van" name="van">${side(HOLDERS)}</select>
<label for="tot">${say(T.formUntil)}</label><input id="tot" name="tot" type="date">
<p><button>${say(T.look)}</button></p></form>`;
}

interface Asked {
  readonly wish: Wish;
  readonly choices: Choices;
  readonly changes: readonly ChoiceChange[];
  readonly names: ReadonlyMap<string, string>;
  readonly sentence: Text;
}

async function asked({ door, request, vault }: Visit): Promise<Asked> {
  const names = await organisationNames(door);
  const wish = readWish(request.body, names);
  const choices = await door.consent.choices.list(vault);
  const changes = changesOf(wish, choices);
  return { wish, choices, changes, names, sentence: wishText(wish, choices, names) };
}

async function preview(visit: Visit) {
  const { door, vault, session, language } = visit;
  const { wish, choices, changes, names, sentence } = await asked(visit);
  const effect = changes.length === 0 ? undefined : await door.consent.own.preview(vault, changes);
  const type =
    wish.kind === 'lock' || (wish.kind === 'cell' && wish.choice === 'deny') ? 'deny' : 'permit';
  const broad =
    wish.kind === 'cell' && wish.choice !== 'nothing' && !wish.recipient.startsWith('org:');
  const beside = broad
    ? standingBeside(
        choices.choices.map(({ rule }) => rule),
        type,
      )
    : [];
  return visit.page({
    title: T.previewTitle,
    path: '/mij/delen',
    body: (say) => html`<h1>${say(T.previewTitle)}</h1>
<p class="lead">${say(sentence)}</p>
${!effect && html`<p class="note">${say(T.unchanged)}</p><p><a class="button" href="/mij/delen">${say(T.back)}</a></p>`}
${
  effect &&
  html`${effectText(effect, say)}${effectTable(effect, names, visit)}
${beside.length > 0 && html`<p class="note">${say(T.beside)}</p><ul>${beside.map((rule) => html`<li>${say(ruleText(rule, names))}</li>`)}</ul>`}
<p>${say(TEXT.effect)}</p><p>${say(TEXT.emergency)}</p>
<form method="post" action="/mij/delen/opslaan">
<input type="hidden" name="csrf" value="${session.csrf}">${hiddenFields(wish)}
<input type="hidden" name="stand" value="${choices.change}"><input type="hidden" name="taal" value="${language}">
<p><button>${say(T.confirm)}</button> <a class="button secondary" href="/mij/delen">${say(T.cancel)}</a></p></form>`
}`,
  });
}

/** In people and items, not in jargon. */
function effectText({ loses, gains }: Preview, say: Say): readonly Content[] {
  const none = loses.items === 0 && gains.items === 0;
  return [
    none && html`<p class="note">${say(T.effectNone)}</p>`,
    gains.items > 0 &&
      html`<p class="good">${say(T.effectMore(gains.organisations, gains.items))}</p>`,
    loses.items > 0 &&
      html`<p class="bad">${say(T.effectLess(loses.organisations, loses.items))}</p>`,
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

async function save(visit: Visit) {
  const { door, request, reply, vault, session } = visit;
  const { changes, sentence } = await asked(visit);
  // The language of the page that was confirmed, which the form carries.
  const language = field(request.body, 'taal') === 'en' ? 'en' : 'nl';
  const change = Number(field(request.body, 'stand'));
  if (changes.length === 0) return reply.redirect('/mij/delen', 303);
  const saved = await door.consent.choices.save(
    vault,
    changes,
    {
      performers: [{ rel: 'self' }],
      agent: personAgent(vault, request),
      channel: 'portal',
      ...(session.who.acr === undefined ? {} : { assurance: session.who.acr }),
      text: {
        version: TEXT_VERSION,
        language,
        digest: textDigest(sayIn(sentence, language), language),
      },
      client: 'web',
      requestId: request.id,
    },
    {
      ...(Number.isSafeInteger(change) ? { change } : {}),
      patient: await door.consent.own.facts(vault),
    },
  );
  return reply.redirect(`/mij/delen/bewijs/${saved.receipt.id}`, 303);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LINES_LOOKED_AT_MAX = 500;

async function receipt(visit: Visit) {
  const { door, request, vault, language } = visit;
  const { id = '' } = request.params as { id?: string };
  if (!UUID.test(id)) throw new Problem('not-found', 'There is no such receipt.');
  const found: ChoiceReceipt = await door.consent.choices.receipt(vault, id);
  const lines = await door.ledger.ofPatient(vault, { limit: LINES_LOOKED_AT_MAX });
  const line = lines.entries.find(({ record }) => record.detail?.['receipt'] === id);
  if ((request.query as { vorm?: unknown }).vorm === 'json') {
    const ledger = line && { origin: line.ledger, seq: line.seq, leafHash: line.leafHash };
    return visit.reply
      .type('application/json; charset=utf-8')
      .header('content-disposition', `attachment; filename="bewijs-${id}.json"`)
      .send({ ...found, ...(ledger ? { ledger } : {}) });
  }
  const names = await organisationNames(door);
  return visit.page({
    title: T.receiptTitle,
    body: (say) => html`<h1>${say(T.receiptTitle)}</h1>
<p class="good" role="status">${say(T.saved)}</p>
<ul>${found.rules.map((rule) => html`<li>${say(ruleText(rule, names))}${rule.status !== 'active' && html` <span class="tag">${say(T.endedTag)}</span>`}</li>`)}</ul>
<dl><dt>${say(T.receiptId)}</dt><dd><code>${found.id}</code></dd>
<dt>${say(T.moment)}</dt><dd>${momentText(found.recorded, language)}</dd>
<dt>${say(T.textVersion)}</dt><dd>${found.text.version} (${found.text.language})</dd>
<dt>${say(T.textDigest)}</dt><dd><code>${found.text.digest}</code></dd>
<dt>${say(T.ruleDigest)}</dt><dd><code>${found.digest}</code></dd>
${line && html`<dt>${say(T.ledgerLine)}</dt><dd>${line.seq}, <code>${line.leafHash}</code></dd>`}</dl>
<p>${say(T.howToWithdraw)}</p>
<p><a class="button secondary" href="/mij/delen/bewijs/${id}?vorm=json">${say(T.download)}</a>
<a class="button" href="/mij/delen">${say(T.back)}</a></p>`,
  });
}
