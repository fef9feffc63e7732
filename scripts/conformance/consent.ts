/**
 * The consent suite: the decision cases by their own fields, the same rules read back from their
 * FHIR Consents, requests that resemble a closed list, and policy cases of another implementation
 * by the use cases that are the same here. Run by `npm run conformance -- consent`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Resource } from '../../src/conformance/index.ts';
import { fromFhirConsent } from '../../src/consent/from-fhir-consent.ts';
import {
  allowsUseCase,
  type CaseDecision,
  type CaseFile,
  type CaseRule,
  type ConsentRule,
  decideCases,
  isListed,
  readQueryList,
  type UseCaseGround,
  type UseCaseRequest,
} from '../../src/permission/index.ts';

export interface SuiteResult {
  passed: number;
  failed: number;
  skipped: number;
  unsupported: number;
  /** Share of expected fields that are equal, 0 to 1. */
  score: number;
}

export interface RunOptions {
  /** Folder that holds `consent/`. */
  readonly fixtures: string;
  readonly progress?: (line: string) => void;
}

type Tally = SuiteResult & { fields: number; equal: number };

interface Expectation {
  readonly decision: string;
  readonly reason?: string;
  readonly released: readonly string[];
  readonly withheld: readonly string[];
  readonly basis: readonly string[];
  readonly obligations: readonly string[];
  readonly visible: Readonly<Record<string, unknown>>;
}

type ExpectedFile = CaseFile & { readonly cases: readonly { readonly expect: Expectation }[] };

/** Runs the suite; a part whose fixture is absent counts as skipped, aloud. */
export async function run(
  options: RunOptions,
): Promise<SuiteResult & { services: Record<string, SuiteResult> }> {
  const parts: Record<string, (folder: string, tally: Tally, say: Say) => void> = {
    'decision-cases': decisionCases,
    'decision-cases-as-fhir': decisionCasesAsFhir,
    'query-strictness': queryStrictness,
    'nl-policy-cases': policyCases,
  };
  const say = options.progress ?? (() => undefined);
  const services: Record<string, SuiteResult> = {};
  const total = newTally();
  for (const [name, part] of Object.entries(parts)) {
    const tally = newTally();
    part(join(options.fixtures, 'consent'), tally, say);
    say(
      `${name}: ${tally.passed} passed, ${tally.failed} failed, ${tally.unsupported} unsupported`,
    );
    services[name] = resultOf(tally);
    for (const key of COUNTS) total[key] += tally[key];
  }
  return { ...resultOf(total), services };
}

type Say = (line: string) => void;

const COUNTS = ['passed', 'failed', 'skipped', 'unsupported', 'fields', 'equal'] as const;

function newTally(): Tally {
  return { passed: 0, failed: 0, skipped: 0, unsupported: 0, score: 0, fields: 0, equal: 0 };
}

function resultOf({ passed, failed, skipped, unsupported, fields, equal }: Tally): SuiteResult {
  return { passed, failed, skipped, unsupported, score: fields === 0 ? 0 : equal / fields };
}

/** @returns undefined, and counts one skipped, when the fixture is not there. */
function fixture<T>(folder: string, name: string, tally: Tally, say: Say): T | undefined {
  const path = join(folder, name);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  say(`${name} is not there: skipped`);
  tally.skipped += 1;
  return undefined;
}

function decisionCases(folder: string, tally: Tally, say: Say): void {
  const name = 'decision-cases/decision-cases.json';
  const file = fixture<ExpectedFile>(folder, name, tally, say);
  if (!file) return;
  for (const [index, made] of decideCases(file).entries()) {
    const expect = file.cases[index]?.expect;
    if (expect) count(tally, made.id, compare(made, expect), say);
  }
}

/** The same cases with their rules read back from FHIR; who stands behind a choice is evidence. */
function decisionCasesAsFhir(folder: string, tally: Tally, say: Say): void {
  const file = fixture<ExpectedFile>(folder, 'decision-cases/decision-cases.json', tally, say);
  const path = join(folder, 'decision-cases/decision-cases-consents.ndjson');
  if (!file || !existsSync(path)) {
    tally.skipped += 1;
    say('the FHIR Consents of the decision cases are not there: skipped');
    return;
  }
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const consents = lines.map((line): Resource => JSON.parse(line));
  const organisations = Object.entries(file.organisations);
  for (const one of file.cases) {
    const prefix = `${one.id.toLowerCase()}--`;
    const own = consents.filter(({ id }) => id?.startsWith(prefix));
    const rules = own.flatMap((consent) => {
      const id = consent.id?.slice(prefix.length) ?? '';
      return fromFhirConsent(
        { ...consent, id },
        {
          at: new Date(one.now),
          aliases: EXAMPLE_SYSTEMS,
          performers: one.consents.find((rule) => rule.id === id)?.performers ?? [],
          organisationOf: (_, value) =>
            organisations.find(([name, { ura }]) => ura === value || name === value)?.[0],
        },
      );
    });
    const [made] = decideCases({ ...file, cases: [{ ...one, consents: rules.map(asCaseRule) }] });
    if (made) count(tally, `${one.id} as FHIR`, compare(made, one.expect), say);
  }
}

/** Code systems that stand for ours in those Consents. */
const EXAMPLE_SYSTEMS = {
  'http://example.org/fhir/CodeSystem/dossierhoudende-zorgaanbiedercategorie': 'holderCategory',
  'http://example.org/fhir/CodeSystem/recipient-category': 'recipientCategory',
  'http://example.org/fhir/CodeSystem/consent-source': 'source',
  'http://example.org/fhir/NamingSystem/region': 'region',
} as const;

