/**
 * `zorgsluis token`: a bearer token of 900 s for a running demo, for whoever wants to try by hand.
 * It goes past the log-in on purpose, so it works with demo keys only.
 */
import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { availabilityOf, personByBsn } from '../consent/index.ts';
import {
  createClients,
  createOrganisations,
  createSealedState,
  createTokens,
  type Organisations,
  type TokenClaims,
} from '../identity/index.ts';
import { systemClock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { isTyped } from '../regions/index.ts';
import { createStore, type Store } from '../store/index.ts';
import { openForCommand } from './command-database.ts';

const OPTIONS = {
  url: { type: 'string' },
  medmij: { type: 'boolean' },
  bsn: { type: 'string' },
  patient: { type: 'string' },
  aanbieder: { type: 'string' },
  services: { type: 'string' },
  partner: { type: 'string' },
  purpose: { type: 'string' },
  role: { type: 'string' },
  user: { type: 'string' },
  region: { type: 'string' },
  reason: { type: 'string' },
  department: { type: 'string' },
  level: { type: 'string' },
  sender: { type: 'string' },
  auditor: { type: 'string' },
  from: { type: 'string' },
  until: { type: 'string' },
  ends: { type: 'string' },
} as const;

export const TOKEN_USAGE = `token --medmij --bsn BSN --aanbieder NAME [--services 48,51]
token --medmij --patient FHIR-ID --aanbieder NAME
token --partner ID [--purpose TREAT] [--role CODE] [--user ID] [--department NAME] [--region ID]
    [--patient BSN] [--reason TEXT --level urgent|vital]        with a reason: an emergency
token --sender ID
token --auditor ORG [--reason TEXT] [--from T] [--until T] [--ends T]
`;

type Values = { [name in keyof typeof OPTIONS]?: string | boolean };

interface Parts {
  readonly database: Database;
  readonly store: Store;
  readonly organisations: Organisations;
  readonly clients: ReturnType<typeof createClients>;
}

export const tokenCommand: Command = async ({ args, variables, out }) => {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const { database, keyring, close } = openForCommand(variables);
  try {
    if (!keyring.demo) throw new Error('Tokens are made by hand in the demo only.');
    const parts: Parts = {
      database,
      store: createStore({ keyring, clock: systemClock }),
      organisations: createOrganisations(database),
      clients: createClients(database),
    };
    const state = createSealedState(systemClock, keyring.hmac('identity/state'));
    const tokens = createTokens(database, state, systemClock);
    const { token } = await tokens.issue(database, await claimsOf(parts, values));
    out(`${token}\n`);
    return 0;
  } finally {
    await close();
  }
};

async function claimsOf(parts: Parts, values: Values): Promise<TokenClaims> {
  if (values.medmij) return medmijClaims(parts, values);
  if (values.partner) return partnerClaims(parts, values);
  if (values.sender) {
    const client = await parts.clients.byId(String(values.sender));
    if (client?.kind !== 'sender') throw new Error('There is no such sender.');
    const organisation = client.organisationId ?? '';
    return { kind: 'sender', client: client.id, organisation, scope: client.scopes.join(' ') };
  }
  if (values.auditor) {
    const organisation = await organisationOf(parts, String(values.auditor));
    return {
      kind: 'auditor',
      client: 'command-line',
      organisation: organisation.id,
      subject: 'command-line',
      role: 'auditor',
      ...(typeof values.reason === 'string' ? { reason: values.reason } : {}),
      ...periodOf(values),
    };
  }
  throw new Error(TOKEN_USAGE.trimEnd());
}

/** The period that an auditor is asked in for: `--from`, `--until` and `--ends`, each a moment. */
function periodOf(values: Values): Record<string, string> {
  const names = ['from', 'until', 'ends'] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = values[name];
      if (typeof text !== 'string') return [];
      const moment = new Date(text);
      if (Number.isNaN(moment.getTime()))
        throw new Error(`--${name} has to be a date or a moment.`);
      return [[name, moment.toISOString()]];
    }),
  );
}

async function medmijClaims(parts: Parts, values: Values): Promise<TokenClaims> {
  const aanbieder = await organisationOf(parts, String(values.aanbieder ?? ''));
  const vault = await vaultOf(parts, values, aanbieder.id);
  const services = values.services ? String(values.services).split(',') : aanbieder.services;
  return {
    kind: 'medmij',
    client: 'pgo.demo.example',
    vault,
    aanbieder: aanbieder.id,
    services,
    consent: '00000000-0000-4000-8000-00000000c11e',
    correlationId: crypto.randomUUID(),
  };
}

async function vaultOf(parts: Parts, values: Values, aanbieder: string): Promise<string> {
  if (typeof values.bsn === 'string') {
    const asked = { bsn: values.bsn, aanbieder, at: new Date() };
    const found = await availabilityOf(parts.store, parts.database, asked);
    if (found.vault === undefined) throw new Error('Nobody is known by this number.');
    return found.vault;
  }
  const id = String(values.patient ?? '');
  const place = await parts.store.place(parts.database, { type: 'Patient', id });
  if (!place) throw new Error('There is no such Patient.');
  return place.vault;
}

async function partnerClaims(parts: Parts, values: Values): Promise<TokenClaims> {
  const client = await parts.clients.byId(String(values.partner));
  if (client?.kind !== 'partner') throw new Error('There is no such partner.');
  const optional = (name: string, value: string | boolean | undefined) =>
    typeof value === 'string' ? { [name]: value } : {};
  const vault =
    typeof values.patient === 'string'
      ? await personByBsn(parts.store, parts.database, values.patient)
      : undefined;
  return {
    kind: 'partner',
    client: client.id,
    organisation: client.organisationId ?? '',
    scope: client.scopes.join(' '),
    purpose: String(values.purpose ?? 'TREAT'),
    ...(vault === undefined ? {} : { vault }),
    // Nobody asks in an emergency without a name; here it is that of this command.
    ...optional(
      'person',
      values.user ?? (values.reason === undefined ? undefined : 'command-line'),
    ),
    ...optional('role', values.role),
    ...optional('region', values.region),
    ...optional('department', values.department),
    ...emergencyOf(values),
  };
}

/** The same words as at the door, and what only goes with them. */
function emergencyOf({ reason, level = 'urgent' }: Values) {
  if (reason === undefined) return {};
  if (!isTyped(reason)) {
    throw new Error('--reason has to be typed words, of at least 10 characters.');
  }
  if (level !== 'urgent' && level !== 'vital') throw new Error('--level is urgent or vital.');
  const isVital = level === 'vital';
  return {
    emergency: {
      level: isVital ? ('vital' as const) : ('urgent' as const),
      patientIncapable: isVital,
      reasonCode: 'unspecified',
      reason: reason.trim(),
    },
  };
}

/** By MedMij name, URA or id. */
async function organisationOf(parts: Parts, name: string) {
  const found =
    (await parts.organisations.byAanbieder(name.replace(/@medmij$/, ''))) ??
    (await parts.organisations.byUra(name)) ??
    (await parts.organisations.byId(name));
  if (!found) throw new Error('There is no such organisation.');
  return found;
}
