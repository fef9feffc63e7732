/**
 * What a client did, step by step: every call over a real line, and what came back. Shown on the
 * doors of the demo and told by the tour; so what it keeps holds no token, no code and no BSN.
 */
import { type IncomingHttpHeaders, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Text } from '../../platform/html/language.ts';

export interface Step {
  readonly title: Text;
  /** Method and address, or what else went over the line. */
  readonly call: string;
  readonly status: string;
  /** The first part of the answer. */
  readonly answer: string;
  readonly ms: number;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** A form; sent as application/x-www-form-urlencoded. */
  readonly form?: Readonly<Record<string, string>>;
  /** PEM texts, for a line with a client certificate. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca: string };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  text(): string;
  json<T>(): T;
}

export interface Trail {
  readonly steps: readonly Step[];
  /** @throws Error when nobody answers within `CALL_LIMITS.answerMsMax`. */
  send(title: Text, url: string, call?: Call): Promise<Answer>;
  /** A step that went over another line than HTTP. */
  note(step: Step): void;
}

const CALL_LIMITS = {
  answerMsMax: 20_000,
  answerBytesMax: 60_000_000,
  shownCharsMax: 700,
} as const;

export function createTrail(): Trail {
  const steps: Step[] = [];
  return {
    steps,
    note: (step) => void steps.push(step),
    async send(title, url, call = {}) {
      const started = performance.now();
      const answer = await exchange(url, call);
      steps.push({
        title,
        call: `${methodOf(call)} ${shownAddress(url)}`,
        status: String(answer.status),
        answer: shownAnswer(answer),
        ms: Math.round(performance.now() - started),
      });
      return answer;
    },
  };
}

/** One call without a trail. */
export function exchange(url: string, call: Call = {}): Promise<Answer> {
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  const body = call.form ? new URLSearchParams(call.form).toString() : call.body;
  const headers: Record<string, string> = { ...call.headers };
  if (call.form) headers['content-type'] = 'application/x-www-form-urlencoded';
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
  const options = { method: methodOf(call), headers, agent: false, ...(secure ? call.tls : {}) };
  return new Promise((resolve, reject) => {
    const request = (secure ? secureRequest : plainRequest)(target, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > CALL_LIMITS.answerBytesMax)
          request.destroy(new Error('The answer is too long.'));
        chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: bytes,
          text: () => bytes.toString('utf8'),
          json: <T>() => JSON.parse(bytes.toString('utf8')) as T,
        });
      });
    });
    request.setTimeout(CALL_LIMITS.answerMsMax, () =>
      request.destroy(new Error(`No answer within ${CALL_LIMITS.answerMsMax} ms.`)),
    );
    request.on('error', reject);
    request.end(body);
  });
}

const methodOf = (call: Call): string => call.method ?? (call.form ? 'POST' : 'GET');

const SECRET_PARAMETERS = new Set(['code', 'state', 'nonce', 'code_challenge', 'session_state']);

/** Path and query; secrets of a run are left out, the host only when it is not the gateway's. */
function shownAddress(url: string): string {
  const { pathname, searchParams } = new URL(url);
  for (const name of [...searchParams.keys()]) {
    if (SECRET_PARAMETERS.has(name)) searchParams.set(name, '…');
  }
  const query = searchParams.size === 0 ? '' : `?${decodeURIComponent(searchParams.toString())}`;
  return withoutPersons(`${pathname.replace(/^(\/inloggen)\/.*/, '$1/…')}${query}`);
}

function shownAnswer({ status, headers, body }: Answer): string {
  if (status >= 300 && status < 400) return `→ ${shownLocation(headers.location ?? '')}`;
  const type = String(headers['content-type'] ?? '');
  if (type.includes('text/html')) {
    return /<title>([^<]*)<\/title>/.exec(body.toString('utf8'))?.[1] ?? '';
  }
  if (type.includes('application/pdf')) return `PDF, ${body.length} bytes`;
  const text = body.toString('utf8');
  const pretty = type.includes('json') && text !== '' ? prettyJson(text) : text;
  return shortened(withoutPersons(pretty));
}

function shownLocation(location: string): string {
  return URL.canParse(location) ? `${new URL(location).host}${shownAddress(location)}` : location;
}

function prettyJson(text: string): string {
  try {
    return JSON.stringify(
      JSON.parse(text),
      (name, value: unknown) => (/^(access|refresh|id)_token$/.test(name) ? '…' : value),
      1,
    );
  } catch {
    return text;
  }
}

/** Test BSNs of the demo start with 9999; neither the pages nor the tour's output show one. */
export function withoutPersons(text: string): string {
  return text.replace(/(?<!\d)9999\d{5}(?!\d)/g, '9999·····');
}

/** The first part of a text, as much as a page shows. */
export function shortened(text: string): string {
  const most = CALL_LIMITS.shownCharsMax;
  return text.length <= most ? text : `${text.slice(0, most)} …`;
}
