/** A visit to the person's own pages: who it is, and the frame that all of them share. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LedgerEvent } from '../../audit/index.ts';
import type { AccessRequest, Performer } from '../../permission/index.ts';
import { html } from '../../platform/html/html.ts';
import { type Language, languageOf } from '../../platform/html/language.ts';
import type { NavItem } from '../../platform/html/layout.ts';
import { withoutSession } from '../come-back.ts';
import { type PageContent, type Say, sendPage } from '../page.ts';
import { type Portal, requireCsrf, type Session } from '../portal.ts';
import type { WebDoor } from '../web-door.ts';
import type { KeptWish } from './kept-wish.ts';

/** Kept sealed in the session; no name and no BSN. */
export interface Person {
  /** Absent: nobody by this number is known here. */
  readonly vault?: string;
  readonly acr?: string;
  /** The name under which somebody acts for others: a keyed hash. */
  readonly proxy?: string;
  /** Logged in with custody of a child; absent vault: no child by that number is known here. */
  readonly child?: { readonly vault?: string };
  /** The code of quiet mode was typed in this session. */
  readonly quietLifted?: boolean;
  /** A change of choices that was asked for and not saved yet. */
  readonly wish?: KeptWish;
}

/** Who decides for somebody else, on that person's choices. consent.md 10.3. */
export interface Deciding {
  /** Where these pages are, as `/mij/namens/kind/delen`. */
  readonly base: string;
  readonly performers: readonly Performer[];
  readonly agent: LedgerEvent['agent'];
  /** A lock is for the person, or for who has custody of a young child. */
  readonly mayLock: boolean;
}

export interface Visit {
  /** Absent: the person decides. */
  readonly deciding?: Deciding;
  readonly door: WebDoor;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly session: Session<Person>;
  readonly vault: string;
  readonly language: Language;
  page(content: PageContent): FastifyReply;
}

const NAV: readonly NavItem[] = [
  { href: '/mij', text: { nl: 'Start', en: 'Start' } },
  { href: '/mij/delen', text: { nl: 'Delen', en: 'Sharing' } },
  { href: '/mij/inzage', text: { nl: 'Wie keek', en: 'Who looked' } },
  { href: '/mij/berichten', text: { nl: 'Berichten', en: 'Notices' } },
  { href: '/mij/apps', text: { nl: 'Mijn apps', en: 'My apps' } },
];

const LOGOUT = { nl: 'Uitloggen', en: 'Log out' } as const;
const HIDDEN = { schema: { hide: true } } as const;

/** The person as the one who acts. */
export function personAgent(
  vault: string | undefined,
  request: FastifyRequest,
): LedgerEvent['agent'] {
  return { kind: 'person', id: vault ?? 'unknown', address: request.ip };
}

/** The person's own request, as the ledger and the decision see it. */
export function ownAccess({ request, session }: Visit): AccessRequest {
  return {
    id: request.id,
    correlationId: randomUUID(),
    door: 'web',
    client: 'web',
    address: request.ip,
    actor: { kind: 'person' },
    purpose: 'PATRQT',
    ...(session.who.quietLifted ? { quietLifted: true } : {}),
    tokenId: session.id,
  };
}

/** Where the pages about sharing are: the person's own, or those of who decides for another. */
export const sharingBase = ({ deciding }: Visit): string => deciding?.base ?? '/mij/delen';

/** The way out, in the header of every page after the log-in. */
export function logoutForm(home: string, csrf: string) {
  return (say: Say) => html`<form method="post" action="${home}/uitloggen">
<input type="hidden" name="csrf" value="${csrf}"><button>${say(LOGOUT)}</button></form>`;
}

export interface PersonRoutes {
  get(path: string, handler: (visit: Visit) => Promise<FastifyReply>): void;
  /** The form carries the anti-forgery value of the session, or nothing happens. */
  post(path: string, handler: (visit: Visit) => Promise<FastifyReply>): void;
}

/** In quiet mode the pages act as for somebody who is not known here, until the code is typed. */
export async function isHidden(door: WebDoor, { vault, quietLifted }: Person): Promise<boolean> {
  return vault !== undefined && !quietLifted && (await door.consent.quiet.isOn(vault));
}

/** Pages below /mij that need a log-in and a record; without them the visitor goes to /mij. */
export function personRoutes(
  app: FastifyInstance,
  door: WebDoor,
  portal: Portal<Person>,
): PersonRoutes {
  async function visit(
    request: FastifyRequest,
    reply: FastifyReply,
    handler: (visit: Visit) => Promise<FastifyReply>,
  ): Promise<FastifyReply> {
    const session = await portal.session(request, reply);
    if (!session) return withoutSession(request, reply, portal, door);
    const { vault } = session.who;
    if (vault === undefined) return reply.redirect('/mij', 303);
    if (await isHidden(door, session.who)) return reply.redirect('/mij', 303);
    if (request.method === 'POST') requireCsrf(session, request.body);
    const page = (content: PageContent) =>
      sendPage(
        request,
        reply,
        { nav: NAV, account: logoutForm('/mij', session.csrf), ...content },
        !door.config.production,
      );
    return handler({ door, request, reply, session, vault, language: languageOf(request), page });
  }
  return {
    get: (path, handler) =>
      void app.get(path, HIDDEN, (request, reply) => visit(request, reply, handler)),
    post: (path, handler) =>
      void app.post(path, HIDDEN, (request, reply) => visit(request, reply, handler)),
  };
}

/** Names of organisations by id. */
export async function organisationNames(door: WebDoor): Promise<ReadonlyMap<string, string>> {
  const all = await door.organisations.all();
  return new Map(all.map(({ id, name }) => [id, name]));
}

/** Research and figures for a child are for its parent too; a mandate does not reach there. */
export const decidesOnResearch = ({ deciding }: Visit): boolean =>
  !deciding || deciding.performers.some(({ rel }) => rel === 'parent' || rel === 'guardian');
