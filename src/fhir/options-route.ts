/**
 * What may be done at an address (RFC 9110 section 9.3.7). No header lets a page of another site
 * in, so its browser goes no further.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Asking } from './asking.ts';
import { HIDDEN } from './doorway.ts';
import { methodsAt } from './interactions.ts';

type Look<T> = (request: FastifyRequest, reply: FastifyReply) => Promise<T>;

/**
 * `OPTIONS` of every address of this door: 204 with `Allow`. Needs no token; with one it tells what
 * its holder may do.
 */
export function optionsRoute(
  app: FastifyInstance,
  describe: Look<unknown>,
  open: Look<Asking>,
): void {
  for (const url of ['/', '/*']) {
    app.options(url, HIDDEN, async (request, reply) => {
      await describe(request, reply);
      const asking = request.headers.authorization ? await open(request, reply) : undefined;
      return reply
        .code(204)
        .header('allow', allowedAt(request, app.prefix, asking))
        .send();
    });
  }
}

/** Value of `Allow`. The prefix may have parameters, so its parts are counted. */
export function allowedAt(
  request: FastifyRequest,
  prefix: string,
  asking: Asking | undefined,
): string {
  const parts = (request.url.split('?')[0] ?? '').split('/');
  const path = ['', ...parts.slice(prefix.split('/').length)].join('/');
  return methodsAt(path, asking?.access).join(', ');
}
