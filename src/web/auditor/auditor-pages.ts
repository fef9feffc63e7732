/**
 * `/auditor`: staff of one organisation search what its people did and what was done with its data.
 * A reason comes first and every search and view is itself a line. audit.md 7.3 and 8.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { hasEnded } from '../../audit/index.ts';
import type { LoggedIn } from '../../identity/index.ts';
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { whyHere } from '../come-back.ts';
import { type Admitted, LOST_FACTOR, loginRoutes, type Refused } from '../login-routes.ts';
import { sendPage } from '../page.ts';
import { createPortal } from '../portal.ts';
import { staffOf } from '../staff.ts';
import type { WebDoor } from '../web-door.ts';
import { accessReviewRoutes } from './access-review-routes.ts';
import { scopeOf } from './auditor-scope.ts';
import {
  type Auditor,
  auditorAgent,
  auditorRoutes,
  auditorVisit,
  ofWholeLog,
} from './auditor-visit.ts';
import { chainRoutes } from './chain-routes.ts';
import { csvRoutes } from './csv-routes.ts';
import { entryRoutes } from './entry-routes.ts';
import { fhirKeyRoutes } from './fhir-key-routes.ts';
import { largeExportRoutes } from './large-export-routes.ts';
import { packageRoutes } from './package-routes.ts';
import { questionRoutes } from './question-routes.ts';
import { reviewRoutes } from './review-routes.ts';
import { savedQuestionRoutes } from './saved-questions.ts';
import { searchPage, searchRoutes } from './search-routes.ts';

const T = {
  title: { nl: 'Auditor', en: 'Auditor' },
  intro: {
    nl: 'Voor auditors en functionarissen gegevensbescherming. U ziet alleen wat uw eigen organisatie deed, of wat er met haar gegevens gebeurde. Elke zoekvraag komt in het logboek.',
    en: 'For auditors and data protection officers. You see only what your own organisation did, or what was done with its data. Every search is written in the log.',
  },
  login: { nl: 'Inloggen met twee factoren', en: 'Log in with two factors' },
  refused: {
    nl: 'Deze inlog geeft hier geen toegang: nodig is de rol auditor of privacy-officer van een aangesloten organisatie.',
    en: 'This log-in gives no access here: the role auditor or privacy-officer of a connected organisation is needed.',
  },
  ended: {
    nl: 'De tijd waarvoor u toegang had, is voorbij.',
    en: 'The time for which you had access is over.',
  },
} as const satisfies Record<string, Text>;

const ROLES = ['auditor', 'privacy-officer'];

/** All routes below /auditor. */
export function auditorPages(app: FastifyInstance, door: WebDoor): void {
  const portal = createPortal<Auditor>(door, 'auditor');
  loginRoutes<Auditor>(app, door, {
    portal,
    settings: door.config.staff,
    scope: 'openid staff',
    admit: (person, request) => admit(door, person, request),
    agentOf: auditorAgent,
  });
  app.get('/auditor', { schema: { hide: true } }, async (request, reply) => {
    const session = await portal.session(request, reply);
    if (session && !hasEnded(session.who.scope, door.clock()))
      return searchPage(auditorVisit(door, request, reply, session));
    const why = session ? T.ended : whyHere(request, portal);
    return sendPage(
      request,
      reply,
      {
        title: T.title,
        body: (say) => html`<h1>${say(T.title)}</h1>
${why && html`<p class="note" role="status">${say(why)}</p>`}
<p class="lead">${say(T.intro)}</p>
<p><a class="button" href="/auditor/inloggen">${say(T.login)}</a></p>
<p>${say(LOST_FACTOR)}</p>`,
      },
      !door.config.production,
    );
  });
  const pages = auditorRoutes(app, door, portal);
  searchRoutes(pages);
  entryRoutes(pages);
  chainRoutes(pages);
  const whole = ofWholeLog(pages);
  reviewRoutes(whole);
  accessReviewRoutes(whole);
  questionRoutes(whole);
  savedQuestionRoutes(pages);
  csvRoutes(pages);
  packageRoutes(pages);
  largeExportRoutes(pages);
  fhirKeyRoutes(pages);
}

async function admit(
  door: WebDoor,
  person: LoggedIn,
  request: FastifyRequest,
): Promise<Admitted<Auditor> | Refused> {
  const staff = await staffOf(door, person, ROLES);
  const scope = scopeOf(person);
  if (!staff || !scope || hasEnded(scope, door.clock())) {
    const agent = { kind: 'auditor' as const, id: person.subject, address: request.ip };
    return {
      admitted: false,
      reason: staff ? 'scope-ended' : 'no-role',
      text: staff ? T.ended : T.refused,
      event: { class: 'security', agent },
    };
  }
  const who = { ...staff, scope };
  return { admitted: true, who, event: { class: 'security', agent: auditorAgent(who, request) } };
}
