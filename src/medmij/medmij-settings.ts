/** What an operator may set for the MedMij room; every choice that the facts leave open is here. */
import { readFileSync } from 'node:fs';
import type { Env } from '../platform/env.ts';
import { isHostname } from './lists/list-shape.ts';
import { type ModuleClient, readModuleClients } from './modules/module-client.ts';

export interface MedmijSettings {
  /** Shown on fault pages. */
  readonly dvaName: string;
  readonly dvaPhone: string;
  /** False only in the demo: then a PGO on the loopback address may come without a certificate. */
  readonly requireClientCertificate: boolean;
  readonly codeSeconds: number;
  /** A spent refresh token is answered again within this time; 0 makes every repeat a replay. */
  readonly refreshRetrySeconds: number;
  /** Whether the 1.5 form of collecting (`naam~id naam~id`) is taken beside the name alone. */
  readonly scopeCombinations: boolean;
  /** How the token answer names what was granted: ids, or `naam~id` combinations. */
  readonly tokenScope: 'ids' | 'combinations';
  /** What a missing scope is called. */
  readonly missingScope: 'invalid_scope' | 'invalid_request';
  /** A token request whose X-Correlation-ID differs from that of the authorization request. */
  readonly correlationMismatch: 'accept' | 'refuse';
  /**
   * Hostnames of apps that speak the dialect of the ministry's PGO: they refresh with
   * `refresh_code`, and need a refresh token in every answer. docs/decisions/1010.
   */
  readonly mgoClients: ReadonlySet<string>;
  /** Adds `iss` (RFC 9207) to the answer in the browser. */
  readonly issInAnswer: boolean;
  /** A resource answer that takes longer becomes 504; MedMij allows 60 s. */
  readonly resourceMsMax: number;
  /** Longest subscription when the ZAL does not say it; 0 turns subscriptions off. */
  readonly subscriptionDaysMax: number;
  readonly notifySeconds: number;
  /** InterfaceversieIds of the ZAL that are served here; entries of others count as absent. */
  readonly interfaceVersions: readonly string[];
  /** Modules of providers that a PGO may start; none turns the draft off. */
  readonly modules: readonly ModuleClient[];
  /** System role codes by GegevensdienstId, in the place of those of our own catalogue. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
  readonly lists: {
    readonly url: string | undefined;
    readonly refreshSeconds: number;
    readonly alarmSeconds: number;
    readonly trustSeconds: number;
    /** True only outside production: addresses without TLS or with a port are taken too. */
    readonly plainHttp: boolean;
  };
  readonly chain: {
    readonly url: string | undefined;
    readonly everySeconds: number;
    readonly batchBytesMax: number;
  };
  /** PEM: who we are on the back channel, and whom we trust there. */
  readonly backChannel: { readonly cert?: string; readonly key?: string; readonly ca?: string };
}

const BATCH_BYTES_MAX = 62_914_560;

