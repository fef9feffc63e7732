/**
 * `/mij/mitz`: what the national consent register says, as far as the gateway heard: choices that
 * it passed on, and what it answered when somebody asked. consent.md 4; the choices are made there.
 */
import type { AnswersKept, Choice } from '../../consent/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { momentText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { CATEGORIES } from '../plain-words.ts';
import { organisationNames, type PersonRoutes, type Visit } from './visit.ts';

const T = {
  title: { nl: 'Uw keuzes in Mitz', en: 'Your choices in Mitz' },
  intro: {
    nl: 'Mitz is de landelijke plek voor uw toestemming. Wij vragen Mitz of een zorgverlener mag kijken.',
    en: 'Mitz is the national place for your consent. We ask Mitz whether a care provider may look.',
  },
  change: {
    nl: 'Uw keuzes in Mitz verandert u in Mitz zelf. Zegt Mitz nee, en zegt u hier ja voor één zorgverlener bij één andere? Dan geldt uw keuze hier.',
    en: 'You change your choices in Mitz in Mitz itself. Does Mitz say no, and do you say yes here for one care provider at one other? Then your choice here counts.',
  },
  standIn: {
    nl: 'Dit is een demo: deze antwoorden komen van een namaak-Mitz.',
    en: 'This is a demo: these answers come from a stand-in of Mitz.',
  },
  none: { nl: 'Hier wordt Mitz niet gevraagd.', en: 'Mitz is not asked here.' },
  silent: {
    nl: 'Mitz antwoordt nu niet. Zorgverleners zien dan alleen wat u hier zelf precies hebt toegestaan.',
    en: 'Mitz does not answer now. Care providers then see only what you allowed here exactly.',
  },
  answers: { nl: 'Wat Mitz antwoordde', en: 'What Mitz answered' },
  noAnswers: { nl: 'Er is nog niets aan Mitz gevraagd.', en: 'Mitz was not asked anything yet.' },
  passed: { nl: 'Keuzes die Mitz doorgaf', en: 'Choices that Mitz passed on' },
  holder: { nl: 'Gegevens van', en: 'Data of' },
  recipient: { nl: 'Mag kijken', en: 'May look' },
  answer: { nl: 'Antwoord', en: 'Answer' },
  asked: { nl: 'Gevraagd', en: 'Asked' },
  chosen: { nl: 'Gekozen', en: 'Chosen' },
  yes: { nl: 'ja', en: 'yes' },
  no: { nl: 'nee', en: 'no' },
  nothing: { nl: 'geen keuze', en: 'no choice' },
  ended: { nl: 'ingetrokken', en: 'withdrawn' },
  everybody: { nl: 'iedereen', en: 'everybody' },
  unknown: { nl: 'onbekende zorgverlener', en: 'unknown care provider' },
} as const satisfies Record<string, Text>;

/** Registers the page. */
export function mitzRoutes(pages: PersonRoutes): void {
  pages.get('/mij/mitz', show);
}

async function show(visit: Visit) {
  const { door, vault } = visit;
  const { register } = door.consent;
  const [names, answers, { choices }] = await Promise.all([
    organisationNames(door),
    register?.lastAnswers(vault) ?? [],
    door.consent.choices.list(vault),
  ]);
  const passed = choices.filter(({ rule }) => rule.source === 'otv');
  return visit.page({
    title: T.title,
    path: '/mij/mitz',
    body: (say, language) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
${!register && html`<p class="note">${say(T.none)}</p>`}
${register && !door.config.production && html`<p class="note">${say(T.standIn)}</p>`}
${register?.isSilent() && html`<p class="warning" role="status">${say(T.silent)}</p>`}
<p>${say(T.change)}</p>
${
  register &&
  html`<h2>${say(T.answers)}</h2>${
    answers.length === 0
      ? html`<p class="note">${say(T.noAnswers)}</p>`
      : answerTable(answers, names, say, language)
  }`
}
${passed.length > 0 && html`<h2>${say(T.passed)}</h2>${passedTable(passed, names, say, language)}`}`,
  });
}

type Names = ReadonlyMap<string, string>;

const ANSWERS: Readonly<Record<AnswersKept['answers'][number]['answer'], Text>> = {
  Permit: T.yes,
  Deny: T.no,
  NotApplicable: T.nothing,
  unavailable: T.nothing,
};

function answerTable(
  answers: readonly AnswersKept[],
  names: Names,
  say: Say,
  language: Language,
): Content {
  const nameOf = (id: string) => names.get(id) ?? say(T.unknown);
  return table(
    {
      caption: T.answers,
      columns: [T.holder, T.recipient, T.answer, T.asked],
      rows: answers.flatMap(({ recipient, asked, answers: each }) =>
        each
          .filter(({ answer }) => answer !== 'unavailable')
          .map(({ holder, answer }) => [
            nameOf(holder),
            nameOf(recipient),
            say(ANSWERS[answer]),
            momentText(asked, language),
          ]),
      ),
    },
    language,
  );
}

function passedTable(
  choices: readonly Choice[],
  names: Names,
  say: Say,
  language: Language,
): Content {
  return table(
    {
      caption: T.passed,
      columns: [T.holder, T.recipient, T.answer, T.chosen],
      rows: choices.map(({ rule: { holder, recipient, type, status, dateTime } }) => [
        holder.level === 'org' ? (names.get(holder.value) ?? say(T.unknown)) : say(T.everybody),
        recipient.level === 'cat' ? say(CATEGORIES[recipient.value]) : say(T.everybody),
        status !== 'active' ? say(T.ended) : say(type === 'permit' ? T.yes : T.no),
        momentText(dateTime, language),
      ]),
    },
    language,
  );
}
