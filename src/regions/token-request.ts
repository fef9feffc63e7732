/**
 * The token endpoint for systems: SMART Backend Services, client credentials with private_key_jwt.
 * Purpose, acting professional and emergency stand in the signed assertion, in the form of UDAP's
 * `hl7-b2b` extension; never in the URL. regional-exchange.md 4.3, consent.md section 9.
 */
import type { IncomingMessage } from 'node:http';
import type { JWTPayload } from 'jose';
import {
  ASSERTION_TYPE,
  type Client,
  type Clients,
  type TokenClaims,
  type Tokens,
  type VerifiedClient,
  verifyClientAssertion,
} from '../identity/index.ts';
import { isUseCase } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { type BindingParts, bindingFor } from './certificate-binding.ts';
import { LOG_SCOPE } from './log-partner.ts';

export interface TokenRequestParts extends BindingParts {
  readonly sql: Sql;
  readonly clients: Clients;
  readonly tokens: Tokens;
  readonly clock: Clock;
  /** URL of this endpoint as clients know it: the only audience accepted. */
  readonly endpoint: string;
  /** @throws Problem `throttled` when this user had all emergencies of a shift. */
  readonly requireEmergencyRoom?: (organisation: string, user: string) => Promise<void>;
}

export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: string;
}

const PURPOSES = new Set(['TREAT', 'ETREAT', 'COC', 'HRESCH', 'HOPERAT', 'PUBHLTH']);
const REASON_LENGTH_MIN = 10;
const REASON_LENGTH_MAX = 1_000;
const CLAIM_LENGTH_MAX = 128;

export interface IssuedToken {
  readonly answer: TokenAnswer;
  /** What was granted, for the ledger. */
  readonly claims: TokenClaims;
  readonly id: string;
}

/**
 * @param writeDown keeps what was issued; nothing is told before it is done.
 * @returns the answer. Who is told to come back later may show the same assertion once more.
 * @throws Problem `unauthenticated` (invalid_client), `invalid` (OAuth error in its code), `busy`.
 */
export async function tokenRequest(
  parts: TokenRequestParts,
  form: Readonly<Record<string, string | undefined>>,
  raw: IncomingMessage,
  writeDown: (issued: IssuedToken) => Promise<unknown>,
): Promise<TokenAnswer> {
  if (form['grant_type'] !== 'client_credentials') {
    throw new Problem('invalid', 'Only the grant client_credentials is supported here.', {
      code: 'unsupported_grant_type',
    });
  }
  if (form['client_assertion_type'] !== ASSERTION_TYPE || !form['client_assertion']) {
    throw new Problem('unauthenticated', 'The client could not be authenticated.', {
      code: 'invalid_client',
    });
  }
  const verified = await verifyClientAssertion(parts, form['client_assertion'], {
    kinds: ['partner', 'sender'],
    audiences: [parts.endpoint],
  });
  try {
    const issued = await issue(parts, verified, form['scope'], raw);
    await writeDown(issued);
    return issued.answer;
  } catch (error) {
    const { kind } = Problem.from(error);
    // Where this fails too, a new assertion is needed, as SMART Backend Services asks anyway.
    if (kind === 'busy' || kind === 'throttled') await verified.giveBack().catch(() => undefined);
    throw error;
  }
}

async function issue(
  parts: TokenRequestParts,
  { client, claims }: VerifiedClient,
  asked: string | undefined,
  raw: IncomingMessage,
): Promise<IssuedToken> {
  const scope = grantedScope(client, asked);
  const granted =
    client.kind === 'sender'
      ? forSender(client, scope)
      : boundTo(bindingFor(parts, raw, client), forPartner(client, scope, claims));
  if (granted.kind === 'partner' && granted.emergency) {
    await parts.requireEmergencyRoom?.(granted.organisation, granted.person ?? client.id);
  }
  const issued = await parts.tokens.issue(parts.sql, granted, { seconds: 300 });
  return {
    answer: {
      access_token: issued.token,
      token_type: 'Bearer',
      expires_in: issued.expiresIn,
      scope,
    },
    claims: granted,
    id: issued.id,
  };
}

/** What was asked and is allowed; nothing asked means everything that is allowed. */
function grantedScope(client: Client, asked: string | undefined): string {
  const wanted = asked?.split(' ').filter((one) => one !== '') ?? [];
  const granted =
    wanted.length === 0 ? client.scopes : wanted.filter((one) => client.scopes.includes(one));
  if (granted.length === 0) {
    throw new Problem('invalid', 'None of these scopes is granted.', { code: 'invalid_scope' });
  }
  return granted.join(' ');
}

function forSender(client: Client, scope: string): TokenClaims {
  return { kind: 'sender', client: client.id, organisation: organisationOf(client), scope };
}

type PartnerClaims = Extract<TokenClaims, { kind: 'partner' }>;

