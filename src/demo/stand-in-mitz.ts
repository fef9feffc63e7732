/**
 * A stand-in of Mitz, the national consent register, for the demo: a server on a port of its own
 * that answers the closed question, takes subscriptions and notifies, as the real one would. It
 * says on its page that it is not the real thing, and `npm start` has no way to reach it.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  answerOf,
  type MitzChoice,
  notificationOf,
  readQuestion,
  type Subscription,
  subscriptionIn,
} from './stand-in-mitz-messages.ts';
import { mitzPage } from './stand-in-mitz-page.ts';

export interface StandInMitz {
  readonly url: string;
  /** Makes a choice as a person would, and notifies whoever subscribed. */
  choose(choice: Omit<MitzChoice, 'at'>): Promise<void>;
  /** While it is down it answers nothing that counts. */
  setDown(isDown: boolean): void;
  /** Questions about this person get no answer at all; about nobody again: undefined. */
  setSilentAbout(bsn: string | undefined): void;
  /** Closed questions answered so far. */
  asked(): number;
  /** Subscriptions that run: BSN and URA of the holder. */
  subscriptions(): readonly { readonly bsn: string; readonly holder: string }[];
  close(): Promise<void>;
}

export interface StandInMitzOptions {
  readonly host: string;
  readonly port: number;
  /** Categories of recipients by organisation type, as the real register knows them. */
  recipientCodeOf(type: string): string | undefined;
  /** Sends a notification; by default over plain HTTP. */
  notify?(endpoint: string, body: string): Promise<void>;
}

const BODY_BYTES_MAX = 200_000;

/** What the stand-in keeps while it runs. */
interface Shelf {
  readonly options: StandInMitzOptions;
  readonly choices: MitzChoice[];
  readonly subscriptions: Map<string, Subscription>;
  isDown: boolean;
  silentAbout: string | undefined;
  asked: number;
}

/** Starts it on a port; 0 lets the system choose. */
export async function startStandInMitz(options: StandInMitzOptions): Promise<StandInMitz> {
  const shelf: Shelf = {
    options,
    choices: [],
    subscriptions: new Map(),
    isDown: false,
    silentAbout: undefined,
    asked: 0,
  };
  const server = createServer((request, response) => {
    handle(shelf, request, response).catch(() => send(response, 400, 'text/plain', 'wrong'));
  });
  const url = await listening(server, options.host, options.port);
  return {
    url,
    choose: (choice) => choose(shelf, choice),
    setDown(down) {
      shelf.isDown = down;
    },
    setSilentAbout(bsn) {
      shelf.silentAbout = bsn;
    },
    asked: () => shelf.asked,
    subscriptions: () => [...shelf.subscriptions.values()],
    close: () => closed(server),
  };
}

async function choose(shelf: Shelf, choice: Omit<MitzChoice, 'at'>): Promise<void> {
  const made = { ...choice, at: new Date().toISOString() };
  shelf.choices.push(made);
  const notify = shelf.options.notify ?? postNotification;
  const waiting = [...shelf.subscriptions.values()].filter(
    ({ bsn, holder }) => bsn === made.bsn && holder === made.holder,
  );
  await Promise.all(waiting.map(({ endpoint }) => notify(endpoint, notificationOf(made))));
}

function closedQuestion(shelf: Shelf, body: string): string {
  shelf.asked += 1;
  const question = readQuestion(body);
  const recipient = shelf.options.recipientCodeOf(question.recipientType);
  const found = shelf.choices.findLast(
    (one) =>
      one.bsn === question.bsn && one.holder === question.holder && one.recipient === recipient,
  );
  const decision = !found ? 'NotApplicable' : found.permit ? 'Permit' : 'Deny';
  return answerOf(question.categories, decision);
}

async function handle(
  shelf: Shelf,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const body = await bodyOf(request);
  switch (`${request.method} ${pathname}`) {
    case 'GET /':
      return sendHtml(response, shelf.choices, shelf.isDown);
    case 'POST /stand':
      shelf.isDown = new URLSearchParams(body).get('stand') === 'uit';
      return redirect(response);
    case 'POST /keuze':
      await choose(shelf, choiceIn(new URLSearchParams(body)));
      return redirect(response);
  }
  if (shelf.isDown) return send(response, 503, 'text/plain', 'stand-in is down');
  serve(shelf, request, response, pathname, body);
}

/** What the gateway asks of it. */
function serve(
  shelf: Shelf,
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
  body: string,
): void {
  if (pathname === '/geslotenautorisatievraag/xacml3' && request.method === 'POST') {
    if (shelf.silentAbout !== undefined && readQuestion(body).bsn === shelf.silentAbout) return;
    send(response, 200, 'application/soap+xml; charset=utf-8', closedQuestion(shelf, body));
    return;
  }
  if (pathname === '/abonnementen/fhir/Subscription' && request.method === 'POST') {
    const made = { id: randomUUID(), ...subscriptionIn(body) };
    shelf.subscriptions.set(made.id, made);
    response.setHeader('location', `/abonnementen/fhir/Subscription/${made.id}`);
    send(response, 201, 'text/plain', '');
    return;
  }
  const [, id] = /^\/abonnementen\/fhir\/Subscription\/([\w-]+)$/.exec(pathname) ?? [];
  if (id !== undefined && request.method === 'DELETE') {
    send(response, shelf.subscriptions.delete(id) ? 204 : 404, 'text/plain', '');
    return;
  }
  send(response, 404, 'text/plain', '');
}

async function postNotification(endpoint: string, body: string): Promise<void> {
  await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+xml' },
    body,
  }).catch(() => undefined);
}

const DIGITS = { bsn: /^99\d{7}$/, ura: /^\d{8}$/ } as const;

function choiceIn(form: URLSearchParams): Omit<MitzChoice, 'at'> {
  const [bsn, holder] = [form.get('bsn') ?? '', form.get('houder') ?? ''];
  const recipient = form.get('ontvanger') ?? '';
  if (!DIGITS.bsn.test(bsn) || !DIGITS.ura.test(holder) || !/^RPZAC\d{3}$/.test(recipient)) {
    throw new Error('no choice');
  }
  return { bsn, holder, holderType: '', recipient, permit: form.get('keuze') === 'ja' };
}

function sendHtml(response: ServerResponse, choices: readonly MitzChoice[], isDown: boolean) {
  send(response, 200, 'text/html; charset=utf-8', mitzPage(choices, isDown).toString());
}

function redirect(response: ServerResponse): void {
  response.writeHead(303, { location: '/' }).end();
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > BODY_BYTES_MAX) throw new Error('too large');
  }
  return body;
}

function listening(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      const used = typeof address === 'object' && address ? address.port : port;
      resolve(`http://${host}:${used}`);
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
