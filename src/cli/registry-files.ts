/**
 * Files that name an organisation, a sending system or a partner (docs/integrators.md). All
 * mistakes are told at once: what is wrong in such a file shows otherwise only when a message is
 * refused.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { Client, ClientKind, Organisation } from '../identity/index.ts';
import {
  categoryOfType,
  impossibleMemberships,
  isUseCase,
  parseRegionAgreements,
  standardPolicy,
} from '../permission/index.ts';

const text = { type: 'string', minLength: 1, maxLength: 200 } as const;
const texts = { type: 'array', items: text, maxItems: 200 } as const;
const id = { type: 'string', pattern: '^[a-z0-9][a-z0-9.-]{1,62}$' } as const;
const uuid = { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' } as const;
const ura = { type: 'string', pattern: '^\\d{8}$' } as const;
const url = { type: 'string', pattern: '^https?://[^\\s]{1,400}$' } as const;
const date = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' } as const;

const KEY = {
  type: 'object',
  required: ['kty', 'kid'],
  properties: { kty: { enum: ['EC', 'RSA', 'OKP'] }, kid: text, d: false, k: false },
} as const;

const CLIENT = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'name'],
  oneOf: [{ required: ['organisationId'] }, { required: ['ura'] }],
  properties: {
    id,
    ...{ name: text, organisationId: uuid, ura, notificationBase: url, auditBase: url },
    status: { enum: ['active', 'suspended'] },
    keys: { type: 'array', items: KEY, maxItems: 20 },
    certificates: {
      type: 'array',
      items: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      maxItems: 20,
    },
    mllp: {
      type: 'array',
      maxItems: 50,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['application', 'facility'],
        properties: { application: text, facility: { type: 'string', maxLength: 200 } },
      },
    },
    ...{ scopes: texts, useCases: texts, services: texts, redirectUris: texts },
    ...{ overlay: id, choiceNotices: { type: 'boolean' } },
  },
} as const;

const ORGANISATION = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'ura', 'type'],
  properties: {
    ...{ id: uuid, name: text, ura, agb: { type: 'string', pattern: '^\\d{8}$' }, type: text },
    category: { enum: ['HA', 'APO', 'ZKH', 'LAB', 'VV', 'GGZ', 'OVZ', 'EU', 'RES', 'STORE'] },
    aanbieder: { type: 'string', pattern: '^[a-z0-9-]{1,63}$' },
    providerType: { enum: ['ZA', 'BAZB', 'APD'] },
    ...{ services: texts, aliases: texts, town: text },
    postcode: { type: 'string', pattern: '^\\d{4}[A-Z]{2}$' },
    regions: {
      type: 'array',
      maxItems: 50,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id'],
        properties: { id: text, from: date, until: date },
      },
    },
    connection: { enum: ['connected', 'not-connected'] },
    privacyOfficer: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: { name: text, email: { ...text, pattern: '^\\S+@\\S+$' }, phone: text },
    },
  },
} as const;

const ajv = new Ajv2020({
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allErrors: true,
});

/** What a client may ask when its file does not say. */
const SCOPES: Readonly<Record<ClientKind, readonly string[]>> = {
  sender: ['system/intake', 'system/*.read', 'system/*.rs'],
  partner: ['system/*.read', 'system/*.rs'],
  pgo: [],
  'auditor-app': [],
};

/**
 * @param status what it is when the file does not say: who is suspended stays so
 * @throws Error with all mistakes in the file, or when its organisation is not registered.
 */
export function clientIn(
  file: string,
  kind: ClientKind,
  organisations: readonly Organisation[],
  status: Client['status'] = 'active',
): Client {
  const found = checked<ClientFile>(file, CLIENT);
  const { ura: number, ...client } = found;
  const unknown = client.useCases?.filter((name) => !isUseCase(name)) ?? [];
  if (unknown.length > 0) {
    throw new Error(`${file}: useCases: there is no use case ${unknown.join(', ')}.`);
  }
  const holder = organisations.find((one) =>
    number === undefined ? one.id === client.organisationId : one.ura === number,
  );
  if (!holder) {
    throw new Error(
      `${file}: this organisation is not registered; see \`zorgsluis organisation list\`.`,
    );
  }
  const empty = { certificates: [], keys: [], mllp: [], services: [], redirectUris: [] };
  const scopes = SCOPES[kind];
  return { status, ...empty, scopes, ...client, organisationId: holder.id, kind };
}

/**
 * @param regionsFile agreements of the regions of this installation; absent: the examples
 * @throws Error with all mistakes in the file, for a type without a category, or for a region
 *   without an agreement: with such a member the gateway would not start again.
 */
export function organisationIn(file: string, regionsFile?: string): Organisation {
  const found = checked<OrganisationFile>(file, ORGANISATION);
  const category = found.category ?? categoryOfType(found.type);
  if (category === undefined) {
    throw new Error(`${file}: type ${found.type} has no category in the list; name a category.`);
  }
  const { regions } =
    regionsFile === undefined
      ? standardPolicy()
      : parseRegionAgreements(readFileSync(regionsFile, 'utf8'), regionsFile);
  const never = impossibleMemberships([{ regions: [], ...found }], regions);
  if (never.length > 0) {
    const known = Object.keys(regions).join(', ');
    throw new Error(`${file}:\n${never.map((one) => `  ${one}`).join('\n')}\n  known: ${known}`);
  }
  const empty = { services: [], regions: [], aliases: [], connection: 'connected' as const };
  return { id: randomUUID(), ...empty, ...found, category };
}

/**
 * One public key. @throws Error with what is wrong, never quoting the file: a private key may be in
 * it, or a secret that both sides would have.
 */
export function keyIn(file: string): Client['keys'][number] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch {
    throw new Error(
      `${file}: there is no such file, or it is no JWK (a JSON object with kty, kid).`,
    );
  }
  return meeting<Client['keys'][number]>(file, value, KEY);
}

type ClientFile = Partial<Client> & Pick<Client, 'id' | 'name'> & { readonly ura?: string };
type OrganisationFile = Partial<Organisation> & Pick<Organisation, 'name' | 'ura' | 'type'>;

function checked<Found>(file: string, schema: object): Found {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : 'not JSON'}`);
  }
  return meeting<Found>(file, value, schema);
}

function meeting<Found>(file: string, value: unknown, schema: object): Found {
  const validate = ajv.compile(schema);
  if (validate(value)) return value as Found;
  const mistakes = [...new Set((validate.errors ?? []).flatMap(mistake))];
  throw new Error(`${file}:\n${mistakes.map((one) => `  ${one}`).join('\n')}`);
}

function mistake({ instancePath, schemaPath, keyword, message, params }: ErrorObject): string[] {
  const at = instancePath === '' ? 'the file' : instancePath.slice(1).replaceAll('/', '.');
  const named = params as { additionalProperty?: string };
  // Which of the two it lacks is what oneOf says.
  if (schemaPath.startsWith('#/oneOf/')) return [];
  if (keyword === 'additionalProperties') return [`${at}: unknown key ${named.additionalProperty}`];
  if (keyword === 'oneOf') return [`${at}: needs organisationId or ura, one of them`];
  if (keyword === 'false schema') return [`${at}: this is a secret; give the public key`];
  return [`${at}: ${message ?? keyword}`];
}
