/**
 * Style sheet and icon, the privacy statement, and the plain front page of a gateway that is no
 * demo.
 */
import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { html } from '../platform/html/html.ts';
import { ICON } from '../platform/html/icon.ts';
import type { Text } from '../platform/html/language.ts';
import { STYLES } from '../platform/html/styles.ts';
import { FIND_PATH, FIND_TITLE } from './find-page.ts';
import { sendPage } from './page.ts';
import type { WebDoor } from './web-door.ts';

const HIDDEN = { schema: { hide: true } } as const;
/** What every page asks for beside itself. */
const FILES = [
  { path: '/style.css', type: 'text/css; charset=utf-8', text: STYLES },
  { path: '/icon.svg', type: 'image/svg+xml', text: ICON },
] as const;

const t = (nl: string, en: string): Text => ({ nl, en });

const HOME = {
  title: t('Welkom', 'Welcome'),
  text: t(
    'Zorgsluis geeft medische gegevens alleen door als dat mag. U bepaalt wie ze ziet.',
    'Zorgsluis passes medical data on only where that is allowed. You decide who sees them.',
  ),
  mine: t('Mijn gegevens', 'My data'),
  auditor: t('Voor auditors', 'For auditors'),
  sender: t('Voor afzenders', 'For senders'),
  analyst: t('Voor analisten', 'For analysts'),
  privacy: t('Privacyverklaring', 'Privacy statement'),
} as const;

const PRIVACY: readonly (readonly [Text, Text])[] = [
  [
    t('Wat wij doen', 'What we do'),
    t(
      'Zorgverleners sturen ons uw medische gegevens. Wij bewaren ze versleuteld, met een eigen sleutel voor elke persoon. Wij geven ze door aan uw app als u dat vraagt, en aan andere zorgverleners als u dat goedvindt, bij een verwijzing of bij spoed.',
      'Care providers send us your medical data. We keep them sealed, under a key of its own for each person. We pass them on to your app when you ask, and to other care providers if you agree, with a referral, or in an emergency.',
    ),
  ],
  [
    t('Wat wij opschrijven', 'What we write down'),
    t(
      'Van elke keer dat iemand kijkt of niets te zien krijgt, schrijven wij op wie het was, wanneer en waarom. U kunt dat zien bij "Wie keek". Die regels bewaren wij ten minste vijf jaar.',
      'Each time somebody looks or gets nothing to see, we write down who it was, when and why. You can see that under "Who looked". We keep those lines for at least five years.',
    ),
  ],
  [
    t('Cookies', 'Cookies'),
    t(
      'Wij gebruiken alleen cookies die nodig zijn: om u ingelogd te houden en om uw taal te onthouden. Er kijkt niemand mee.',
      'We use only cookies that are needed: to keep you logged in and to remember your language. Nobody follows you.',
    ),
  ],
  [
    t('Uw rechten', 'Your rights'),
    t(
      'U mag uw gegevens inzien, meenemen, laten verbeteren en laten wissen. Vraag dat aan uw zorgverlener. Niet tevreden? Dan kunt u een klacht indienen bij de Autoriteit Persoonsgegevens.',
      'You may see, take along, correct and erase your data. Ask your care provider. Not satisfied? Then you can complain to the Dutch data protection authority.',
    ),
  ],
];

/** Registers the pages that need no log-in. */
export function plainRoutes(app: FastifyInstance, door: WebDoor): void {
  const demo = !door.config.production;
  for (const { path, type, text } of FILES) {
    const tag = `"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"`;
    app.get(path, HIDDEN, async (request, reply) => {
      reply.header('cache-control', 'public, max-age=300').header('etag', tag);
      if (request.headers['if-none-match'] === tag) return reply.code(304).send();
      return reply.type(type).send(text);
    });
  }
  app.get('/privacy', HIDDEN, async (request, reply) =>
    sendPage(
      request,
      reply,
      {
        title: HOME.privacy,
        body: (say) => html`<h1>${say(HOME.privacy)}</h1>
${PRIVACY.map(([title, text]) => html`<h2>${say(title)}</h2><p>${say(text)}</p>`)}`,
      },
      demo,
    ),
  );
  // In the demo the five doors stand at this address.
  if (demo) return;
  app.get('/', HIDDEN, async (request, reply) =>
    sendPage(
      request,
      reply,
      {
        title: HOME.title,
        body: (say) => html`<h1>${say(HOME.title)}</h1>
<p class="lead">${say(HOME.text)}</p>
<p><a class="button" href="/mij">${say(HOME.mine)}</a></p>
<ul><li><a href="${FIND_PATH}">${say(FIND_TITLE)}</a></li>
<li><a href="/auditor">${say(HOME.auditor)}</a></li><li><a href="/afzender">${say(
          HOME.sender,
        )}</a></li>
<li><a href="/cijfers">${say(HOME.analyst)}</a></li>
<li><a href="/privacy">${say(HOME.privacy)}</a></li></ul>`,
      },
      demo,
    ),
  );
}
