/** Research bodies of a test: organisations of category RES, and tokens for their clients. */
import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LightMyRequestResponse } from 'fastify';
import type { NewRule } from '../../src/consent/choice.ts';
import type { Organisation } from '../../src/identity/index.ts';
import { clientOf, type Gateway, PUBLIC_URL } from './gateway.ts';

const study = (id: number, name: string): Organisation => ({
  id: `00000000-0000-4000-8000-0000000000${id}`,
  ura: `900090${id}`,
  name,
  type: 'R5',
  category: 'RES',
  services: [],
  regions: [{ id: 'noord' }],
  aliases: [],
  connection: 'connected',
});

export const HEART_STUDY = study(81, 'Onderzoek Hart');
export const LUNG_STUDY = study(82, 'Onderzoek Long');

/** Registers both, each with a client of its own. */
export async function addStudies({ rooms }: Gateway): Promise<void> {
  for (const one of [HEART_STUDY, LUNG_STUDY]) {
    await rooms.organisations.put(rooms.database, one);
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const client = { id: clientIdOf(one), kind: 'partner', organisationId: one.id } as const;
    await rooms.clients.put(rooms.database, clientOf(client, publicKey.export({ format: 'jwk' })));
  }
}

const clientIdOf = ({ ura }: Organisation): string => `partner-${ura}`;

/** A token of a client of the organisation, for one purpose. */
export async function tokenOf(
  { rooms }: Gateway,
  organisation: Organisation,
  purpose = 'HRESCH',
  more: { readonly region?: string; readonly client?: string } = {},
): Promise<string> {
  const { region, client = clientIdOf(organisation) } = more;
  const claims = {
    ...{ kind: 'partner' as const, client, organisation: organisation.id, purpose },
    ...{ scope: 'system/*.rs', person: 'onderzoeker-1', role: '01.000' },
    ...(region === undefined ? {} : { region }),
  };
  return (await rooms.tokens.issue(rooms.database, claims, { seconds: 900 })).token;
}

/** A permission for research: of one study, or of all. */
export const toResearch = (of?: Organisation, more: Partial<NewRule> = {}): NewRule => ({
  type: 'permit',
  holder: { level: 'any' },
  recipient: of ? { level: 'org', value: of.id } : { level: 'cat', value: 'RES' },
  data: { level: 'all' },
  purpose: ['HRESCH'],
  ...more,
});

export interface StudyFiles {
  readonly job: string;
  readonly manifest: {
    readonly output: readonly { type: string; url: string; count: number }[];
    readonly extension: { readonly 'urn:zorgsluis:study-run': StudyRunTold };
  };
  /** The text of each file by type. */
  readonly files: Readonly<Record<string, string>>;
}

export interface StudyRunTold {
  readonly people: number;
  readonly epochs: string;
  readonly removed: readonly string[];
}

/** Where a job is asked about. */
export const pathOf = (url: unknown): string => String(url).slice(PUBLIC_URL.length);

export async function kickOff(
  gateway: Gateway,
  token: string,
  query = '',
): Promise<LightMyRequestResponse> {
  const headers = { prefer: 'respond-async', accept: 'application/fhir+json' };
  return gateway.ask(`/fhir/r4/$export${query}`, { token, headers });
}

export async function finished(
  gateway: Gateway,
  token: string,
  job: string,
): Promise<LightMyRequestResponse> {
  for (let attempt = 0; attempt < 1_500; attempt += 1) {
    const answer = await gateway.ask(job, { token });
    if (answer.statusCode !== 202) return answer;
    await sleep(20);
  }
  throw new Error('the export does not end');
}

const jobs: { readonly job: string; readonly token: string }[] = [];

/** Takes back what was made: a client has four exports at a time. */
export async function dropRuns(gateway: Gateway): Promise<void> {
  for (const { job, token } of jobs.splice(0)) {
    await gateway.ask(job, { token, method: 'DELETE' });
  }
}

/** A whole run: asked for, awaited, and every file fetched. */
export async function runStudy(gateway: Gateway, token: string): Promise<StudyFiles> {
  const started = await kickOff(gateway, token);
  if (started.statusCode !== 202) throw new Error(started.body);
  const job = pathOf(started.headers['content-location']);
  jobs.push({ job, token });
  const manifest = (await finished(gateway, token, job)).json<StudyFiles['manifest']>();
  const files: Record<string, string> = {};
  for (const { type, url } of manifest.output) {
    files[type] = (await gateway.ask(pathOf(url), { token })).body;
  }
  return { job, manifest, files };
}
