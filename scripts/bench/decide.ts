/**
 * One decision on a person with 200 choices, in this process: everything from the choices to the
 * verdict on a resource and the digest of the inputs. `p50` to `p99` are of a request on choices that
 * were read before; the note has those of the first one after a choice was saved, when nothing was
 * worked out yet.
 */
import { createRandom } from '../../src/demo/region/random.ts';
import {
  type AccessRequest,
  type ConsentRule,
  compileGrant,
  type DecisionInputs,
  type Party,
  type ResourceFacts,
  standardPolicy,
} from '../../src/permission/index.ts';
import { makeRules } from '../attack/random-rules.ts';
import type { Item } from '../attack/world.ts';
import { type BenchContext, type CaseResult, NOTHING } from './context.ts';

const RULES = 200;
const WARM_UP = 2_000;
const DECISIONS = 20_000;
const AT = new Date('2026-03-10T10:00:00+01:00');

const party = (id: string, type: string, category: Party['category']): Party => ({
  ...{ id, ura: id, type, category },
  regions: ['noord'],
});
const HOLDERS = new Map(
  [
    party('ziekenhuis', 'V4', 'ZKH'),
    party('umc', 'V6', 'ZKH'),
    party('praktijk', 'Z3', 'HA'),
    party('apotheek', 'J8', 'APO'),
    party('lab', 'L1', 'LAB'),
    party('ggz', 'G5', 'GGZ'),
  ].map((one) => [one.id, one]),
);
const member = ({ id, ura, type, category, regions }: Party) => ({
  ...{ name: id, organisation: id, ura, client: id, type, category, asksAs: category, regions },
});

export async function run(context: BenchContext): Promise<CaseResult> {
  const random = createRandom('decide');
  const rules = makeTwoHundred(random);
  const facts = ITEMS.map(factsOf);
  const askers = [...HOLDERS.values()];
  const policy = standardPolicy();
  const decide = (known: readonly ConsentRule[], turn: number): Taken => {
    const inputs: DecisionInputs = {
      ...{ at: AT, epoch: 1, patient: { birthDate: '1970-03-01' }, holders: HOLDERS, policy },
      request: requestOf(askers[turn % askers.length] as Party, turn),
      rules: known,
    };
    // Facts as an object of its own: a verdict that was given before is not used again.
    const about = { ...(facts[turn % facts.length] as ResourceFacts) };
    const before = switches();
    const started = performance.now();
    const grant = compileGrant(inputs);
    const verdict = grant.covers(about);
    if (grant.inputsHash === '' || verdict.reason === '') throw new Error('no decision');
    const ms = performance.now() - started;
    return { ms, isUndisturbed: switches() === before };
  };
  for (let turn = 0; turn < WARM_UP; turn += 1) decide(rules, turn);
  const decisions = context.smoke ? DECISIONS / 10 : DECISIONS;
  const known = Array.from({ length: decisions }, (_, turn) => decide(rules, turn));
  const first = Array.from({ length: decisions / 10 }, (_, turn) =>
    decide(structuredClone(rules), turn),
  );
  context.note(`${RULES} choices; ${undisturbed(known)}`);
  context.note(`the first after a save ${text(first)}, ${undisturbed(first)}`);
  const times = known.map(({ ms }) => ms);
  return {
    ...NOTHING,
    perSecond: Math.round((decisions * 1_000) / times.reduce((all, one) => all + one, 0)),
    p50Ms: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    p99Ms: quantile(times, 0.99),
  };
}

interface Taken {
  readonly ms: number;
  /** No other program took the processor meanwhile. */
  readonly isUndisturbed: boolean;
}

const switches = (): number => process.resourceUsage().involuntaryContextSwitches;

function undisturbed(taken: readonly Taken[]): string {
  const calm = taken.filter(({ isUndisturbed }) => isUndisturbed);
  const share = Math.round((calm.length * 100) / taken.length);
  return `the ${share}% that no other program cut into ${text(calm)}`;
}

function text(taken: readonly Taken[]): string {
  const times = taken.map(({ ms }) => ms);
  return `p50 ${quantile(times, 0.5)} ms, p99 ${quantile(times, 0.99)} ms`;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return Math.round(found * 1_000) / 1_000;
}

const LABELS = [[], [], ['R'], ['R', 'PSY'], ['V', 'VIO']];
const TYPES = ['Encounter', 'Condition', 'Observation', 'MedicationRequest', 'AllergyIntolerance'];

const ITEMS: readonly Item[] = Array.from({ length: 40 }, (_, at) => ({
  key: String(at).padStart(2, '0'),
  type: TYPES[at % TYPES.length] ?? 'Condition',
  holder: [...HOLDERS.keys()][at % HOLDERS.size] ?? '',
  category: at % 5 === 2 ? 'GGC012' : at % 5 === 3 ? 'GGC013' : 'GGC002',
  labels: LABELS[at % LABELS.length] ?? [],
  code: 'http://snomed.info/sct|38341003',
  date: '2023-05-05',
  refers: [],
}));

/** Rules of every kind, for this record and these organisations, as the attack suite makes them. */
function makeTwoHundred(random: ReturnType<typeof createRandom>): ConsentRule[] {
  const members = [...HOLDERS.values()].map(member);
  const [asker] = members;
  if (!asker) throw new Error('nobody asks');
  const cast = { holders: members, partners: members, asker, rules: 'all' } as const;
  const rules: ConsentRule[] = [];
  while (rules.length < RULES) {
    for (const rule of makeRules(random, cast, ITEMS, AT)) {
      if (rule.absolute || rules.length === RULES) continue;
      const id = `rule-${rules.length}`;
      const made = { ...rule, id, version: 1, performers: [{ rel: 'self' as const }] };
      rules.push(made as unknown as ConsentRule);
    }
  }
  return rules;
}

const factsOf = ({ key, type, holder, category, labels, code, date }: Item): ResourceFacts => ({
  ...{ type, id: key, custodian: holder, category, labels, date },
  codes: [code],
  authors: [],
  related: [],
});

function requestOf(organisation: Party, turn: number): AccessRequest {
  return {
    ...{ id: `q${turn}`, correlationId: `c${turn}`, door: 'regions', client: organisation.id },
    ...{ address: '', tokenId: 't' },
    actor: { kind: 'professional', organisation, role: '01.015', person: 'dokter-1' },
    purpose: turn % 3 === 0 ? 'COC' : 'TREAT',
  };
}