/** A period of data stands beside the other limits in a rule, and as the data itself in a case. */
function asCaseRule({ within, data, ...rule }: ConsentRule): CaseRule {
  const [period] = within ?? [];
  const match = data.level === 'all' && period ? period : data;
  return { ...rule, data: { level: match.level, value: 'value' in match ? match.value : match } };
}

/** Each expected field with whether it is equal; lists of codes are compared as sets. */
function compare(made: CaseDecision, expect: Expectation): [string, boolean][] {
  const set = (list: readonly string[]) => JSON.stringify([...list].sort());
  const sorted = (map: Readonly<Record<string, unknown>>) =>
    JSON.stringify(Object.entries(map).sort());
  return [
    ['decision', made.decision === expect.decision],
    ['reason', expect.reason === undefined || made.reason === expect.reason],
    ['released', set(made.released) === set(expect.released)],
    ['withheld', set(made.withheld) === set(expect.withheld)],
    ['basis', set(made.basis) === set(expect.basis)],
    ['obligations', set(made.obligations) === set(expect.obligations)],
    ['visible', sorted(made.visible) === sorted(expect.visible)],
  ];
}

function count(tally: Tally, name: string, fields: [string, boolean][], say: Say): void {
  const wrong = fields.filter(([, equal]) => !equal).map(([field]) => field);
  tally.fields += fields.length;
  tally.equal += fields.length - wrong.length;
  if (wrong.length === 0) {
    tally.passed += 1;
    return;
  }
  tally.failed += 1;
  say(`${name} differs in ${wrong.join(', ')}`);
}

function queryStrictness(folder: string, tally: Tally, say: Say): void {
  interface Cases {
    readonly cases: readonly { readonly request: string; readonly expect: 'allow' | 'refuse' }[];
  }
  const file = fixture<Cases>(folder, 'query-strictness.json', tally, say);
  const list = readQueryList('queries-bgz');
  for (const { request, expect } of file?.cases ?? []) {
    const allowed = isListed(list, request) !== undefined;
    count(tally, request, [['expect', allowed === (expect === 'allow')]], say);
  }
}

/** The use cases of this gateway under the names of that implementation. */
const USE_CASES: Readonly<Record<string, string>> = {
  bgz: 'bgz',
  eoverdracht_receiver: 'eoverdracht-ontvanger',
  eoverdracht_sender: 'eoverdracht-verzender',
  mcsd_query: 'adresboek',
  mcsd_update: 'adresboek-bijwerken',
  medicatieoverdracht_gf: 'medicatieoverdracht',
  pzp_gf: 'pzp',
};

interface PolicyCase {
  readonly policy: string;
  readonly name: string;
  readonly allow: boolean;
  readonly input: {
    readonly subject?: { readonly organization?: { readonly ura?: string } };
    readonly action?: {
      readonly fhir_rest?: RestAction;
      readonly request?: { readonly method?: string; readonly path?: string };
    };
    readonly context?: {
      readonly mitz_consent?: boolean;
      readonly patient_id?: string;
      readonly patient_bsn?: string;
    };
    readonly resource?: {
      readonly type?: string;
      readonly id?: string;
      readonly consents?: readonly { readonly scope: string }[];
    };
  };
}

interface RestAction {
  readonly capability_checked?: boolean;
  readonly interaction_type?: string;
  readonly operation?: string;
  readonly include?: readonly string[];
  readonly search_params?: Readonly<Record<string, readonly (readonly string[])[]>>;
}

function policyCases(folder: string, tally: Tally, say: Say): void {
  const file = fixture<{ cases: PolicyCase[] }>(folder, 'nl-policy-cases.json', tally, say);
  for (const one of file?.cases ?? []) {
    const useCase = USE_CASES[one.policy];
    if (useCase === undefined) {
      tally.unsupported += 1;
      say(`${one.policy} ${one.name}: there is no such use case here`);
      continue;
    }
    const allowed = allowsUseCase(useCase, useCaseRequestOf(one), groundOf(one));
    count(tally, `${one.policy} ${one.name}`, [['allow', allowed === one.allow]], say);
  }
}

function groundOf({ input: { action, context, resource, subject } }: PolicyCase): UseCaseGround {
  const { patient_id: patientId, patient_bsn: bsn } = context ?? {};
  const ura = subject?.organization?.ura;
  return {
    supported: action?.fhir_rest?.capability_checked === true,
    consent: context?.mitz_consent === true,
    grants: resource?.consents?.map(({ scope }) => scope) ?? [],
    ...(patientId === undefined ? {} : { patientId }),
    ...(bsn === undefined ? {} : { bsn }),
    ...(ura === undefined ? {} : { ura }),
  };
}

function useCaseRequestOf({ input: { action, resource } }: PolicyCase): UseCaseRequest {
  const { fhir_rest: rest, request } = action ?? {};
  const params = Object.entries(rest?.search_params ?? {}).flatMap(([name, all]) =>
    all.map((any): [string, string] => [name, any.join(',')]),
  );
  const includes = (rest?.include ?? []).map((include): [string, string] => ['_include', include]);
  return {
    interaction: rest?.interaction_type ?? 'notify',
    params: [...params, ...includes],
    ...(resource?.type === undefined ? {} : { type: resource.type }),
    ...(resource?.id === undefined ? {} : { id: resource.id }),
    ...(rest?.operation === undefined ? {} : { operation: rest.operation }),
    ...(request?.method === undefined ? {} : { method: request.method }),
    ...(request?.path === undefined ? {} : { path: request.path }),
  };
}
