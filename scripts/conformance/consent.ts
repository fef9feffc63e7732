/**
 * The consent suite: the decision cases by their own fields, the same rules read back from their
 * FHIR Consents, requests that resemble a closed list, and policy cases of another implementation
 * as far as they ask what this gateway decides. Run by `npm run conformance -- consent`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Resource } from '../../src/conformance/index.ts';
import { fromFhirConsent } from '../../src/consent/from-fhir-consent.ts';
import {
  type CaseDecision,
  type CaseFile,
  type CaseRule,
  type ConsentRule,
  decideCases,
  isListed,
  readQueryList,
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

interface PolicyCase {
  readonly policy: string;
  readonly name: string;
  readonly allow: boolean;
  readonly input: {
    readonly action?: { readonly fhir_rest?: RestAction };
    readonly context?: {
      readonly mitz_consent?: boolean;
      readonly patient_id?: string;
      readonly patient_bsn?: string;
    };
    readonly resource?: { readonly type?: string };
  };
}

interface RestAction {
  readonly capability_checked?: boolean;
  readonly interaction_type?: string;
  readonly operation?: string;
  readonly include?: readonly string[];
  readonly search_params?: Readonly<Record<string, readonly (readonly string[])[]>>;
}

/** Only the BgZ policy rests on what is decided here: the closed list, a patient, and consent. */
function policyCases(folder: string, tally: Tally, say: Say): void {
  const file = fixture<{ cases: PolicyCase[] }>(folder, 'nl-policy-cases.json', tally, say);
  const list = readQueryList('queries-bgz');
  const left = new Map<string, number>();
  for (const one of file?.cases ?? []) {
    if (one.policy !== 'bgz') {
      tally.unsupported += 1;
      left.set(one.policy, (left.get(one.policy) ?? 0) + 1);
      continue;
    }
    const { action, context } = one.input;
    const known = Boolean(context?.patient_id || context?.patient_bsn);
    const allowed =
      action?.fhir_rest?.capability_checked === true &&
      context?.mitz_consent === true &&
      known &&
      isListed(list, requestOf(one)) !== undefined;
    count(tally, `${one.policy} ${one.name}`, [['allow', allowed === one.allow]], say);
  }
  for (const [policy, cases] of left) say(`${policy}: ${cases} cases unsupported`);
}

/** The request as it would stand in a URL; writes get a path that no list holds. */
function requestOf({ input }: PolicyCase): string {
  const type = input.resource?.type ?? '';
  const rest = input.action?.fhir_rest;
  if (rest?.interaction_type === 'read') return `${type}/1`;
  const path = rest?.interaction_type === 'operation' ? `${type}/$${rest.operation}` : type;
  if (!['operation', 'search-type'].includes(rest?.interaction_type ?? '')) return `POST ${type}`;
  const params = Object.entries(rest?.search_params ?? {}).flatMap(([name, all]) =>
    all.map((any) => `${name}=${any.join(',')}`),
  );
  const includes = (rest?.include ?? []).map((include) => `_include=${include}`);
  return [path, [...params, ...includes].join('&')].filter(Boolean).join('?');
}
