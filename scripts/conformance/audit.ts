/**
 * The ledger against material of others: Merkle proof vectors, IHE's audit profiles on the events
 * that we render, and the fields of NEN 7513. Run by `npm run conformance -- audit`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LedgerEvent, verifyConsistency, verifyInclusion } from '../../src/audit/index.ts';
import type { Resource } from '../../src/conformance/index.ts';
import { rulesRaised, type Scenario } from './audit-anomalies.ts';
import { openProfiles, type Profiles } from './audit-profile.ts';
import { ASKED, DOCTOR, rendered, SAMPLES } from './audit-samples.ts';
import { missingTests, REFERENCE_TESTS } from './audit-tests.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  unsupported: number;
  score: number;
}

type Say = (line: string) => void;

export async function run(options: {
  fixtures: string;
  progress?: Say;
}): Promise<Counts & { services: Record<string, Counts> }> {
  const folder = join(options.fixtures, 'audit');
  const say = options.progress ?? (() => undefined);
  const services = {
    'merkle-vectors': merkleVectors(join(folder, 'merkle-vectors'), say),
    balp: balp(folder, say),
    'nen7513-fields': nenFields(folder, say),
    'anomaly-scenarios': anomalies(folder, say),
    'reference-tests': referenceTests(say),
  };
  const total = counts();
  for (const one of Object.values(services)) {
    total.passed += one.passed;
    total.failed += one.failed;
    total.skipped += one.skipped;
    total.unsupported += one.unsupported;
  }
  return { ...scored(total), services };
}

const counts = (): Counts => ({ passed: 0, failed: 0, skipped: 0, unsupported: 0, score: 1 });
function scored(tally: Counts): Counts {
  const judged = tally.passed + tally.failed;
  return { ...tally, score: judged === 0 ? 0 : tally.passed / judged };
}

interface Vector {
  readonly leafIdx?: bigint;
  readonly treeSize?: bigint;
  readonly leafHash?: string;
  readonly root?: string;
  readonly size1?: bigint;
  readonly size2?: bigint;
  readonly root1?: string;
  readonly root2?: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

/**
 * An old size of zero is refused by our decision; the vectors that differ in that count as such.
 */
function merkleVectors(folder: string, say: Say): Counts {
  const tally = counts();
  for (const kind of ['inclusion', 'consistency']) {
    const files = readdirSync(join(folder, kind), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.json'))) {
      const vector = readVector(join(folder, kind, file));
      const good = kind === 'inclusion' ? included(vector) : consistent(vector);
      if (good === !vector.wantErr) tally.passed += 1;
      else if (vector.size1 === 0n && !good) tally.skipped += 1;
      else {
        tally.failed += 1;
        say(`merkle: ${kind}/${file}`);
      }
    }
  }
  return scored(tally);
}

