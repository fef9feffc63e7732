/**
 * Somebody who logs in at the pages of the gateway, with a browser's cookies and forms but no
 * browser.
 */
import {
  type Arrival,
  createVisitor,
  formAction,
  hiddenField,
  type Visitor,
} from '../../src/demo/client/browserless.ts';
import type { Answer } from '../../src/demo/client/trail.ts';
import { title } from './title.ts';
import type { Tour } from './tour-parts.ts';

export interface PageSession {
  get(path: string): Promise<Answer>;
  /**
   * Sends a form with the anti-forgery value of the page at `from`, and follows to the next page.
   */
  post(from: Answer, path: string, form: Readonly<Record<string, string>>): Promise<Arrival>;
}

const sessionOf = (tour: Tour, visitor: Visitor): PageSession => ({
  get: (path) => visitor.call(title('page'), `${tour.demo.url}${path}`),
  post: (from, path, form) =>
    visitor.follow(title('form'), `${tour.demo.url}${path}`, {
      call: { form: { csrf: hiddenField(from, 'csrf'), ...form } },
    }),
});

/** The person, by the stand-in DigiD. @throws Error when the log-in leads to no page. */
export async function logInAsPerson(tour: Tour, bsn: string): Promise<PageSession> {
  const visitor = createVisitor(tour.trail);
  const login = await visitor.follow(title('log in'), `${tour.demo.url}/mij/inloggen`);
  const page = await visitor.follow(title('DigiD'), formAction(login), { call: { form: { bsn } } });
  if (page.page?.status !== 200) throw new Error(`The log-in ended with ${page.page?.status}.`);
  return sessionOf(tour, visitor);
}

export interface StaffLogin {
  /** Status of the last page, and where it was. */
  readonly status: number;
  readonly path: string;
  readonly session: PageSession;
}

/** A member of staff, by the stand-in provider; `code` replaces the one that its page shows. */
export async function logInAsStaff(
  tour: Tour,
  account: string,
  code?: string,
): Promise<StaffLogin> {
  const visitor = createVisitor(tour.trail);
  const login = await visitor.follow(title('log in'), `${tour.demo.url}/auditor/inloggen`);
  const shown = /name="code"[^>]*value="(\d+)"/.exec(login.page?.text() ?? '')?.[1] ?? '';
  const page = await visitor.follow(title('second factor'), formAction(login), {
    call: { form: { account, code: code ?? shown } },
  });
  return {
    status: page.page?.status ?? 0,
    path: new URL(page.url).pathname,
    session: sessionOf(tour, visitor),
  };
}

export interface SharingChoice {
  readonly holder: string;
  readonly data: 'GGC002' | 'GGC012' | 'GGC013';
  readonly recipient: string;
  readonly choice: 'permit' | 'deny' | 'nothing';
}

/** Looks at what the choice would do, confirms it. @returns id of the receipt. */
export async function choose(session: PageSession, wanted: SharingChoice): Promise<string> {
  const wish = {
    wens: 'cell',
    van: wanted.holder,
    gegevens: wanted.data,
    aan: wanted.recipient,
    keuze: wanted.choice,
  };
  const sharing = await session.get('/mij/delen');
  const { page: preview } = await session.post(sharing, '/mij/delen/voorbeeld', wish);
  if (!preview) throw new Error('The choice has no preview.');
  const done = await session.post(preview, '/mij/delen/opslaan', {
    ...wish,
    stand: hiddenField(preview, 'stand'),
    taal: hiddenField(preview, 'taal'),
  });
  const id = /\/mij\/delen\/bewijs\/([0-9a-f-]{36})$/.exec(done.url)?.[1];
  if (id === undefined) throw new Error(`The choice was not saved (${done.page?.status}).`);
  return id;
}
