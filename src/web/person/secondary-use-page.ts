/** `/mij/delen/onderzoek`: yes or no to research and to being counted (consent.md section 12). */
import type { Choices, Side } from '../../consent/index.ts';
import { type Html, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import type { Say } from '../page.ts';
import { type PurposeWish, SECONDARY_USE, standingFor } from './secondary-use.ts';
import { hiddenFields } from './sharing-page.ts';
import { SHARING } from './sharing-text.ts';
import { sharingBase, type Visit } from './visit.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

const T = {
  research: t('Onderzoek', 'Research'),
  researchText: t(
    'Onderzoekers krijgen uw gegevens zonder uw naam, adres of BSN. Elk onderzoek kent u onder een andere code. Gevoelige onderwerpen gaan alleen mee als u dat bij "Preciezer kiezen" zegt.',
    'Researchers get your data without your name, address or BSN. Each study knows you by another code. Sensitive topics go along only if you say so under "Choose more precisely".',
  ),
  leaving: t(
    'Trekt u uw ja in? Dan doet u niet meer mee vanaf de volgende keer, en het onderzoek krijgt bericht dat uw code eruit moet. Wat al is gepubliceerd, blijft staan.',
    'Do you withdraw your yes? Then you no longer take part from the next time on, and the study is told to remove your code. What was already published stays.',
  ),
  all: t('Alle onderzoekers', 'All researchers'),
  allText: t(
    'Ook voor onderzoek dat later komt. Zegt u bij één onderzoek iets anders? Dan geldt dat.',
    'For research that comes later too. Do you say something else of one study? Then that counts.',
  ),
  one: t(
    'Alleen voor dit onderzoek, door deze organisatie.',
    'For this study only, by this organisation.',
  ),
  figures: t('Cijfers over de zorg', 'Figures about care'),
  figuresText: t(
    'U telt mee, bijvoorbeeld in hoeveel mensen suikerziekte hebben. Niemand ziet uw gegevens. Getallen onder de 10 laten we niet zien.',
    'You are counted, for instance in how many people have diabetes. Nobody sees your data. Numbers below 10 are not shown.',
  ),
  count: t('Meetellen', 'Being counted'),
} as const;

export async function secondaryUsePage(visit: Visit) {
  const { door, vault } = visit;
  const [choices, organisations] = await Promise.all([
    door.consent.choices.list(vault),
    door.organisations.all(),
  ]);
  const studies = organisations.filter(({ category }) => category === 'RES');
  const research = (recipient: Side, title: Text, text: Text) => ({
    wish: { kind: 'purpose', use: 'onderzoek', recipient, choice: 'permit' } as const,
    title,
    text,
  });
  const count = { kind: 'purpose', use: 'cijfers', recipient: 'any', choice: 'permit' } as const;
  return visit.page({
    title: SECONDARY_USE.title,
    path: '/mij/delen',
    body: (say) => html`<h1>${say(SECONDARY_USE.title)}</h1>
<p class="lead">${say(SECONDARY_USE.text)}</p>
<h2>${say(T.research)}</h2><p>${say(T.researchText)}</p><p>${say(T.leaving)}</p>
<ul class="cards">
${card(visit, say, choices, research('cat:RES', T.all, T.allText))}
${studies.map(({ id, name }) =>
  card(visit, say, choices, research(`org:${id}`, t(name, name), T.one)),
)}</ul>
<h2>${say(T.figures)}</h2>
<ul class="cards">${card(visit, say, choices, {
      wish: count,
      title: T.count,
      text: T.figuresText,
    })}</ul>
<p><a class="button secondary" href="${sharingBase(visit)}">${say(SHARING.back)}</a></p>`,
  });
}

interface Card {
  readonly wish: PurposeWish;
  readonly title: Text;
  readonly text: Text;
}

/** Nothing is filled in; a yes and taking it back take the same steps. */
function card(visit: Visit, say: Say, choices: Choices, { wish, title, text }: Card): Html {
  const { session } = visit;
  const said = standingFor(choices, wish).map(({ type }) => type);
  const now = said.includes('deny') ? 'deny' : said[0];
  const tag =
    now === undefined ? SHARING.saidNothing : now === 'permit' ? SHARING.saidYes : SHARING.saidNo;
  const button = (choice: PurposeWish['choice'], words: Text, secondary: boolean) =>
    html`<form method="post" action="${sharingBase(visit)}/voorbeeld">
<input type="hidden" name="csrf" value="${session.csrf}">${hiddenFields({ ...wish, choice })}
<button${secondary && html` class="secondary"`}>${say(words)}<span class="hidden">: ${say(
      title,
    )}</span></button></form>`;
  return html`<li class="card"><h3>${say(title)}</h3><p>${say(text)}</p>
<p class="tag">${say(tag)}</p>
${now !== 'permit' && button('permit', SHARING.yes, false)}
${now !== 'deny' && button('deny', SHARING.no, true)}
${now !== undefined && button('nothing', SHARING.withdraw, true)}</li>`;
}