function boundTo(cnf: PartnerClaims['cnf'], claims: PartnerClaims): PartnerClaims {
  return cnf === undefined ? claims : { ...claims, cnf };
}

function forPartner(client: Client, scope: string, claims: JWTPayload): PartnerClaims {
  const extensions = claims['extensions'];
  const all = isRecord(extensions) ? extensions['hl7-b2b'] : undefined;
  const said = isRecord(all) ? all : {};
  const purposes = [said['purpose_of_use']].flat();
  const purpose = purposes.length === 1 ? purposes[0] : undefined;
  // For the person's own question only, and such a token opens nothing but the log.
  const isOwn = purpose === 'PATRQT' && scope.split(' ').every((one) => LOG_SCOPE.test(one));
  if (typeof purpose !== 'string' || !(isOwn || PURPOSES.has(purpose))) {
    throw invalid('The assertion must state one known purpose_of_use.');
  }
  const emergency = purpose === 'ETREAT' ? emergencyOf(said['emergency']) : undefined;
  const declared = declaredOf(said['care_relation']);
  if (emergency || declared.declaredRelation !== undefined) requireNamed(said);
  return {
    kind: 'partner',
    client: client.id,
    organisation: organisationOf(client),
    scope,
    purpose,
    ...optional('person', said['subject_id']),
    ...optional('role', said['subject_role']),
    ...optional('department', said['subject_department']),
    ...optional('region', said['region']),
    ...optional('task', said['task']),
    ...declared,
    ...useCaseOf(client, said['use_case']),
    ...(emergency ? { emergency } : {}),
  };
}

/**
 * What a professional answers for afterwards has to name that professional, in which role: a system
 * neither judges an emergency nor knows whom it treats (NEN 7513 UserID and RoleIDCode).
 */
function requireNamed(said: Readonly<Record<string, unknown>>): void {
  for (const name of ['subject_id', 'subject_role']) {
    const text = said[name];
    if (typeof text === 'string' && text.trim() !== '') continue;
    throw new Problem('invalid', `This needs the professional by name: claim ${name}.`, {
      code: 'invalid_request',
      expression: [`extensions.hl7-b2b.${name}`],
    });
  }
}

/** A care relation in the words of the professional: a declaration without a reason is none. */
function declaredOf(said: unknown): { declaredRelation?: string } {
  if (said === undefined) return {};
  const reason = isRecord(said) ? said['reason'] : undefined;
  if (!isTyped(reason)) {
    throw new Problem('unprocessable', 'A declared care relation needs a typed reason.', {
      code: 'reason-required',
    });
  }
  return { declaredRelation: reason.trim() };
}

/** A client that was onboarded for use cases asks in one of them. */
function useCaseOf({ useCases }: Client, said: unknown): { useCase?: string } {
  if (said === undefined && (useCases ?? []).length === 0) return {};
  const known = typeof said === 'string' && isUseCase(said);
  if (!known || (useCases !== undefined && !useCases.includes(said))) {
    throw invalid('The assertion must state a use_case that was agreed.');
  }
  return { useCase: said };
}

/** The typed reason is asked for before anything looks at a patient's choices. */
function emergencyOf(said: unknown): NonNullable<PartnerClaims['emergency']> {
  const claim = isRecord(said) ? said : {};
  const { level, reason } = claim;
  if (!isTyped(reason)) {
    throw new Problem('unprocessable', 'Emergency access needs a typed reason.', {
      code: 'reason-required',
    });
  }
  if (level !== 'urgent' && level !== 'vital') throw invalid('emergency.level: urgent or vital.');
  const code = claim['reason_code'];
  return {
    level,
    patientIncapable: claim['patient_incapable'] === true,
    reasonCode: typeof code === 'string' ? code.slice(0, CLAIM_LENGTH_MAX) : 'unspecified',
    reason: reason.trim(),
  };
}

/** Words that somebody typed, from 10 to 1,000 characters: not a single key held down. */
export function isTyped(reason: unknown): reason is string {
  return (
    typeof reason === 'string' &&
    reason.trim().length >= REASON_LENGTH_MIN &&
    reason.length <= REASON_LENGTH_MAX &&
    new Set(reason.toLowerCase().replace(/\s/g, '')).size >= 4
  );
}

function optional<const K extends string>(name: K, value: unknown): { [key in K]?: string } {
  if (value === undefined) return {};
  if (typeof value !== 'string' || value.length > CLAIM_LENGTH_MAX) throw invalid(`Claim ${name}.`);
  return { [name]: value } as { [key in K]?: string };
}

function organisationOf(client: Client): string {
  if (client.organisationId === undefined) {
    throw new Problem('unauthenticated', 'The client could not be authenticated.', {
      code: 'invalid_client',
    });
  }
  return client.organisationId;
}

const invalid = (text: string): Problem =>
  new Problem('invalid', text, { code: 'invalid_request' });

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