/** Reads the room's part of the environment; mistakes are gathered in `env`. */
export function readMedmijSettings(env: Env, { demo }: { demo: boolean }): MedmijSettings {
  const number = (name: string, start: number, min: number, max: number) =>
    env.integer(name, { default: start, min, max });
  return {
    dvaName: env.text('DVA_NAME', { default: 'Zorgsluis' }),
    dvaPhone: env.text('DVA_PHONE', demo ? { default: '088 000 00 00 (demo)' } : {}),
    requireClientCertificate: !demo || env.flag('MEDMIJ_REQUIRE_CERTIFICATE', { default: false }),
    codeSeconds: number('MEDMIJ_CODE_SECONDS', 60, 10, 900),
    refreshRetrySeconds: number('MEDMIJ_REFRESH_RETRY_SECONDS', 30, 0, 300),
    scopeCombinations: env.flag('MEDMIJ_SCOPE_COMBINATIONS', { default: true }),
    tokenScope: env.oneOf('MEDMIJ_TOKEN_SCOPE', ['ids', 'combinations'], { default: 'ids' }),
    missingScope: env.oneOf('MEDMIJ_MISSING_SCOPE', ['invalid_scope', 'invalid_request'], {
      default: 'invalid_request',
    }),
    correlationMismatch: env.oneOf('MEDMIJ_CORRELATION_MISMATCH', ['accept', 'refuse'], {
      default: 'accept',
    }),
    mgoClients: hostnames(env, 'MEDMIJ_MGO_CLIENTS'),
    issInAnswer: env.flag('MEDMIJ_ISS_IN_ANSWER', { default: false }),
    resourceMsMax: number('MEDMIJ_RESOURCE_MS_MAX', 55_000, 100, 60_000),
    subscriptionDaysMax: number('MEDMIJ_SUBSCRIPTION_DAYS_MAX', 365, 0, 3_650),
    notifySeconds: number('MEDMIJ_NOTIFY_SECONDS', 5, 1, 1_800),
    interfaceVersions: (env.optional('MEDMIJ_INTERFACE_VERSIONS') ?? '2')
      .split(',')
      .map((version) => version.trim()),
    modules: modulesIn(env),
    roles: rolesIn(env),
    lists: {
      url: env.optional('MEDMIJ_LISTS_URL')?.replace(/(?<!\/)\/+$/, ''),
      refreshSeconds: number('MEDMIJ_LISTS_REFRESH_SECONDS', 600, 1, 900),
      alarmSeconds: number('MEDMIJ_LISTS_ALARM_SECONDS', 3_600, 60, 86_400),
      trustSeconds: number('MEDMIJ_LISTS_TRUST_SECONDS', 86_400, 60, 604_800),
      plainHttp: demo,
    },
    chain: {
      url: env.optional('MEDMIJ_CHAIN_LOG_URL'),
      everySeconds: number('MEDMIJ_CHAIN_LOG_SECONDS', 60, 1, 3_600),
      batchBytesMax: number('MEDMIJ_CHAIN_LOG_BYTES_MAX', BATCH_BYTES_MAX, 1_000, BATCH_BYTES_MAX),
    },
    backChannel: {
      ...pem(env, 'cert', 'MEDMIJ_CLIENT_CERT_FILE'),
      ...pem(env, 'key', 'MEDMIJ_CLIENT_KEY_FILE'),
      ...pem(env, 'ca', 'MEDMIJ_CA_FILE'),
    },
  };
}

function hostnames(env: Env, name: string): ReadonlySet<string> {
  const listed = (env.optional(name) ?? '').split(',').map((one) => one.trim());
  const given = listed.filter((one) => one !== '');
  env.require(given.every(isHostname), `${name} must be hostnames with a comma between them`);
  return new Set(given);
}

function modulesIn(env: Env): readonly ModuleClient[] {
  const path = env.file('MEDMIJ_MODULES_FILE');
  if (path === undefined) return [];
  try {
    return readModuleClients(path);
  } catch (error) {
    const place = error instanceof Error && error.message.startsWith('module ');
    const why = place ? `: ${error.message}` : '';
    env.require(false, `MEDMIJ_MODULES_FILE is not a list of modules (docs/medmij.md)${why}`);
    return [];
  }
}

/** `{"54": ["CODE", …]}`: codes that the public catalogue does not tell, or tells anew. */
function rolesIn(env: Env): ReadonlyMap<string, readonly string[]> {
  const path = env.file('MEDMIJ_ROLES_FILE');
  if (path === undefined) return new Map();
  try {
    const rows = Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>);
    const isRoles = (codes: unknown): codes is string[] =>
      Array.isArray(codes) && codes.every((one) => typeof one === 'string' && ROLE.test(one));
    const roles = rows.flatMap(([id, codes]) => (isRoles(codes) ? [[id, codes] as const] : []));
    if (roles.length === rows.length) return new Map(roles);
  } catch {
    // Told below, as for any other shape that does not fit.
  }
  env.require(false, 'MEDMIJ_ROLES_FILE is not a list of codes by service (docs/medmij.md)');
  return new Map();
}

/** Systeemrolcode of the schema of the ZAL: 1 to 30 characters. */
const ROLE = /^[\w./-]{1,30}$/;

function pem<K extends string>(env: Env, key: K, name: string): { [P in K]?: string } {
  const path = env.file(name);
  return (path === undefined ? {} : { [key]: readFileSync(path, 'utf8') }) as { [P in K]?: string };
}
