/** A visit to the auditor's pages: of one organisation, with a reason that stands in the ledger. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AuditorScope, hasEnded, type LedgerEvent, logRead } from '../../audit/index.ts';
import { type Language, languageOf } from '../../platform/html/language.ts';
import type { NavItem } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import { withoutSession } from '../come-back.ts';
import { type PageContent, sendPage } from '../page.ts';
import { logoutForm } from '../person/visit.ts';
import { type Portal, requireCsrf, type Session } from '../portal.ts';
import type { WebDoor } from '../web-door.ts';

/** What was asked; kept sealed in the session, so that it never stands in an address. */
export interface KeptSearch {
  /** Vault id, or a stand-in for a number that is not known here. */
  readonly patient?: string;
  readonly from?: string;
  readonly until?: string;
  readonly event?: string;
  readonly purpose?: string;
  readonly agent?: { readonly kind: LedgerEvent['agent']['kind']; readonly id: string };
  readonly refused?: boolean;
  readonly route?: LedgerEvent['route'];
  readonly labelled?: boolean;
  /** Id of a saved question, whose events are looked for. */
  readonly question?: string;
}

export interface Auditor {
  readonly subject: string;
  readonly role: string;
  readonly organisation: string;
  readonly scope: AuditorScope;
  /** Typed before the first search; asked again in every session. */
  readonly reason?: string;
  readonly search?: KeptSearch;
  /** Handle of a large export that is asked for, or that a colleague asked to look at. */
  readonly large?: string;
}

export interface AuditorVisit {
  readonly door: WebDoor;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly session: Session<Auditor>;
  readonly who: Auditor;
  readonly language: Language;
  page(content: PageContent): FastifyReply;
  /** Writes down that the log was read; call it before the answer. */
  readLog(read: {
    act: Parameters<typeof logRead>[0]['act'];
    question: string;
    shown: number;
    patient?: string | undefined;
    /** Id of the user whose lines were asked for. */
    aboutUser?: string | undefined;
    /** Of an export: who agreed, whether it began or ended, the digest of what left. */
    about?: Readonly<Record<string, string>> | undefined;
  }): Promise<void>;
}

const NAV: readonly NavItem[] = [
  { href: '/auditor', text: { nl: 'Zoeken', en: 'Search' } },
  { href: '/auditor/onderzoek', text: { nl: 'Onderzoek', en: 'Review' } },
  { href: '/auditor/spoed', text: { nl: 'Spoed', en: 'Emergency' } },
  { href: '/auditor/vragen', text: { nl: 'Vragen', en: 'Questions' } },
  { href: '/auditor/keten', text: { nl: 'Keten', en: 'Chain' } },
];

const HIDDEN = { schema: { hide: true } } as const;

export function auditorAgent(who: Auditor, request: FastifyRequest): LedgerEvent['agent'] {
  const { subject, role, organisation } = who;
  return { kind: 'auditor', id: subject, role, organisation, address: request.ip };
}

export interface AuditorRoutes {
  get(path: string, handler: (visit: AuditorVisit) => Promise<FastifyReply>): void;
  post(path: string, handler: (visit: AuditorVisit) => Promise<FastifyReply>): void;
}

/** Pages below /auditor that need a log-in; without one the visitor goes to /auditor. */
export function auditorRoutes(
  app: FastifyInstance,
  door: WebDoor,
  portal: Portal<Auditor>,
): AuditorRoutes {
  async function visit(
    request: FastifyRequest,
    reply: FastifyReply,
    handler: (visit: AuditorVisit) => Promise<FastifyReply>,
  ): Promise<FastifyReply> {
    const session = await portal.session(request, reply);
    if (!session || hasEnded(session.who.scope, door.clock())) {
      if (session) await portal.close(request, reply);
      return withoutSession(request, reply, portal, door, session !== undefined);
    }
    if (request.method === 'POST') requireCsrf(session, request.body);
    return handler(auditorVisit(door, request, reply, session));
  }
  return {
    get: (path, handler) =>
      void app.get(path, HIDDEN, (request, reply) => visit(request, reply, handler)),
    post: (path, handler) =>
      void app.post(path, HIDDEN, (request, reply) => visit(request, reply, handler)),
  };
}

/**
 * Pages about cases and questions gather lines of any time, so they are closed to who may see the
 * lines of one period only (audit.md 7.3).
 */
export function ofWholeLog(pages: AuditorRoutes): AuditorRoutes {
  const only =
    (handler: (visit: AuditorVisit) => Promise<FastifyReply>) => async (visit: AuditorVisit) => {
      const { from, until } = visit.who.scope;
      if (from === undefined && until === undefined) return handler(visit);
      throw new Problem('forbidden', 'This log-in is for the lines of one period: search there.', {
        code: 'period-only',
      });
    };
  return {
    get: (path, handler) => pages.get(path, only(handler)),
    post: (path, handler) => pages.post(path, only(handler)),
  };
}

/** What a handler works with once the auditor is known. */
export function auditorVisit(
  door: WebDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session<Auditor>,
): AuditorVisit {
  const { who } = session;
  return {
    door,
    request,
    reply,
    session,
    who,
    language: languageOf(request),
    page: (content) =>
      sendPage(
        request,
        reply,
        { nav: NAV, account: logoutForm('/auditor', session.csrf), ...content },
        !door.config.production,
      ),
    async readLog({ patient, aboutUser, about, ...read }) {
      await door.ledger.record([
        logRead({
          ...read,
          agent: auditorAgent(who, request),
          ...(patient === undefined ? {} : { patient }),
          ...(aboutUser === undefined ? {} : { aboutUser }),
          ...(about === undefined ? {} : { about }),
          ...(who.reason === undefined ? {} : { reason: who.reason }),
          requestId: request.id,
          door: 'web',
        }),
      ]);
    },
  };
}
