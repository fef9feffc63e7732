/** Random worlds against their twins: the heart of the suite. */
import type { Random } from '../../src/demo/region/random.ts';
import { askAbout, type Placed, seenIn, withNever } from './compare.ts';
import { claimsOf, type Installation } from './installation.ts';
import { type Asker, judge, type Sight } from './judge.ts';
import { putWorld } from './put-world.ts';
import { makeQuestion, type Question } from './questions.ts';
import { hex, makeWorld, type Rule, type World } from './world.ts';

export interface Finding {
  readonly kind: 'leak' | 'shown' | 'missing';
  readonly world: number;
  readonly what: string;
}

export interface TwinTally {
  readonly worlds: number;
  readonly questions: Record<string, number>;
  readonly findings: Finding[];
  /** Items that were judged, and how many of them may be seen. */
  readonly items: { judged: number; visible: number };
  /** Numbers of people given out: among ten thousand worlds some dozen would else meet in one. */
  readonly numbers: Set<string>;
}

const QUESTIONS_A_WORLD = 12;
const WORLDS_A_SHIFT = 250;
const FINDING_CHARS_MAX = 4_000;

export function newTally(worlds: number): TwinTally {
  return {
    worlds,
    questions: {},
    findings: [],
    items: { judged: 0, visible: 0 },
    numbers: new Set(),
  };
}

/**
 * One world: put in, chosen, judged, and asked about beside its twin.
 * @param route of every question; absent: any of them.
 */
export async function tryWorld(
  to: Installation,
  random: Random,
  number: number,
  tally: TwinTally,
  route?: string,
): Promise<void> {
  const at = new Date();
  const { holders, partners, rules } = to;
  const people = onDuty(number);
  const asker = makeAsker(random, to, people);
  const made = makeWorld(random, { holders, partners, rules, asker: asker.member, people }, at);
  const world = { ...made, bsn: unusedBsn(made.bsn, tally.numbers) };
  const ids = await putWorld(to, world);
  await to.choose(world, ids);
  const sight = judge(world, holders, asker, to.regions, at);
  const never = () => neverUsed(random, [...ids.values()]);
  const own: Placed = { ...world, ids: withNever(world, ids, never) };
  const token = await to.token(asker.member.client, claimsOf(asker));
  const note = (kind: Finding['kind'], what: string) =>
    tally.findings.push({ kind, world: number, what: what.slice(0, FINDING_CHARS_MAX) });

  await compareSight(to, token, world, own, sight, note);
  tally.items.judged += world.items.length;
  tally.items.visible += sight.items.size;

  const twin = await makeTwin(to, random, world, sight, never);
  for (let turn = 0; turn < QUESTIONS_A_WORLD; turn += 1) {
    const question = makeQuestion(random, world, route);
    tally.questions[question.route] = (tally.questions[question.route] ?? 0) + 1;
    const difference = await differenceOf(to, token, question, own, twin);
    if (difference) note('leak', `${JSON.stringify(question)}\n${difference}`);
  }
}

/** @returns how the two differ, or undefined. */
async function differenceOf(
  to: Installation,
  token: string,
  question: Question,
  own: Placed,
  twin: Placed,
): Promise<string | undefined> {
  const mine = seenIn(await askAbout(to.line, token, question, own), question, own);
  const other = seenIn(await askAbout(to.line, token, question, twin), question, twin);
  return mine === other ? undefined : `world:\n${mine}\ntwin:\n${other}`;
}

/** Each item by its id: exactly what the judge says, no more and no less. */
async function compareSight(
  to: Installation,
  token: string,
  world: World,
  own: Placed,
  sight: Sight,
  note: (kind: Finding['kind'], what: string) => void,
): Promise<void> {
  const things = [
    ...world.items.map(({ key, type }) => ({ key, type, visible: sight.items.has(key) })),
    ...[...new Set(world.items.map(({ holder }) => holder))].map((holder) => ({
      key: `patient:${holder}`,
      type: 'Patient',
      visible: sight.patients.has(holder),
    })),
  ];
  for (const { key, type, visible } of things) {
    const path = `/fhir/r4/${type}/${own.ids.get(key)}`;
    const { status } = await to.line.ask({ path, token });
    if (status === 200 && !visible) note('shown', `${type} ${key} is shown`);
    if (status !== 200 && visible) note('missing', `${type} ${key} gives ${status}`);
  }
}

