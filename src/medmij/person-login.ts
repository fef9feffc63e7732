/**
 * Authentication of the person behind one port, so that DigiD by OIDC or by SAML looks the same:
 * who logged in, whom that person represents, and how strong it was. medmij-protocol.md 1.7;
 * ext.vert.authint.201-204.
 */
import { createHmac, type KeyObject } from 'node:crypto';
import type { LoginRun, OidcLogin } from '../identity/index.ts';
import { VOLUNTARY, voluntaryAuthority } from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Delegation } from './scope.ts';

export interface Representative {
  /** A keyed hash: names the representative in the ledger and never tells the number. */
  readonly subject: string;
  /** `parental`, or a mandate with what it names: `voluntary:medicijnen+brieven`. */
  readonly authority: string;
}

export interface LoggedInPerson {
  /** Of the person whose data it is. Never leaves this side. */
  readonly bsn: string;
  readonly acr: string | undefined;
  readonly representative?: Representative;
}

export interface PersonLogin {
  /** Representation is asked for only when the scope says so. */
  start(delegation?: Delegation): Promise<{ url: string; run: LoginRun }>;
  /**
   * @throws Problem `forbidden` code `access_denied` when the person stopped; `unauthenticated` or
   * `busy` when the log-in failed.
   */
  finish(callback: URL, run: LoginRun): Promise<LoggedInPerson>;
}

const AUTHORITY = { onbehalfof: 'voluntary', onbehalfofchild: 'parental' } as const;

/**
 * A broker that speaks OpenID Connect. Claims: `bsn` of who logged in, and with representation
 * `represented_bsn` and `representation`, `voluntary` or `parental`. A mandate tells as `mandated`
 * which kinds it names (`alles`, or names of MANDATE_KINDS with spaces between) and may tell its end
 * as `mandated_until`; one that names nothing known opens nothing.
 */
export function createPersonLogin(oidc: OidcLogin, subjectKey: KeyObject): PersonLogin {
  return {
    // Always anew: whoever used this browser before may be somebody else.
    start: (delegation) =>
      oidc.start({
        prompt: 'login',
        ...(delegation === undefined ? {} : { representation: AUTHORITY[delegation] }),
      }),
    async finish(callback, run) {
      const { claims, acr } = await oidc.finish(callback, run);
      const { bsn, represented_bsn: represented, representation } = claims;
      if (typeof bsn !== 'string' || bsn === '') {
        throw new Problem('unauthenticated', 'The log-in gave no person.', { code: 'no-bsn' });
      }
      if (represented === undefined && representation === undefined) return { bsn, acr };
      const authority = authorityIn(claims);
      if (typeof represented !== 'string' || represented === bsn || authority === undefined) {
        throw new Problem('unauthenticated', 'The representation was not understood.', {
          code: 'representation',
        });
      }
      const subject = createHmac('sha256', subjectKey).update(bsn).digest('hex').slice(0, 32);
      return { bsn: represented, acr, representative: { subject, authority } };
    },
  };
}

function authorityIn(claims: Readonly<Record<string, unknown>>): string | undefined {
  const { representation, mandated, mandated_until: until } = claims;
  if (representation === 'parental') return representation;
  if (representation !== VOLUNTARY || typeof mandated !== 'string') return undefined;
  if (until !== undefined && typeof until !== 'string') return undefined;
  return voluntaryAuthority(mandated, until);
}

/** @returns why the log-in does not fit what was asked; undefined when it does. */
export function representationFault(
  asked: Delegation | undefined,
  person: LoggedInPerson,
): string | undefined {
  const expected = asked === undefined ? undefined : AUTHORITY[asked];
  const used = person.representative?.authority.split(':')[0];
  if (expected === used) return undefined;
  return used === undefined ? 'representation-not-used' : 'representation-not-asked';
}
