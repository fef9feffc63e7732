/**
 * The configuration of a gateway, read once from the environment. Every mistake is reported at
 * once; no secret stands in the environment itself but in files that it names.
 */
import { type MedmijSettings, readMedmijSettings } from './medmij/index.ts';
import type { DatabaseConfig } from './platform/database.ts';
import { Env, type Variables } from './platform/env.ts';

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly acrValues: readonly string[];
}

export interface MitzConfig {
  /** Absent: the national register is not asked. */
  readonly url: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly caFile: string | undefined;
  readonly answerMsMax: number;
  /** SHA-256 (hex) of the certificates that notifications come with. */
  readonly notifiers: readonly string[];
}

export interface Config {
  readonly production: boolean;
  readonly database: DatabaseConfig | undefined;
  readonly ownerUrl: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string;
  readonly dataDir: string;
  /** Sender files of this installation, before those that ship with the product. */
  readonly sendersDir: string | undefined;
  /** An independent witness of the ledger's signed heads. */
  readonly witness: { readonly url: string; readonly key?: string } | undefined;
  /** Staff, rosters and watched records for the detectors. */
  readonly reviewDir: string | undefined;
  /** FHIR packages or plain profiles to hold what comes in against, after the commit. */
  readonly profilesDir: string | undefined;
  /** Agreements of the regions of this installation, in the place of the examples. */
  readonly regionsFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly logLevel: string;
  readonly tls: {
    readonly port: number | undefined;
    readonly certFile: string | undefined;
    readonly keyFile: string | undefined;
    readonly clientCaFile: string | undefined;
    /** Revocation lists of the client authorities, PEM; read again when the file changes. */
    readonly clientCrlFile: string | undefined;
    readonly trustProxy: boolean;
    /** Addresses or ranges of the proxy whose Client-Cert header is believed. */
    readonly proxyAddresses: readonly string[];
  };
  readonly mllp: { readonly port: number | undefined; readonly tlsPort: number | undefined };
  readonly digid: OidcSettings;
  readonly staff: OidcSettings;
  readonly medmij: MedmijSettings;
  /** A partner without a client certificate of its own gets no token and no answer. */
  readonly partnerCertificateRequired: boolean;
  readonly mitz: MitzConfig;
  readonly limits: { readonly requestsPerMinuteMax: number; readonly stopMsMax: number };
}

/**
 * @param demo the stand-ins and the embedded database may be used.
 * @throws Error that lists all mistakes.
 */
export function readConfig(variables: Variables, options: { demo: boolean }): Config {
  const env = new Env(variables);
  const { demo } = options;
  const port = env.integer('PORT', { default: 8080, min: 0, max: 65_535 });
  const host = env.text('HOST', { default: '127.0.0.1' });
  const publicUrl = env.url('PUBLIC_URL', demo ? { default: `http://127.0.0.1:${port}` } : {});
  const databaseUrl = env.optional('DATABASE_URL');
  env.require(demo || databaseUrl !== undefined, 'DATABASE_URL is required');
  env.require(demo || env.optional('KEY_FILE') !== undefined, 'KEY_FILE is required');
  env.require(
    demo || !publicUrl.startsWith('http:'),
    'PUBLIC_URL must start with https: patients log in here',
  );
  const config: Config = {
    production: !demo,
    database: databaseUrl === undefined ? undefined : databaseConfig(env, databaseUrl),
    ownerUrl: env.optional('DATABASE_OWNER_URL'),
    host,
    port,
    publicUrl,
    dataDir: env.text('DATA_DIR', { default: demo ? '.data/demo' : '.data/gateway' }),
    keyFile: env.file('KEY_FILE'),
    regionsFile: env.file('REGIONS_FILE'),
    sendersDir: env.optional('SENDERS_DIR'),
    reviewDir: env.optional('REVIEW_DIR'),
    witness: witnessSettings(env),
    profilesDir: env.optional('PROFILES_DIR'),
    logLevel: env.oneOf('LOG_LEVEL', ['fatal', 'error', 'warn', 'info', 'debug', 'silent'], {
      default: demo ? 'warn' : 'info',
    }),
    tls: tlsSettings(env, demo),
    mllp: {
      port: optionalPort(env, 'MLLP_PORT', demo ? 2575 : undefined),
      tlsPort: optionalPort(env, 'MLLP_TLS_PORT', demo ? 2576 : undefined),
    },
    digid: oidcSettings(env, 'DIGID', demo),
    staff: oidcSettings(env, 'STAFF', demo),
    medmij: readMedmijSettings(env, { demo }),
    partnerCertificateRequired: env.flag('PARTNER_CERTIFICATE_REQUIRED', { default: !demo }),
    mitz: mitzConfig(env, demo),
    limits: {
      requestsPerMinuteMax: env.integer('REQUESTS_PER_MINUTE_MAX', {
        default: 6_000,
        min: 1,
        max: 10_000_000,
      }),
      stopMsMax: env.integer('STOP_MS_MAX', { default: 8_000, min: 100, max: 60_000 }),
    },
  };
  env.require(
    demo || config.mllp.port === undefined,
    'MLLP_PORT is a line without TLS: it is for the demo only, use MLLP_TLS_PORT',
  );
  checkLines(env, config);
  env.throwIfInvalid();
  return config;
}