/** The same patient with only what may be seen, all of it open; nobody where nothing may be. */
async function makeTwin(
  to: Installation,
  random: Random,
  world: World,
  sight: Sight,
  never: () => string,
): Promise<Placed> {
  const twin: World = {
    ...world,
    code: hex(random, 8),
    bsn: otherBsn(world.bsn),
    rules: openRules(to),
  };
  if (sight.patients.size === 0) return { ...twin, ids: withNever(world, new Map(), never) };
  const ids = await putWorld(to, twin, { items: sight.items, holders: sight.patients });
  await to.choose(twin, ids);
  return { ...twin, ids: withNever(world, ids, never) };
}

/** This number or one behind it, such that nobody has it or the one of its twin. */
function unusedBsn(bsn: string, numbers: Set<string>): string {
  for (let own = bsn; ; own = otherBsn(own)) {
    const pair = [own, otherBsn(own)];
    if (pair.some((one) => numbers.has(one))) continue;
    for (const one of pair) numbers.add(one);
    return own;
  }
}

/** The next number that passes the eleven-test. */
function otherBsn(bsn: string): string {
  for (let number = Number(bsn) + 1; ; number += 1) {
    const digits = [...String(number)].map(Number);
    const sum = digits.reduce((total, digit, at) => total + digit * (at === 8 ? -1 : 9 - at), 0);
    if (sum % 11 === 0) return String(number);
  }
}

const OPEN_LABELS = ['PSY', 'HIV', 'SUD', 'VIO', 'R', 'V'];

/** Everything for everybody, and each label by its name where rules can name one. */
function openRules(to: Installation): readonly Rule[] {
  const labels = to.rules === 'all' ? OPEN_LABELS : [];
  const all = { level: 'ggc', value: 'GGC002' } as const;
  return [all, ...labels.map((value) => ({ level: 'label' as const, value }))].map((data) => ({
    type: 'permit',
    holder: { level: 'any' },
    recipient: { level: 'any' },
    data,
    purpose: ['TREAT', 'COC', 'ETREAT'],
    dateTime: '2024-01-01T00:00:00Z',
    status: 'active',
    source: 'dhtv',
  }));
}

/** An id that was never given out, of the shape that ids have here. */
function neverUsed(random: Random, shapes: readonly string[]): string {
  const shape = shapes[0] ?? '00000000-0000-4000-8000-000000000000';
  return shape.replace(/[0-9a-f]/g, (digit, at: number) =>
    [14, 19].includes(at) ? digit : random.int(0, 15).toString(16),
  );
}

/** Nobody opens more records in an emergency than one person may in a shift. */
function onDuty(number: number): readonly string[] {
  const shift = 2 * Math.floor(number / WORLDS_A_SHIFT);
  return [`dokter-${shift + 1}`, `dokter-${shift + 2}`];
}

function makeAsker(random: Random, to: Installation, people: readonly string[]): Asker {
  const member = random.pick(to.partners);
  const purpose = random.pick(['TREAT', 'TREAT', 'TREAT', 'COC', 'ETREAT'] as const);
  return {
    member,
    purpose,
    person: random.pick(people),
    role: random.pick(['01.015', '01.015', '01.000', '30.000', '17.000']),
    department: random.pick(['SEH', 'SEH', 'INT']),
    ...(random.chance(0.15) ? { region: random.pick(member.regions) } : {}),
    ...(random.chance(0.2) ? { task: random.pick(['Task/een', 'Task/twee']) } : {}),
    ...(purpose === 'ETREAT'
      ? {
          emergency: {
            level: random.pick(['urgent', 'vital'] as const),
            patientIncapable: random.chance(0.5),
          },
        }
      : {}),
  };
}
