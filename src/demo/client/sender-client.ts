/**
 * A sending system of the demo over HTTP: any message, a FHIR transaction, and what became of it.
 */
import type { Text } from '../../platform/html/language.ts';
import { type SystemClient, systemToken } from './system-token.ts';
import type { Answer } from './trail.ts';

export interface SenderSession {
  readonly client: SystemClient;
  readonly token: string;
}

const T = {
  token: { nl: 'Zender vraagt een token', en: 'Sender asks a token' },
  receipt: { nl: 'Zender leest de ontvangstbevestiging', en: 'Sender reads the receipt' },
  waiting: { nl: 'Zender bekijkt wat wacht', en: 'Sender looks at what waits' },
  shared: { nl: 'Zorgverlener leest wat mensen stuurden', en: 'Provider reads what people sent' },
  fate: { nl: 'Zorgverlener besluit erover', en: 'Provider decides on it' },
  window: { nl: 'Zorgverlener opent of sluit', en: 'Provider opens or closes' },
  replay: { nl: 'Zender laat het opnieuw proberen', en: 'Sender has it tried again' },
} as const;

/** @throws TokenRefused */
export async function openSender(client: SystemClient): Promise<SenderSession> {
  return { client, token: await systemToken(client, { title: T.token, scope: 'system/intake' }) };
}

/** A message of any format; the gateway recognises it by its content. */
export function sendMessage(
  session: SenderSession,
  message: { title: Text; bytes: Buffer | string; mediaType: string },
): Promise<Answer> {
  return call(session, message.title, '', {
    body: message.bytes,
    headers: { 'content-type': message.mediaType, accept: 'application/json' },
  });
}

/** A transaction Bundle, ITI-65 included. */
export function sendTransaction(
  session: SenderSession,
  bundle: { title: Text; body: string; version?: '3.0' | '4.0'; format?: 'json' | 'xml' },
): Promise<Answer> {
  const { format = 'json', version = '4.0' } = bundle;
  const type = `application/fhir+${format}; fhirVersion=${version}`;
  return call(session, bundle.title, '/fhir', {
    body: bundle.body,
    headers: { 'content-type': type, accept: type },
  });
}

/** The receipt of one delivery. */
export function receipt(session: SenderSession, id: string): Promise<Answer> {
  return call(session, T.receipt, `/receipts/${id}`);
}

/** What of one's own waits. */
export function quarantine(session: SenderSession): Promise<Answer> {
  return call(session, T.waiting, '/quarantine');
}

/** Has a waiting delivery handled again. */
export function replay(session: SenderSession, id: string): Promise<Answer> {
  return call(session, T.replay, `/quarantine/${id}/replay`, { method: 'POST' });
}

/** Ids of what people sent that stands so. */
export async function sharedItems(
  session: SenderSession,
  state: 'received' | 'opened',
): Promise<readonly string[]> {
  const answer = await call(session, T.shared, `/shared?state=${state}`);
  return answer.json<{ items: { id: string }[] }>().items.map(({ id }) => id);
}

/** What becomes of one. */
export function setFate(
  session: SenderSession,
  id: string,
  state: 'opened' | 'filed',
): Promise<Answer> {
  return call(session, T.fate, `/shared/${id}`, asJson('POST', { state }));
}

/** Whether people may send for a service now. */
export function setWindow(
  session: SenderSession,
  service: string,
  window: { open: boolean; reason: string },
): Promise<Answer> {
  return call(session, T.window, `/windows/${service}`, asJson('PUT', window));
}

const asJson = (method: string, body: object) => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

function call(
  { client, token }: SenderSession,
  title: Text,
  path: string,
  options: { method?: string; body?: Buffer | string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { body, headers } = options;
  const method = options.method ?? (body === undefined ? 'GET' : 'POST');
  return client.trail.send(title, `${client.url}/intake/${client.clientId}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
}
