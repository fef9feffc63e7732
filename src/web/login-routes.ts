/** Logging in and out at one portal, with OpenID Connect. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { LedgerEvent } from '../audit/index.ts';
import { createOidcLogin, type LoggedIn } from '../identity/index.ts';
import { html } from '../platform/html/html.ts';
import type { Text } from '../platform/html/language.ts';
import { Problem } from '../platform/problem.ts';
import { takeWayBack } from './come-back.ts';
import { sendPage } from './page.ts';
import { type Portal, requireCsrf } from './portal.ts';
import type { LoginSettings, WebDoor } from './web-door.ts';
import { webEvent } from './web-event.ts';

export interface Admitted<S> {
  readonly admitted: true;
  readonly who: S;
  readonly event: Pick<LedgerEvent, 'class' | 'agent'> & Partial<LedgerEvent>;
}

export interface Refused {
  readonly admitted: false;
  readonly reason: string;
  readonly text: Text;
  readonly event: Pick<LedgerEvent, 'class' | 'agent'> & Partial<LedgerEvent>;
}

export interface LoginRoutes<S> {
  readonly portal: Portal<S>;
  readonly settings: LoginSettings;
  readonly scope: string;
  /** Who this is here, or why not. */
  admit(person: LoggedIn, request: FastifyRequest): Promise<Admitted<S> | Refused>;
  agentOf(who: S, request: FastifyRequest): LedgerEvent['agent'];
  /** What else the provider is asked, by a link of ours. */
  extra?(request: FastifyRequest): Readonly<Record<string, string>>;
}

const HIDDEN = { schema: { hide: true } } as const;

const STOPPED: Text = { nl: 'U bent niet ingelogd', en: 'You are not logged in' };
const STOPPED_TEXT: Text = {
  nl: 'U bent gestopt met inloggen, of de inlog is verlopen. Het kan ook zijn dat uw browser geen cookies toestaat: die zijn nodig om in te loggen.',
  en: 'You stopped logging in, or the log-in expired. Or your browser allows no cookies: they are needed to log in.',
};
/** Who came in too weakly, in the words of each kind of log-in. */
const WEAK_TEXT: Text = {
  nl: 'Deze manier van inloggen is hier niet sterk genoeg. Kies bij DigiD de app of een sms-code.',
  en: 'This way of logging in is not strong enough here. Choose the app or a text message at DigiD.',
};
const WEAK_STAFF_TEXT: Text = {
  nl: 'U logde in zonder tweede factor. Die is hier nodig.',
  en: 'You logged in without a second factor. It is needed here.',
};
/** The second factor is the provider's: the gateway keeps none and can mend none. */
export const LOST_FACTOR: Text = {
  nl: 'Bent u uw tweede factor kwijt, of werkt die niet meer? Vraag een nieuwe bij wie in uw organisatie uw account beheert. Wij kunnen dat niet voor u doen.',
  en: 'Did you lose your second factor, or does it no longer work? Ask whoever manages your account in your organisation for a new one. We cannot do that for you.',
};
const AGAIN: Text = { nl: 'Opnieuw beginnen', en: 'Start again' };

/** Log-in, its way back and log-out, of one portal. */
export function loginRoutes<S>(app: FastifyInstance, door: WebDoor, routes: LoginRoutes<S>): void {
  const { portal, settings } = routes;
  const home = `/${portal.name}`;
  const demo = !door.config.production;
  const login = createOidcLogin({
    issuer: settings.issuer,
    clientId: settings.clientId,
    ...(settings.clientSecret === undefined ? {} : { clientSecret: settings.clientSecret }),
    redirectUri: `${door.config.publicUrl}${home}/callback`,
    scope: routes.scope,
    acrValues: settings.acrValues,
    allowHttp: demo,
  });

  // A link and not a form: the policy of the page lets no form lead to another host.
  app.get(`${home}/inloggen`, HIDDEN, async (request, reply) => {
    const { url, run } = await login.start(routes.extra?.(request));
    await portal.keepRun(reply, run);
    return reply.redirect(url, 303);
  });

  app.get(`${home}/callback`, HIDDEN, async (request, reply) => {
    const run = await portal.takeRun(request, reply);
    const person =
      run && (await finished(login.finish(new URL(request.url, door.config.publicUrl), run)));
    if (person === 'too-weak') {
      const texts = portal.name === 'mij' ? [WEAK_TEXT] : [WEAK_STAFF_TEXT, LOST_FACTOR];
      return sendPage(request, reply, stoppedPage(home, texts, 403), demo);
    }
    if (!person) {
      return sendPage(request, reply, stoppedPage(home, [STOPPED_TEXT], 400), demo);
    }
    const admitted = await routes.admit(person, request);
    const detail = { acr: person.acr ?? 'unknown' };
    const outcome = admitted.admitted ? 0 : 4;
    await door.ledger.record([
      webEvent(request, {
        event: 'login',
        action: 'E',
        outcome,
        detail,
        ...(admitted.admitted ? {} : { reason: admitted.reason }),
        ...admitted.event,
      }),
    ]);
    if (!admitted.admitted) {
      return sendPage(request, reply, stoppedPage(home, [admitted.text], 403), demo);
    }
    await portal.open(request, reply, admitted.who);
    return reply.redirect(takeWayBack(request, reply, home, door), 303);
  });

  logoutRoute(app, door, routes);
}

function logoutRoute<S>(
  app: FastifyInstance,
  door: WebDoor,
  { portal, agentOf }: LoginRoutes<S>,
): void {
  const home = `/${portal.name}`;
  app.post(`${home}/uitloggen`, HIDDEN, async (request, reply) => {
    const session = await portal.session(request, reply);
    if (session) {
      requireCsrf(session, request.body);
      const agent = agentOf(session.who, request);
      await door.ledger.record([
        webEvent(request, {
          class: agent.kind === 'person' || agent.kind === 'representative' ? 'pgo' : 'security',
          event: 'logout',
          action: 'E',
          outcome: 0,
          agent,
          ...(agent.kind === 'person' && agent.id !== 'unknown' ? { patient: agent.id } : {}),
        }),
      ]);
      await portal.close(request, reply);
    }
    return reply.redirect(home, 303);
  });
}

/** Stopped by the person, or an answer that does not fit: both are asked to begin again. */
async function finished(work: Promise<LoggedIn>): Promise<LoggedIn | 'too-weak' | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Problem && error.code === 'acr') return 'too-weak';
    if (error instanceof Problem && error.kind !== 'busy' && error.kind !== 'fault')
      return undefined;
    throw error;
  }
}

function stoppedPage(home: string, texts: readonly Text[], status: number) {
  return {
    title: STOPPED,
    status,
    path: home,
    body: (say: (text: Text) => string) => html`<h1>${say(STOPPED)}</h1>
${texts.map((text) => html`<p class="note">${say(text)}</p>`)}
<p><a class="button" href="${home}">${say(AGAIN)}</a></p>`,
  };
}
