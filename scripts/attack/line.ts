/** A client's line to the gateway: kept open, timed, and telling everything that came back. */
import { Agent, type IncomingHttpHeaders, request as plain } from 'node:http';
import { Agent as SecureAgent, request as secure } from 'node:https';

export interface Ask {
  /** GET unless there is a form or a body. */
  readonly method?: string;
  readonly path: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: readonly (readonly [string, string])[];
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** From the first byte sent to the last byte received. */
  readonly ms: number;
}

export interface Line {
  /** @throws Error when nobody answers in time. */
  ask(ask: Ask): Promise<Answer>;
  close(): void;
}

const SOCKETS_MAX = 32;
const ANSWER_MS_MAX = 180_000;
const TRIES_MAX = 20;
/** What the gateway says, to everyone, when the machine has no time to write its line. */
const STARVED = 'The ledger cannot take the entry now.';

/** @param url of the installation, without a path. */
export function openLine(url: string): Line {
  const isSecure = url.startsWith('https:');
  const options = { keepAlive: true, maxSockets: SOCKETS_MAX };
  const agent = isSecure ? new SecureAgent(options) : new Agent(options);

  function once(given: Ask): Promise<Answer> {
    const ask = withoutNumber(given);
    const body =
      ask.form === undefined
        ? ask.body
        : new URLSearchParams(
            ask.form.map(([name, value]): [string, string] => [name, value]),
          ).toString();
    const headers: Record<string, string> = { ...ask.headers };
    if (ask.form) headers['content-type'] = 'application/x-www-form-urlencoded';
    if (ask.token !== undefined) headers['authorization'] = `Bearer ${ask.token}`;
    if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
    const method = ask.method ?? (body === undefined ? 'GET' : 'POST');
    return new Promise((resolve, reject) => {
      const started = performance.now();
      const request = (isSecure ? secure : plain)(
        new URL(ask.path, url),
        { method, headers, agent },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString('utf8'),
              ms: performance.now() - started,
            }),
          );
        },
      );
      request.setTimeout(ANSWER_MS_MAX, () => request.destroy(new Error('No answer in time.')));
      // A line that lay idle may be closed just as it is used again: then it is asked on another.
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (request.reusedSocket && error.code === 'ECONNRESET') once(given).then(resolve, reject);
        else reject(error);
      });
      request.end(body);
    });
  }
  return {
    /**
     * Told to wait, an honest client waits: neither the limit of requests nor a machine that is
     * too busy is what is attacked here.
     */
    async ask(ask) {
      for (let turn = 1; ; turn += 1) {
        const answer = await once(ask);
        const isStarved = answer.status === 503 && answer.body.includes(STARVED);
        if ((answer.status !== 429 && !isStarved) || turn === TRIES_MAX) return answer;
        const seconds = Number(answer.headers['retry-after'] ?? 1);
        await new Promise((resolve) => setTimeout(resolve, Math.min(seconds, 60) * 1000));
      }
    },
    close: () => agent.destroy(),
  };
}

/** A search by BSN is refused in an address, so it goes as a form: the question stays the same. */
function withoutNumber(ask: Ask): Ask {
  const [path = '', query = ''] = ask.path.split('?');
  const isPlain = ask.method === undefined && ask.body === undefined && ask.form === undefined;
  const params = [...new URLSearchParams(query)];
  if (!isPlain || !params.some(([, value]) => value.includes('/NamingSystem/bsn|'))) return ask;
  if (path.includes('$')) return ask;
  return { ...ask, path: `${path}/_search`, form: params };
}