/** Indexes near 2^64 lose digits as numbers, so they are read from their text. */
function readVector(path: string): Vector {
  const revive = (_name: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? BigInt(context?.source ?? value) : value;
  return JSON.parse(readFileSync(path, 'utf8'), revive) as Vector;
}

const hashes = (proof: readonly string[] | null) =>
  (proof ?? []).map((one) => Buffer.from(one, 'base64'));
const hash = (text: string | undefined) => Buffer.from(text ?? '', 'base64');

function included(vector: Vector): boolean {
  const { leafIdx = 0n, treeSize = 0n } = vector;
  return verifyInclusion({
    index: leafIdx,
    size: treeSize,
    leaf: hash(vector.leafHash),
    path: hashes(vector.proof),
    root: hash(vector.root),
  });
}

function consistent(vector: Vector): boolean {
  const { size1 = 0n, size2 = 0n } = vector;
  return verifyConsistency({
    first: size1,
    second: size2,
    path: hashes(vector.proof),
    firstRoot: hash(vector.root1),
    secondRoot: hash(vector.root2),
  });
}

const BALP = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.';

function balp(folder: string, say: Say): Counts {
  const profiles = openProfiles(join(folder, 'ihe-balp'));
  const tally = counts();
  for (const [name, event, expected] of SAMPLES) {
    const resource = rendered(event);
    const claims = resource.meta?.profile ?? [];
    const wanted =
      expected === undefined
        ? []
        : [BALP + (expected === 'IUA.71' ? '' : 'BasicAudit.') + expected];
    const faults = [
      ...(claims.join() === wanted.join() ? [] : [`claims ${claims.join() || 'nothing'}`]),
      ...claims.flatMap((url) => profiles.check(resource, url)),
      ...base(resource),
    ];
    judge(tally, name, faults, say);
  }
  exampleFaults(folder, profiles, tally, say);
  return scored(tally);
}

/** A checker that finds fault with the published examples would be worth nothing. */
function exampleFaults(folder: string, profiles: Profiles, tally: Counts, say: Say): void {
  const path = join(folder, 'nl-examples');
  for (const file of readdirSync(path)) {
    const resource = JSON.parse(readFileSync(join(path, file), 'utf8')) as Resource;
    const claims = resource.meta?.profile ?? [];
    if (claims.length === 0) continue;
    judge(
      tally,
      file,
      claims.flatMap((url) => profiles.check(resource, url)),
      say,
    );
  }
}

/** What FHIR R4 itself asks of an AuditEvent. */
function base(resource: Resource): string[] {
  const agents = resource['agent'] as { requestor?: boolean }[];
  const faults: string[] = [];
  for (const name of ['type', 'recorded', 'agent', 'source']) {
    if (resource[name] === undefined) faults.push(`has no ${name}`);
  }
  if (agents.filter(({ requestor }) => requestor).length !== 1) faults.push('has no one requestor');
  for (const entity of resource['entity'] as { name?: string; query?: string }[]) {
    if (entity.name !== undefined && entity.query !== undefined) faults.push('breaks sev-1');
  }
  return faults;
}

function judge(tally: Counts, name: string, faults: readonly string[], say: Say): void {
  if (faults.length === 0) tally.passed += 1;
  else tally.failed += 1;
  for (const fault of faults) say(`balp: ${name}: ${fault}`);
}

/** Fields that the reference leaves empty, and where nothing may stand therefore. */
const NEN_EMPTY: Readonly<Record<string, string>> = {
  AlternateUserID: 'agent.altId', // local log-in names stay at the organisation
  UserName: 'agent.name', // looked up when shown, never kept
  ParticipantObjectName: 'entity.name', // could tell a diagnosis
};

/** Where each field of NEN 7513 stands in what we render. */
const NEN: Readonly<Record<string, string>> = {
  EventActionCode: 'action',
  EventID: 'type.code',
  EventTypeCode: 'subtype.code',
  EventDateTime: 'recorded',
  EventOutcomeIndicator: 'outcome',
  UserID: 'agent.who.identifier.value',
  UserIsRequestor: 'agent.requestor',
  RoleIDCode: 'agent.role.coding.code',
  ResponsibleUser: 'agent[RESP].who.identifier.value',
  Organisation: 'agent[PROV].who.identifier.value',
  PurposeOfUse: 'agent.purposeOfUse.coding.code',
  NetworkAccessPointTypeCode: 'agent.network.type',
  NetworkAccessPointID: 'agent.network.address',
  ParticipantObjectTypeCode: 'entity.type.code',
  ParticipantObjectTypeCodeRole: 'entity.role.code',
  ParticipantObjectDataLifeCycle: 'entity.lifecycle.code',
  ParticipantObjectIDTypeCode: 'entity.what.identifier.system',
  ParticipantObjectPermissionPolicySet: 'entity[Consent].what.reference',
  ParticipantObjectSensitivity: 'entity.securityLabel.code',
  ParticipantObjectID: 'entity.what.identifier.value',
  ParticipantObjectQuery: 'entity.query',
  ParticipantObjectDetail: 'entity.detail.valueString',
  ParticipantObjectDescription: 'entity.description',
  AuditEnterpriseSiteID: 'source.site',
  AuditSourceID: 'source.observer.identifier.value',
  AuditSourceTypeCode: 'source.type.code',
  autorisatieprotocol: 'agent.policy',
  behandelrelatieprotocol: 'entity[basis].detail[treatmentRelation].valueString',
  toestemmingsprofiel: 'entity[Consent].what.reference',
  controles: 'entity[basis].detail[checks].valueString',
  noodprocedure: 'entity[basis].detail[reason].valueString',
};

function nenFields(folder: string, say: Say): Counts {
  const { fields } = JSON.parse(readFileSync(join(folder, 'nen7513-fields.json'), 'utf8')) as {
    fields: { field: string }[];
  };
  const agent = { ...DOCTOR, onBehalfOf: '000054321' };
  const detail = { treatmentRelation: 'inschrijving', checks: 'token rule', reason: 'bewusteloos' };
  const asked: LedgerEvent = {
    ...ASKED,
    agent,
    detail,
    event: 'search-type',
    action: 'E',
    query: 'Observation?code',
  };
  const events = [rendered(asked), rendered({ ...asked, event: 'read', action: 'R' })];
  const all = [...events, ...SAMPLES.map(([, event]) => rendered(event))];
  const tally = counts();
  for (const { field } of fields) {
    const path = NEN[field];
    const empty = NEN_EMPTY[field];
    if (empty !== undefined && all.every((event) => valuesAt(event, empty).length === 0)) {
      tally.passed += 1;
    } else if (path !== undefined && events.some((event) => valuesAt(event, path).length > 0)) {
      tally.passed += 1;
    } else {
      tally.failed += 1;
      say(`nen7513: ${field} is nowhere`);
    }
  }
  return scored(tally);
}

/**
 * `entity[Consent].what`: members by name; in brackets a code or type that the member must
 * carry.
 */
function valuesAt(resource: Resource, path: string): unknown[] {
  let found: unknown[] = [resource];
  for (const step of path.split('.')) {
    const [, name = '', mark] = /^(\w+)(?:\[(\w+)\])?$/.exec(step) ?? [];
    found = found.flatMap((one) => (one as Record<string, unknown>)[name] ?? []).flat();
    if (mark === undefined) continue;
    found = found.filter((one) => {
      const type = (one as { type?: unknown }).type;
      return type === mark || JSON.stringify(type)?.includes(`"code":"${mark}"`);
    });
  }
  return found.filter((value) => value !== undefined);
}

/** What of section 12 a test of ours answers; whether it holds is for `npm test`. */
function referenceTests(say: Say): Counts {
  const tally = counts();
  const root = join(import.meta.dirname, '../..');
  for (const test of REFERENCE_TESTS) {
    const missing = missingTests(root, test);
    if (test.open !== undefined) tally.unsupported += 1;
    else if (missing.length === 0) tally.passed += 1;
    else tally.failed += 1;
    const ours = test.ours.map(([file]) => file).join(', ');
    say(`test ${test.number}, ${test.what}: ${test.open ?? [ours, ...missing].join('; ')}`);
  }
  return scored(tally);
}

/** Each scenario raises exactly the rules that it expects. */
function anomalies(folder: string, say: Say): Counts {
  const file = readFileSync(join(folder, 'anomaly-scenarios.json'), 'utf8');
  const { scenarios } = JSON.parse(file) as { scenarios: Scenario[] };
  const tally = counts();
  for (const one of scenarios) {
    const found = rulesRaised(one);
    if (found.join() === [...one.expect].sort().join()) tally.passed += 1;
    else {
      tally.failed += 1;
      say(`anomalies: ${one.id} raised ${found.join(' ') || 'nothing'}`);
    }
  }
  return scored(tally);
}
