/**
 * Choices finer than the table: a topic that is closed by default, or a stretch of time; and what
 * came in while everything was locked.
 */
import type { OwnItem } from '../../consent/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Html, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { type FieldFaults, faultAt, markOf } from '../form-faults.ts';
import { kindText } from '../kinds-text.ts';
import type { Say } from '../page.ts';
import { asSentence, CATEGORIES, EVERYONE, RECIPIENTS, TOPICS } from '../plain-words.ts';
import { typedAgain } from './typed-again.ts';
import type { Visit } from './visit.ts';

const T = {
  title: { nl: 'Preciezer kiezen', en: 'Choose more precisely' },
  intro: {
    nl: 'Gevoelige gegevens deelt u alleen als u dat apart zegt. En u kunt een periode kiezen.',
    en: 'Sensitive data are shared only if you say so apart. And you can choose a period.',
  },
  who: { nl: 'Wie?', en: 'Who?' },
  choice: { nl: 'Uw keuze', en: 'Your choice' },
  may: { nl: 'Mag het zien', en: 'May see it' },
  mayNot: { nl: 'Mag het niet zien', en: 'May not see it' },
  topic: { nl: 'Waarover? (of kies een periode)', en: 'About what? (or choose a period)' },
  noTopic: { nl: 'geen onderwerp', en: 'no topic' },
  since: { nl: 'Gegevens vanaf', en: 'Data from' },
  upTo: { nl: 'Gegevens tot en met', en: 'Data up to and including' },
  until: {
    nl: 'Keuze geldt tot en met (mag leeg blijven)',
    en: 'Choice counts until (may stay empty)',
  },
  one: { nl: 'Eén organisatie', en: 'One organisation' },
  look: { nl: 'Bekijk wat er verandert', en: 'See what changes' },
  meanwhile: { nl: 'Binnengekomen sinds het slot', en: 'Came in since the lock' },
  nothingCame: {
    nl: 'Sinds het slot kwam er niets binnen.',
    en: 'Nothing came in since the lock.',
  },
  kind: { nl: 'Soort', en: 'Kind' },
  count: { nl: 'Aantal', en: 'Number' },
  from: { nl: 'Van wie', en: 'From whom' },
  last: { nl: 'Laatste', en: 'Last' },
} as const satisfies Record<string, Text>;

/** @param faults what is wrong in it, when it was sent and comes back. */
export function fineForm(
  visit: Visit,
  names: ReadonlyMap<string, string>,
  faults: FieldFaults,
  say: Say,
): Html {
  const { session } = visit;
  const { option, checked, value } = typedAgain(visit, 'fine', faults);
  const day = (id: string, name: string, label: Text) => html`
<label for="${id}">${say(label)}</label>${faultAt(faults, id, say)}
<input id="${id}" name="${name}" type="date" value="${value(name)}"${markOf(faults, id)}>`;
  return html`<h2>${say(T.title)}</h2><p>${say(T.intro)}</p>
<form method="post" action="/mij/delen/voorbeeld">
<input type="hidden" name="csrf" value="${session.csrf}">
<input type="hidden" name="wens" value="fine"><input type="hidden" name="van" value="any">
<label for="fijn-aan">${say(T.who)}</label>
<select id="fijn-aan" name="aan">${option('aan', 'any', say(EVERYONE))}
${RECIPIENTS.map((one) => option('aan', `cat:${one}`, say(CATEGORIES[one])))}
<optgroup label="${say(T.one)}">${[...names].map(([id, name]) => option('aan', `org:${id}`, name))}
</optgroup></select>
<fieldset id="fijn-keuze" tabindex="-1"${markOf(faults, 'fijn-keuze')}><legend>${say(
    T.choice,
  )}</legend>${faultAt(faults, 'fijn-keuze', say)}
<label class="choice"><input type="radio" name="keuze" value="permit" required${checked('permit')}>
${say(T.may)}</label>
<label class="choice"><input type="radio" name="keuze" value="deny"${checked('deny')}> ${say(T.mayNot)}</label>
</fieldset>
<label for="onderwerp">${say(T.topic)}</label>${faultAt(faults, 'onderwerp', say)}
<select id="onderwerp" name="onderwerp"${markOf(faults, 'onderwerp')}>${option(
    'onderwerp',
    '',
    say(T.noTopic),
  )}
${Object.entries(TOPICS).map(([code, text]) => option('onderwerp', code, say(text)))}</select>
${day('gegevens-van', 'gegevensVan', T.since)}
${day('gegevens-tot', 'gegevensTot', T.upTo)}
${day('fijn-tot', 'tot', T.until)}
<p><button>${say(T.look)}</button></p></form>`;
}

/** What came in while nobody else could see it: kinds, numbers and senders. */
export function cameInMeanwhile(
  { language }: Visit,
  items: readonly OwnItem[],
  names: ReadonlyMap<string, string>,
  say: Say,
): Html {
  if (items.length === 0) return html`<p class="note">${say(T.nothingCame)}</p>`;
  const groups = Map.groupBy(items, ({ type, custodian }) => `${type}|${custodian}`);
  const rows = [...groups.values()].map((group) => {
    const [first] = group;
    const last = Math.max(...group.map(({ received }) => received.getTime()));
    return [
      say(asSentence(kindText(first?.type ?? ''))).replace(/\.$/, ''),
      group.length,
      names.get(first?.custodian ?? '') ?? '',
      dayText(new Date(last), language),
    ];
  });
  const columns = [T.kind, T.count, T.from, T.last];
  return table({ caption: T.meanwhile, columns, rows }, language);
}
