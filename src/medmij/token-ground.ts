/** What a code or refresh token stands for; sealed under the code or token itself. */
import type { RunKind } from './authorize-request.ts';
import type { Representative } from './person-login.ts';

export interface TokenGround {
  readonly client: string;
  readonly redirectUri: string;
  readonly vault: string;
  /** Organisation id. */
  readonly aanbieder: string;
  /** As in the scope, without `@medmij`. */
  readonly aanbiederScope: string;
  readonly kind: RunKind;
  readonly services: readonly string[];
  /** Days of a subscription that were granted. */
  readonly days?: number;
  readonly consent: string;
  readonly longLived: boolean;
  /** ISO moment at which a one-time consent ends, of an app that gets a refresh token each time. */
  readonly until?: string;
  readonly correlationId: string;
  readonly sessionId: string;
  readonly representative?: Representative;
  /** RFC 7636, S256; of a code only. */
  readonly codeChallenge?: string;
  /** In a spent refresh token: what was given for it, so that a retry gets the same. */
  readonly next?: TokenAnswer;
}

export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly refresh_token?: string;
  /** What was granted: GegevensdienstIds, combinations, or the subscription. */
  readonly scope: string;
}
