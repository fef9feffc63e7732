/**
 * The scope of an authorization request: collect (name only, or the combinations of 1.5), share,
 * subscribe, with or without representation. medmij-protocol.md 2.2.
 */

export type Delegation = 'onbehalfof' | 'onbehalfofchild';

export interface MedmijScope {
  /** MedMij name without `@medmij`. */
  readonly aanbieder: string;
  /** Ids as sent; empty: everything that both sides have in common. Never parsed to a number. */
  readonly services: readonly string[];
  /** Days asked for a subscription; 0 ends it. Absent for collect and share. */
  readonly days?: number;
  readonly delegation?: Delegation;
}

const NAME = /^[a-z][a-z0-9.-]{0,98}[a-z0-9]$/;
const SERVICE_ID = /^[A-Za-z0-9._-]{1,30}$/;
const SUBSCRIBE = /^subscribe~(\d{1,15})\/(.+)$/;
const DELEGATIONS: ReadonlySet<string> = new Set(['onbehalfof', 'onbehalfofchild']);
const PARTS_MAX = 60;

/** @returns undefined when it does not fit the grammar. */
export function parseScope(text: string): MedmijScope | undefined {
  const parts = text.split(' ');
  if (parts.length > PARTS_MAX) return undefined;
  const delegations = parts.filter((part) => DELEGATIONS.has(part));
  const main = parts.filter((part) => !DELEGATIONS.has(part));
  const atAnEnd = DELEGATIONS.has(parts[0] ?? '') || DELEGATIONS.has(parts.at(-1) ?? '');
  if (delegations.length > 1 || (delegations.length === 1 && !atAnEnd)) return undefined;
  const scope = parseMain(main);
  const [delegation] = delegations as Delegation[];
  return scope && { ...scope, ...(delegation === undefined ? {} : { delegation }) };
}

function parseMain(main: readonly string[]): MedmijScope | undefined {
  const [first = ''] = main;
  const subscribe = SUBSCRIBE.exec(first);
  if (subscribe) {
    const combination = main.length === 1 ? parseCombination(subscribe[2] ?? '') : undefined;
    return combination && { ...one(combination), days: Number(subscribe[1]) };
  }
  if (main.length === 1 && NAME.test(first)) return { aanbieder: first, services: [] };
  const combinations = main.map(parseCombination);
  const [head] = combinations;
  if (!head || combinations.some((each) => each?.aanbieder !== head.aanbieder)) return undefined;
  const services = combinations.map((each) => each?.service ?? '');
  if (new Set(services).size !== services.length) return undefined;
  return { aanbieder: head.aanbieder, services };
}

interface Combination {
  readonly aanbieder: string;
  readonly service: string;
}

function parseCombination(text: string): Combination | undefined {
  const [aanbieder = '', service = '', ...more] = text.split('~');
  if (more.length > 0 || !NAME.test(aanbieder) || !SERVICE_ID.test(service)) return undefined;
  return { aanbieder, service };
}

const one = ({ aanbieder, service }: Combination) => ({ aanbieder, services: [service] });
