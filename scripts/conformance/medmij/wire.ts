/** Requests over real TLS to the gateway of the run, by name, and a browser without a screen. */
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly ms: number;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>> | [string, string][];
  readonly body?: string;
  readonly tls?: {
    readonly cert?: string;
    readonly key?: string;
    readonly minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
    readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
    readonly ciphers?: string;
  };
}

const ANSWER_MS_MAX = 30_000;

export interface Line {
  /** Host name and port of the gateway: what the outside calls https://host/ listens there. */
  readonly host: string;
  readonly port: number;
  readonly ca: string;
}

/** One request; redirects are not followed. */
export function send(line: Line, address: string, ask: Ask = {}): Promise<Reply> {
  const url = new URL(address, `https://${line.host}`);
  const isGateway = url.hostname === line.host;
  const body = ask.form ? new URLSearchParams(ask.form).toString() : ask.body;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const options = {
      method: ask.method ?? (body === undefined ? 'GET' : 'POST'),
      agent: false as const,
      host: isGateway ? '127.0.0.1' : url.hostname,
      port: isGateway ? line.port : url.port,
      path: `${url.pathname}${url.search}`,
      servername: url.hostname,
      ca: line.ca,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      headers: {
        host: url.host,
        ...(ask.form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        ...ask.headers,
      },
      ...ask.tls,
    };
    const call = (url.protocol === 'https:' ? secureRequest : plainRequest)(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text: Buffer.concat(chunks).toString('utf8'),
          ms: performance.now() - started,
        }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** Keeps cookies by host, as a browser does. */
export class Browser {
  readonly #line: Line;
  readonly #cookies = new Map<string, Map<string, string>>();

  constructor(line: Line) {
    this.#line = line;
  }

  cookie(): string {
    return [...(this.#cookies.get(this.#line.host)?.values() ?? [])].join();
  }

  async go(address: string, form?: Record<string, string> | [string, string][]): Promise<Reply> {
    const url = new URL(address, `https://${this.#line.host}`);
    const jar = this.#cookies.get(url.host) ?? new Map<string, string>();
    this.#cookies.set(url.host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await send(this.#line, url.href, {
      ...(form ? { form } : {}),
      headers: cookie === '' ? {} : { cookie },
    });
    for (const line of [reply.headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      const isOver = /max-age=0|expires=thu, 01 jan 1970/i.test(line) || at === pair.length - 1;
      if (isOver) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return reply;
  }

  /** Follows redirects on this host and at the log-in; stops at a page or at another https host. */
  async follow(address: string, form?: Record<string, string>): Promise<Arrival> {
    let url = new URL(address, `https://${this.#line.host}`).href;
    let given = form;
    for (let hop = 0; hop < 15; hop += 1) {
      const { protocol, hostname } = new URL(url);
      if (protocol === 'https:' && hostname !== this.#line.host) return { url };
      const reply = await this.go(url, given);
      const { location } = reply.headers;
      if (reply.status < 300 || reply.status > 399 || typeof location !== 'string') {
        return { url, reply };
      }
      url = new URL(location, url).href;
      given = undefined;
      // Where the redirect to the app came from says how it looked.
      if (new URL(url).protocol === 'https:' && new URL(url).hostname !== this.#line.host) {
        return { url, redirect: reply };
      }
    }
    throw new Error('too many redirects');
  }
}

export interface Arrival {
  readonly url: string;
  /** The page; absent when the way led to the app. */
  readonly reply?: Reply;
  readonly redirect?: Reply;
}

/** Value of a hidden field. */
export function field(reply: Reply | undefined, name: string): string {
  const found = new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(reply?.text ?? '')?.[1];
  return found ?? '';
}

/** Where the first form of a page goes. */
export function action({ url, reply }: Arrival): string {
  const found = /<form[^>]*action="([^"]*)"/.exec(reply?.text ?? '')?.[1] ?? '';
  return new URL(found.replaceAll('&amp;', '&'), url).href;
}
