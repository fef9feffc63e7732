/**
 * The log of one request, made when it says something. Most requests say nothing, and making a
 * child of pino with its list of what is withheld costs a tenth of a read.
 */
import type { FastifyBaseLogger } from 'fastify';

type Method = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent' | 'child';
const METHODS: readonly Method[] = [
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'silent',
  'child',
];

class RequestLog {
  readonly #make: () => FastifyBaseLogger;
  #made: FastifyBaseLogger | undefined;

  constructor(make: () => FastifyBaseLogger) {
    this.#make = make;
  }

  get made(): FastifyBaseLogger {
    this.#made ??= this.#make();
    return this.#made;
  }

  get level(): FastifyBaseLogger['level'] {
    return this.made.level;
  }
}

for (const name of METHODS) {
  Object.defineProperty(RequestLog.prototype, name, {
    value(this: RequestLog, ...said: unknown[]) {
      return Reflect.apply(this.made[name], this.made, said);
    },
  });
}

/** For Fastify's `childLoggerFactory`. */
export function requestLog(
  logger: FastifyBaseLogger,
  bindings: Parameters<FastifyBaseLogger['child']>[0],
  options: Parameters<FastifyBaseLogger['child']>[1],
): FastifyBaseLogger {
  return new RequestLog(() => logger.child(bindings, options)) as unknown as FastifyBaseLogger;
}
