/** The room of consent with what it needs from the configuration: agreements, and the register. */
import { readFileSync } from 'node:fs';
import type { Ledger } from './audit/index.ts';
import type { Config } from './config.ts';
import { type Consent, createConsent } from './consent/index.ts';
import type { Clients, Organisations } from './identity/index.ts';
import {
  impossibleMemberships,
  type Policy,
  parseRegionAgreements,
  policyWith,
  standardPolicy,
} from './permission/index.ts';
import type { HouseParts } from './rooms.ts';
import type { Store } from './store/index.ts';

interface ConsentRooms {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly organisations: Organisations;
  readonly clients: Clients;
}

/** @throws Error that quotes agreements that contradict themselves or can never be. */
export async function furnishConsent(parts: HouseParts, rooms: ConsentRooms): Promise<Consent> {
  const { database, clock, keyring, config, log } = parts;
  const policy = await agreedPolicy(config.regionsFile, rooms.organisations);
  const sources = {
    clients: rooms.clients,
    ...whoWeAre(config),
    failed: (err: unknown) => log.warn({ err }, 'sources were not told that choices changed'),
  };
  return createConsent({
    ...rooms,
    database,
    clock,
    keyring,
    policy,
    sources,
    mitz: mitzOf(parts),
  });
}

/** The national register, when one is configured; what it finds wrong with us goes to the log. */
function mitzOf({ config, log }: HouseParts) {
  const { url, answerMsMax, certFile, keyFile, caFile } = config.mitz;
  if (url === undefined) return undefined;
  const read = (file: string | undefined) => file && readFileSync(file, 'utf8');
  const tls = { cert: read(certFile), key: read(keyFile), ca: read(caFile) };
  const given = Object.fromEntries(Object.entries(tls).filter(([, pem]) => pem !== undefined));
  return {
    settings: { url, answerMsMax, tls: given },
    notifyUrl: `${config.publicUrl}/regio/mitz`,
    wrong: (status: number) => log.error({ status }, 'the register refuses our question'),
  };
}

/**
 * What the regions agreed. @throws Error that quotes what contradicts itself or can never be: then
 * the gateway does not start.
 */
async function agreedPolicy(
  file: string | undefined,
  organisations: Pick<Organisations, 'all'>,
): Promise<Policy> {
  const policy =
    file === undefined
      ? standardPolicy()
      : policyWith(parseRegionAgreements(readFileSync(file, 'utf8'), file));
  const never = impossibleMemberships(await organisations.all(), policy.regions);
  if (never.length === 0) return policy;
  throw new Error(`The region agreements are refused:\n- ${never.join('\n- ')}`);
}

/** Our address, and our certificate where another party asks for one. */
export function whoWeAre({ publicUrl, medmij: { backChannel } }: Config) {
  const tls = backChannel.ca || backChannel.cert ? { tls: backChannel } : {};
  return { publicUrl, ...tls };
}