function witnessSettings(env: Env): Config['witness'] {
  const url = env.optional('WITNESS_URL');
  const key = env.optional('WITNESS_KEY');
  env.require(key === undefined || url !== undefined, 'WITNESS_KEY needs WITNESS_URL');
  return url === undefined ? undefined : { url, ...(key === undefined ? {} : { key }) };
}

/** A line that would be silently closed, or open to anybody, is a mistake. */
function checkLines(env: Env, { production, tls, mllp, digid, staff }: Config): void {
  const hasTls = tls.certFile !== undefined;
  env.require(
    !production || hasTls || tls.port === undefined,
    'TLS_PORT needs TLS_CERT_FILE and TLS_KEY_FILE',
  );
  env.require(
    !production || mllp.tlsPort === undefined || (hasTls && tls.clientCaFile !== undefined),
    'MLLP_TLS_PORT needs TLS_CERT_FILE, TLS_KEY_FILE and CLIENT_CA_FILE',
  );
  for (const [name, { issuer }] of [
    ['DIGID', digid],
    ['STAFF', staff],
  ] as const) {
    env.require(
      !production || issuer === '' || issuer.startsWith('https:'),
      `${name}_ISSUER must start with https:`,
    );
  }
}

/** The database settings for a URL: the one of the configuration, or of the embedded server. */
export function databaseConfig(env: Env, url: string): DatabaseConfig {
  return {
    url,
    poolSizeMax: env.integer('DATABASE_POOL_SIZE_MAX', { default: 12, min: 2, max: 200 }),
    statementMsMax: env.integer('DATABASE_STATEMENT_MS_MAX', {
      default: 15_000,
      min: 100,
      max: 600_000,
    }),
    namedStatements: env.flag('DATABASE_NAMED_STATEMENTS', { default: true }),
  };
}

function tlsSettings(env: Env, demo: boolean): Config['tls'] {
  const certFile = env.file('TLS_CERT_FILE');
  const keyFile = env.file('TLS_KEY_FILE');
  env.require(
    (certFile === undefined) === (keyFile === undefined),
    'TLS_CERT_FILE and TLS_KEY_FILE belong together',
  );
  const trustProxy = env.flag('TRUST_PROXY', { default: false });
  env.require(
    demo || trustProxy || certFile !== undefined,
    'TLS_CERT_FILE and TLS_KEY_FILE are required unless TRUST_PROXY is true',
  );
  const clientCaFile = env.file('CLIENT_CA_FILE');
  const clientCrlFile = env.file('CLIENT_CRL_FILE');
  env.require(
    clientCrlFile === undefined || clientCaFile !== undefined,
    'CLIENT_CRL_FILE needs CLIENT_CA_FILE: a list counts when its authority signed it',
  );
  return {
    port: optionalPort(env, 'TLS_PORT', demo ? 8443 : undefined),
    certFile,
    keyFile,
    clientCaFile,
    clientCrlFile,
    trustProxy,
    proxyAddresses: (env.optional('PROXY_ADDRESSES') ?? '').split(/[ ,]+/).filter(Boolean),
  };
}

function mitzConfig(env: Env, demo: boolean): MitzConfig {
  const url = env.optional('MITZ_URL');
  const notifiers = (env.optional('MITZ_NOTIFIER_CERTIFICATES') ?? '')
    .split(/[ ,]+/)
    .filter(Boolean)
    .map((one) => one.replaceAll(':', '').toLowerCase());
  const certFile = env.file('MITZ_CERT_FILE');
  const keyFile = env.file('MITZ_KEY_FILE');
  env.require(
    demo || url === undefined || (url.startsWith('https:') && certFile !== undefined),
    'MITZ_URL must start with https: and needs MITZ_CERT_FILE and MITZ_KEY_FILE',
  );
  env.require(
    (certFile === undefined) === (keyFile === undefined),
    'MITZ_CERT_FILE and MITZ_KEY_FILE belong together',
  );
  env.require(
    demo || url === undefined || notifiers.length > 0,
    'MITZ_NOTIFIER_CERTIFICATES is required with MITZ_URL: who may bring notifications?',
  );
  return {
    ...{ url, certFile, keyFile, notifiers },
    caFile: env.file('MITZ_CA_FILE'),
    answerMsMax: env.integer('MITZ_ANSWER_MS_MAX', { default: 2_000, min: 100, max: 10_000 }),
  };
}

function optionalPort(env: Env, name: string, fallback: number | undefined): number | undefined {
  if (env.optional(name) === 'off') return undefined;
  if (env.optional(name) === undefined) return fallback;
  return env.integer(name, { default: 0, min: 0, max: 65_535 });
}

/**
 * In the demo the issuer is known only once the stand-in listens; an empty text stands for that.
 */
function oidcSettings(env: Env, name: string, demo: boolean): OidcSettings {
  return {
    issuer: demo ? (env.optional(`${name}_ISSUER`) ?? '') : env.url(`${name}_ISSUER`),
    clientId: env.text(`${name}_CLIENT_ID`, { default: 'zorgsluis' }),
    clientSecret: env.optional(`${name}_CLIENT_SECRET`),
    acrValues: (env.optional(`${name}_ACR`) ?? '').split(' ').filter((value) => value !== ''),
  };
}
