/** Sending a page, and what every page has: headers, language, who is logged in. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Content } from '../platform/html/html.ts';
import { html } from '../platform/html/html.ts';
import {
  LANGUAGE_COOKIE,
  type Language,
  languageOf,
  say,
  type Text,
} from '../platform/html/language.ts';
import { layout, type NavItem, PAGE_POLICY } from '../platform/html/layout.ts';
import { Problem, type ProblemKind } from '../platform/problem.ts';

export interface PageContent {
  readonly title: Text;
  readonly body: (say: Say, language: Language) => Content;
  readonly status?: number;
  /** Where the language switch leads when the page itself is the answer to a form. */
  readonly path?: string;
  readonly nav?: readonly NavItem[];
  readonly account?: (say: Say) => Content;
  readonly refreshSeconds?: number;
}

/** Picks the words of the reader's language. */
export type Say = (text: Text) => string;

const DEMO: Text = {
  nl: 'Dit is een demo. Alle mensen, organisaties en gegevens zijn verzonnen.',
  en: 'This is a demo. All people, organisations and data are invented.',
};

const LANGUAGE_SECONDS = 31_536_000;

/** Registers what all pages share; `demo` puts the label of the demo on each. */
export function pageHouse(app: FastifyInstance, options: { demo: boolean; secure: boolean }): void {
  app.addHook('onRequest', async (request, reply) => {
    const { lang } = request.query as { lang?: unknown };
    if (lang !== 'nl' && lang !== 'en') return;
    reply.setCookie(LANGUAGE_COOKIE, lang, {
      path: '/',
      sameSite: 'lax',
      httpOnly: true,
      secure: options.secure,
      maxAge: LANGUAGE_SECONDS,
    });
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('referrer-policy', 'no-referrer').header('x-content-type-options', 'nosniff');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, options.demo));
}

/** Sends a page in the reader's language. */
export function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  page: PageContent,
  demo: boolean,
): FastifyReply {
  const lang = languageOf(request);
  const words: Say = (text) => say(text, lang);
  const markup = layout({
    lang,
    title: words(page.title),
    path: page.path ?? request.url,
    body: page.body(words, lang),
    ...(page.nav ? { nav: page.nav } : {}),
    ...(page.account ? { account: page.account(words) } : {}),
    ...(page.refreshSeconds === undefined ? {} : { refreshSeconds: page.refreshSeconds }),
    ...(demo ? { notice: DEMO } : {}),
  });
  return reply
    .code(page.status ?? 200)
    .header('content-security-policy', PAGE_POLICY)
    .type('text/html; charset=utf-8')
    .send(markup.toString());
}

const STATUS: Readonly<Record<ProblemKind, number>> = {
  invalid: 400,
  unprocessable: 422,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  deleted: 410,
  method: 405,
  'not-acceptable': 406,
  'unsupported-media': 415,
  conflict: 409,
  precondition: 412,
  'too-large': 413,
  'too-costly': 422,
  'not-supported': 501,
  throttled: 429,
  busy: 503,
  fault: 500,
};

const WORDS: Partial<Record<string, Text>> = {
  csrf: {
    nl: 'Het formulier is verlopen of komt niet van deze pagina. Ga terug en probeer het opnieuw.',
    en: 'The form has expired or is not from this page. Go back and try again.',
  },
  'choices-changed': {
    nl: 'Uw keuzes zijn intussen veranderd, misschien in een ander venster. Bekijk ze opnieuw.',
    en: 'Your choices were changed in the meantime, maybe in another window. Look at them again.',
  },
  'no-authority': {
    nl: 'Deze keuze mag u op uw leeftijd niet alleen maken. Daarvoor is ook een ouder of voogd nodig.',
    en: 'At your age you cannot make this choice alone. A parent or guardian is needed as well.',
  },
  'other-parent': {
    nl: 'De andere ouder heeft hier nee gezegd. Dat nee blijft staan tot die ouder het zelf intrekt.',
    en: 'The other parent said no here. That no stands until that parent withdraws it.',
  },
  period: {
    nl: 'De einddatum ligt niet in de toekomst.',
    en: 'The end date is not in the future.',
  },
  'reason-required': {
    nl: 'Typ eerst waarom u zoekt, in ten minste 10 tekens.',
    en: 'First type why you search, in at least 10 characters.',
  },
  'four-eyes': {
    nl: 'Hiervoor is het akkoord van een collega nodig. Aan uw eigen vraag geeft u geen akkoord.',
    en: 'This needs the agreement of a colleague. You do not agree to a question of your own.',
  },
  'no-role': {
    nl: 'Met deze inlog heeft u hier geen toegang.',
    en: 'This log-in gives no access here.',
  },
  busy: {
    nl: 'Het is nu te druk of er is een storing. Probeer het over een minuut opnieuw.',
    en: 'It is too busy now, or there is a fault. Try again in a minute.',
  },
  'not-found': { nl: 'Deze pagina bestaat niet.', en: 'This page does not exist.' },
  throttled: {
    nl: 'U vraagt te veel achter elkaar. Wacht even.',
    en: 'You ask too much in a row. Wait a moment.',
  },
};

const GENERAL: Text = {
  nl: 'Dit lukte niet. Ga terug en probeer het opnieuw.',
  en: 'This did not work. Go back and try again.',
};
const SORRY: Text = { nl: 'Het lukte niet', en: 'It did not work' };
const START: Text = { nl: 'Naar het begin', en: 'To the start' };
const NUMBER: Text = { nl: 'Nummer voor de helpdesk', en: 'Number for the help desk' };

/** Where the pages of this visitor begin: what went wrong ends nobody's visit. */
const homeOf = (url: string): string =>
  /^\/(?:mij|auditor|afzender|cijfers)(?=[/?]|$)/.exec(url)?.[0] ?? '/';

/** A Problem in plain words; its own text is for developers and stays out. */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  demo: boolean,
): FastifyReply {
  const given = (error as { statusCode?: number }).statusCode;
  const problem = Problem.from(error);
  const isOurs = error instanceof Problem || given === undefined || given >= 500;
  const status = isOurs ? STATUS[problem.kind] : given;
  if (status >= 500 && problem.kind === 'fault') {
    request.log.error({ err: error }, 'fault on a page');
  }
  const text =
    WORDS[problem.code] ?? WORDS[problem.kind] ?? (status === 429 ? WORDS['throttled'] : undefined);
  return sendPage(
    request,
    reply,
    {
      title: SORRY,
      status,
      path: '/',
      body: (words) => html`<h1>${words(SORRY)}</h1>
<p class="bad" role="alert">${words(text ?? GENERAL)}</p>
<p><a class="button secondary" href="${homeOf(request.url)}">${words(START)}</a></p>
<p class="lead">${words(NUMBER)}: <code>${request.id}</code></p>`,
    },
    demo,
  );
}
