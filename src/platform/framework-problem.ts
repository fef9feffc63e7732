/** The framework's own refusals (body too large, media type, malformed URL) as Problems. */
import { Problem } from './problem.ts';

/**
 * @returns the error as a Problem; the framework's text is left out, since it may quote the
 * request.
 */
export function fromFramework(error: unknown): Problem {
  const { statusCode, code } = (error ?? {}) as { statusCode?: unknown; code?: unknown };
  if (error instanceof Problem || typeof statusCode !== 'number') return Problem.from(error);
  switch (statusCode) {
    case 404:
      return new Problem('not-found', 'There is nothing at this address.');
    case 405:
      return new Problem('method', 'This method is not supported at this address.');
    case 413:
      return new Problem('too-large', 'The body is larger than this address accepts.');
    case 414:
      return new Problem('too-large', 'The URL is too long; send the search by POST.');
    case 415:
      return new Problem('unsupported-media', 'This media type is not accepted here.');
    case 429:
      return new Problem('throttled', 'Too many requests; try again later.', {
        retryAfterSeconds: 10,
      });
    case 503:
      return new Problem('busy', 'The service is temporarily unavailable.');
    default:
      if (statusCode >= 500) return Problem.from(error);
      return code === 'FST_ERR_BAD_URL'
        ? new Problem('invalid', 'The address is not well formed.')
        : new Problem('invalid', 'The request could not be read.', {
            expression: placesOf(error),
          });
  }
}

/** What a schema of ours found wrong, by its place. */
interface SchemaFault {
  readonly instancePath?: unknown;
  readonly params?: { readonly missingProperty?: unknown };
}

/** Names of our own schemas only: what somebody sent may hold anything. */
const OWN_NAME = /^[A-Za-z][A-Za-z0-9]{0,40}(\.[A-Za-z0-9]{1,40}){0,5}$/;

function placesOf(error: unknown): string[] {
  const { validation } = error as { validation?: unknown };
  if (!Array.isArray(validation)) return [];
  return (validation as SchemaFault[]).flatMap(({ instancePath, params }) => {
    const path = typeof instancePath === 'string' ? instancePath.split('/').slice(1) : [];
    const missing = params?.missingProperty;
    const place = [...path, ...(typeof missing === 'string' ? [missing] : [])].join('.');
    return OWN_NAME.test(place) ? [place] : [];
  });
}
