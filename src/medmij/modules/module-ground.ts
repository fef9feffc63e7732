/** What the codes and tokens of a module stand for, and the names that the design gives them. */
import type { Representative } from '../person-login.ts';

/** Verzamelen aanbiedertaken: the service under whose consent tasks are started. */
export const TASK_SERVICE = '9000104';

export const URN = {
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  requestUri: 'urn:ietf:params:oauth:request_uri:',
  exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  launchAcr: 'urn:medmij:oauth2:acr-value:launch-authorization',
  actorCode: 'urn:medmij:token-type:launch-authorization-code',
  launchCode: 'urn:medmij:token-type:launch-code',
} as const;

/** Lifetimes; the session as a whole ends whatever is refreshed. */
export const MODULE_SECONDS = {
  request: 90,
  cookie: 180,
  launch: 180,
  /** To read the question and answer it. */
  choice: 900,
  code: 60,
  refresh: 900,
  session: 10_800,
} as const;

/** Whose record, under which consent, for which module. */
export interface ModuleGround {
  readonly vault: string;
  /** Organisation id. */
  readonly aanbieder: string;
  readonly consent: string;
  readonly correlationId: string;
  readonly representative?: Representative;
  /** `client_id` of the PGO that starts, and of the module that is started. */
  readonly client: string;
  readonly module: string;
}

/** Step 1: pushed by the PGO. */
export interface LaunchRequest extends ModuleGround {
  readonly redirectUri: string;
  readonly state: string;
  readonly codeChallenge: string;
}

/** Step 6: what the module asked; the person answers for each kind of data. */
export interface ModuleChoice extends ModuleGround {
  readonly redirectUri: string;
  readonly state: string;
  readonly codeChallenge: string;
  /** What was asked and may be asked. */
  readonly scopes: readonly string[];
  /** Once it was answered: where the browser was sent. */
  readonly ledTo?: string;
}

/** A code for the module. */
export interface ModuleCode extends ModuleGround {
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly scope: string;
  /** Of the tokens that it gives: they end when it is offered a second time. */
  readonly tokens: string;
}

/** Step 7: what a refresh token goes on with. */
export interface ModuleSession extends ModuleGround {
  readonly scope: string;
  /** Milliseconds since 1970. */
  readonly started: number;
  /** In a spent refresh token: what was given for it, so that a lost answer comes again. */
  readonly next?: ModuleTokens;
}

export interface ModuleTokens {
  readonly access: { readonly token: string; readonly expiresIn: number; readonly id: string };
  readonly refresh: string;
}
