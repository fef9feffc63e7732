/**
 * Log-in of people at an OpenID Connect provider: the DigiD broker for patients, an employer's or
 * the region's provider for auditors. Authorization code with PKCE S256, state and nonce.
 */
import * as oidc from 'openid-client';
import { Problem } from '../platform/problem.ts';

export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly redirectUri: string;
  readonly scope: string;
  /** The `acr` values that count as strong enough; empty: whatever the provider gives. */
  readonly acrValues: readonly string[];
  /** Only for a stand-in on the loopback address. */
  readonly allowHttp: boolean;
}

/** What must be kept, sealed and bound to the browser, between start and finish. */
export interface LoginRun {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

export interface LoggedIn {
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly acr: string | undefined;
  readonly authenticatedAt: Date | undefined;
}

export interface OidcLogin {
  start(extra?: Readonly<Record<string, string>>): Promise<{ url: string; run: LoginRun }>;
  /**
   * @throws Problem `forbidden` code `access_denied` when the person stopped; `unauthenticated`
   * when the answer does not fit the run or is not strong enough; `busy` when the provider is down.
   */
  finish(callbackUrl: URL, run: LoginRun): Promise<LoggedIn>;
}

const DISCOVERY_RETRY_MS = 2_000;

/** The provider is discovered at the first log-in, and again when that failed. */
export function createOidcLogin(config: OidcConfig): OidcLogin {
  let discovered: Promise<oidc.Configuration> | undefined;
  let failedAt = 0;

  function provider(): Promise<oidc.Configuration> {
    if (discovered === undefined || (failedAt > 0 && Date.now() - failedAt > DISCOVERY_RETRY_MS)) {
      failedAt = 0;
      discovered = oidc.discovery(
        new URL(config.issuer),
        config.clientId,
        undefined,
        config.clientSecret === undefined
          ? oidc.None()
          : oidc.ClientSecretPost(config.clientSecret),
        config.allowHttp ? { execute: [oidc.allowInsecureRequests] } : {},
      );
      discovered.catch(() => {
        failedAt = Date.now();
      });
    }
    return discovered;
  }

  return {
    async start(extra = {}) {
      const configuration = await provider().catch(down);
      const codeVerifier = oidc.randomPKCECodeVerifier();
      const run = { state: oidc.randomState(), nonce: oidc.randomNonce(), codeVerifier };
      const url = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: config.redirectUri,
        scope: config.scope,
        state: run.state,
        nonce: run.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...(config.acrValues.length > 0 ? { acr_values: config.acrValues.join(' ') } : {}),
        ...extra,
      });
      return { url: url.href, run };
    },
    async finish(callbackUrl, run) {
      const configuration = await provider().catch(down);
      const tokens = await oidc
        .authorizationCodeGrant(configuration, callbackUrl, {
          pkceCodeVerifier: run.codeVerifier,
          expectedState: run.state,
          expectedNonce: run.nonce,
          idTokenExpected: true,
        })
        .catch(refused);
      return loggedIn(config, tokens.claims());
    },
  };
}

function loggedIn(config: OidcConfig, claims: oidc.IDToken | undefined): LoggedIn {
  const acr = typeof claims?.['acr'] === 'string' ? claims['acr'] : undefined;
  if (!claims || (config.acrValues.length > 0 && !config.acrValues.includes(acr ?? ''))) {
    throw new Problem('unauthenticated', 'The log-in is not strong enough.', { code: 'acr' });
  }
  const time = claims['auth_time'];
  return {
    subject: claims.sub,
    claims,
    acr,
    authenticatedAt: typeof time === 'number' ? new Date(time * 1000) : undefined,
  };
}

function down(error: unknown): never {
  throw new Problem('busy', 'Logging in is temporarily not possible.', { cause: error });
}

function refused(error: unknown): never {
  if (error instanceof oidc.AuthorizationResponseError && error.error === 'access_denied') {
    throw new Problem('forbidden', 'The log-in was stopped.', { code: 'access_denied' });
  }
  if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ClientError) {
    throw new Problem('unauthenticated', 'The log-in did not succeed.', {
      code: 'login-failed',
      cause: error,
    });
  }
  return down(error);
}
