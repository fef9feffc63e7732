/**
 * The questions that auditors ask (audit.md section 8), each a search that is filled in, or the
 * page that answers it. The patient and period that were typed last stay.
 */
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import type { Say } from '../page.ts';
import { field } from '../portal.ts';
import type { AuditorRoutes, KeptSearch } from './auditor-visit.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

interface SavedQuestion {
  readonly id: string;
  readonly text: Text;
  /** Leads to a page instead of a search. */
  readonly page?: string;
  readonly events?: readonly string[];
  readonly search?: Pick<KeptSearch, 'refused' | 'route' | 'labelled' | 'purpose'>;
}

/** Whatever showed a record: also what left as a file, and a message as it came. */
const READING = [
  ...['read', 'vread', 'search-type', 'history-instance', 'history-type', 'everything'],
  ...['export', 'original-read'],
];
const CHOICES = ['consent-change', 'toestemming', 'toestemming-ended'];
const LEAVING = ['export', 'log-export', 'log-export-agreed', 'original-read'];
const IDENTITY = ['merge', 'unmerge', 'identity-decision', 'erase', 'delete'];
const SETTINGS = [
  'client-change',
  'organisation-change',
  'key-change',
  'policy-change',
  'network-change',
  'role-change',
  'user-change',
  'setting-change',
  'mandate-given',
  'mandate-ended',
  'representative-recorded',
  'representative-ended',
  'review-facts',
];

export const SAVED_QUESTIONS: readonly SavedQuestion[] = [
  {
    id: 'Q1',
    text: t('Wie keek in dit dossier?', 'Who looked at this patient?'),
    events: READING,
  },
  {
    id: 'Q2',
    text: t('Welke dossiers bekeek deze medewerker?', 'Which patients did this employee look at?'),
    events: READING,
  },
  {
    id: 'Q3',
    text: t('Welke inzage had geen behandelrelatie?', 'Which accesses had no treatment relation?'),
    page: '/auditor/onderzoek',
  },
  {
    id: 'Q4',
    text: t('Wat werd met spoed geopend?', 'What was opened as an emergency?'),
    events: READING,
    search: { route: 'emergency' },
  },
  {
    id: 'Q5',
    text: t('Op welke toestemming is iets getoond?', 'On which consent was something shown?'),
    events: READING,
    search: { route: 'explicit' },
  },
  {
    id: 'Q6',
    text: t(
      'Welke keuzes veranderden, en wat is daarna getoond?',
      'Which choices changed, and what was shown after it?',
    ),
    events: [...CHOICES, ...READING],
  },
  {
    id: 'Q7',
    text: t('Wat kregen andere organisaties van ons?', 'What did other organisations get from us?'),
    events: READING,
    search: { purpose: 'TREAT' },
  },
  { id: 'Q8', text: t('Wat is geweigerd?', 'What was refused?'), search: { refused: true } },
  {
    id: 'Q9',
    text: t('Wie veranderde instellingen of sleutels?', 'Who changed settings or keys?'),
    events: SETTINGS,
  },
  {
    id: 'Q10',
    text: t('Wie las of exporteerde het logboek?', 'Who read or exported the log?'),
    events: ['log-read', 'log-search', 'log-export', 'log-export-agreed', 'log-verify'],
  },
  {
    id: 'Q11',
    text: t('Wie zag extra beschermde gegevens?', 'Who saw data with extra protection?'),
    events: READING,
    search: { labelled: true },
  },
  {
    id: 'Q12',
    text: t(
      'Inzage bij collega’s, familie en bekende mensen',
      'Access to colleagues, relatives and well-known people',
    ),
    page: '/auditor/onderzoek',
  },
  {
    id: 'Q13',
    text: t('Inzage op vreemde tijden of plaatsen', 'Access at unusual times or places'),
    page: '/auditor/onderzoek',
  },
  {
    id: 'Q14',
    text: t('Wat is verwijderd, samengevoegd of gesplitst?', 'What was deleted, merged or split?'),
    events: IDENTITY,
  },
  { id: 'Q15', text: t('Wat ging de deur uit?', 'What left by export?'), events: LEAVING },
  {
    id: 'Q16',
    text: t('Is het logboek compleet?', 'Is the log complete?'),
    page: '/auditor/keten',
  },
  {
    id: 'Q17',
    text: t('Is het logboek geregeld nagekeken?', 'Was the log reviewed regularly?'),
    page: '/auditor/onderzoek',
  },
  {
    id: 'Q18',
    text: t('Is op tijd bewaard en vernietigd?', 'Are logs kept and destroyed on time?'),
    events: ['retention-run', 'hold-set', 'hold-lifted', 'erase'],
  },
  {
    id: 'Q19',
    text: t('Liep de klok goed?', 'How was the clock?'),
    events: ['clock-step', 'start', 'stop', 'ledger-finding', 'rollback-accepted'],
  },
  {
    id: 'Q20',
    text: t('Alles over deze patiënt of gebruiker', 'Everything about this patient or user'),
  },
];

/** Events of a saved question. @returns undefined when it asks for all of them. */
export function eventsOf(id: string): readonly string[] | undefined {
  return SAVED_QUESTIONS.find((one) => one.id === id)?.events;
}

const TITLE = t('Vaste vragen', 'Saved questions');
const INTRO = t(
  'Een vaste vraag zoekt met de patiënt, gebruiker en periode die u het laatst invulde.',
  'A saved question searches with the patient, user and period that you filled in last.',
);

/** A list of buttons, since each is a search that stands in the log. */
export function savedQuestions(csrf: string, say: Say): Content {
  const items = SAVED_QUESTIONS.map(({ id, text, page }) =>
    page === undefined
      ? html`<li><form method="post" action="/auditor/vraag"><input type="hidden" name="csrf"
 value="${csrf}"><button class="link" name="vraag" value="${id}">${id}: ${say(text)}</button></form>
</li>`
      : html`<li><a href="${page}">${id}: ${say(text)}</a></li>`,
  );
  return html`<h2>${say(TITLE)}</h2><p>${say(INTRO)}</p><ul class="questions">${items}</ul>`;
}

/** Registers the saved questions. */
export function savedQuestionRoutes(pages: AuditorRoutes): void {
  pages.post('/auditor/vraag', async ({ request, reply, session, who }) => {
    const id = field(request.body, 'vraag');
    const question = SAVED_QUESTIONS.find((one) => one.id === id && one.page === undefined);
    if (!question) throw new Problem('invalid', 'There is no such question.');
    if (who.reason === undefined) {
      throw new Problem('unprocessable', 'A reason is needed.', { code: 'reason-required' });
    }
    const { patient, agent, from, until } = who.search ?? {};
    const search: KeptSearch = {
      ...(patient === undefined ? {} : { patient }),
      ...(agent === undefined ? {} : { agent }),
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
      ...question.search,
      question: question.id,
    };
    await session.keep({ ...who, search });
    return reply.redirect('/auditor/zoeken', 303);
  });
}
