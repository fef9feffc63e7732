/**
 * The log: pino, one JSON line an event, with a request id and a correlation id. What a line may
 * hold is a closed list, because a patient's number can stand in any address, header or body.
 */
import { randomUUID } from 'node:crypto';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { Problem } from './problem.ts';

export type Log = Logger;

/** The header by which a caller follows one act through several systems. */
const CORRELATION_HEADER = 'x-correlation-id';

const ID = /^[A-Za-z0-9._-]{8,64}$/;
// Nine digits in an id are a BSN in all but name.
const LIKE_BSN = /\d{8,}/;

/** The log of the program. Give a destination in a test; else it is standard output. */
export function createLog(options: { level: string; destination?: DestinationStream }): Log {
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { req: describeRequest, res: describeReply, err: describeError },
    redact: { paths: SECRETS, censor: '[withheld]' },
    hooks: {
      logMethod(line, write) {
        const [first, ...rest] = line as unknown[];
        // Without a text of its own a line about an error would get the error's message.
        const texts = rest.length === 0 && typeof first === 'object' ? [kindOf(first)] : rest;
        const kept = first instanceof Error ? { err: first } : first;
        const safe = [kept, ...texts].map((part) =>
          typeof part === 'string' ? scrub(part) : part,
        );
        write.apply(this, safe as Parameters<typeof write>);
      },
    },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}

function kindOf(first: object | null): string {
  return first instanceof Error || (first && 'err' in first) ? 'error' : 'event';
}

/** Libraries write addresses into their texts ("Route GET:/x/123 not found"). */
function scrub(text: string): string {
  return text.replace(/(?<=\s|^|:)\/\S*/g, '/…').replace(/\d{8,}/g, '…');
}

/** A second guard: nothing of this kind should be logged, and if it is, it does not show. */
const SECRET_NAMES = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'access_token',
  'refresh_token',
  'client_assertion',
  'code',
  'bsn',
  'body',
  'headers',
  'query',
];
const SECRETS = SECRET_NAMES.flatMap((name) => [name, `*.${name}`]);

interface LoggedRequest {
  readonly id?: unknown;
  readonly method?: string;
  readonly headers?: Record<string, unknown>;
  readonly routeOptions?: { readonly url?: string | undefined };
}

/** The route's template and not the address: a path can hold a patient's id, a query his number. */
function describeRequest(request: LoggedRequest) {
  const correlation = request.headers?.[CORRELATION_HEADER];
  return {
    id: request.id,
    correlation: isPlainId(correlation) ? correlation : undefined,
    method: request.method,
    route: request.routeOptions?.url ?? 'unknown',
  };
}

function describeReply(reply: { readonly statusCode?: number }) {
  return { status: reply.statusCode };
}

/**
 * A Problem's message is written to be shown. The message of anything else may quote its input,
 * such as a value that broke a constraint; so only its name, code and places in our code are kept.
 */
function describeError(error: unknown) {
  const problem = error instanceof Problem ? error : undefined;
  const root = problem?.cause ?? error;
  const thrown = root instanceof Error ? root : undefined;
  const code = (thrown as { code?: unknown } | undefined)?.code;
  return {
    type: thrown?.name ?? typeof root,
    problem: problem?.code,
    message: problem?.message,
    // Of the system or the database; by the name `code` it would be withheld as a secret.
    errorCode: typeof code === 'string' && /^[A-Z0-9_]{3,40}$/.test(code) ? code : undefined,
    stack: placesOf(thrown?.stack),
  };
}

/** Frames only: the first lines of a stack repeat the message, which may span several. */
function placesOf(stack: string | undefined): string[] | undefined {
  return stack
    ?.split('\n')
    .filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line))
    .slice(0, 12)
    .map((line) => line.trim());
}

/** For Fastify's `genReqId`: an id of our own, so that a caller cannot choose or repeat it. */
export function newRequestId(): string {
  return randomUUID();
}

/** The caller's correlation id when it is a plain one, else our own request id. */
export function correlationOf(header: unknown, requestId: string): string {
  return isPlainId(header) ? header : requestId;
}

function isPlainId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value) && (isUuid(value) || !LIKE_BSN.test(value));
}

function isUuid(value: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value);
}
