/**
 * The elements of a profile and of all that it is built on, as one tree. What stands nearer to the
 * profile adds to, or replaces, what its bases say of the same element or slice.
 */
import { ruleOf } from './conversion-place.ts';
import { type TypeRules, typeRules } from './elements.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { InvariantRule } from './invariants.ts';
import type {
  ProfileDefinition,
  ProfileElement,
  ProfileType,
  Slicing,
} from './profile-definition.ts';

export interface ProfileNode {
  /** Name without `[x]`. */
  readonly name: string;
  min: number | undefined;
  max: number | undefined;
  types: readonly ProfileType[] | undefined;
  fixed: unknown;
  pattern: unknown;
  binding: ProfileElement['binding'];
  slicing: Slicing | undefined;
  constraints: InvariantRule[];
  readonly slices: Map<string, ProfileNode>;
  readonly children: Map<string, ProfileNode>;
}

export interface ProfileTree {
  readonly url: string;
  /** The type that is constrained: a resource or a data type. */
  readonly type: string;
  readonly isExtension: boolean;
  readonly root: ProfileNode;
  /** A base that is not at hand; what it says is not checked. */
  readonly missingBase: string | undefined;
}

const CORE = /^http:\/\/hl7\.org\/fhir\/StructureDefinition\/([A-Za-z]+)$/;
const CHAIN_MAX = 20;

/** @param find a profile by its canonical address */
export function profileTree(
  version: FhirVersion,
  profile: ProfileDefinition,
  find: (url: string) => ProfileDefinition | undefined,
): ProfileTree {
  const chain = [profile];
  let missingBase: string | undefined;
  for (let at = profile; at.base !== undefined && chain.length < CHAIN_MAX; ) {
    const base = find(at.base);
    if (!base) {
      const core = CORE.exec(at.base)?.[1];
      if (core !== profile.type && !isAbstractBase(core)) missingBase = at.base;
      break;
    }
    chain.unshift(base);
    at = base;
  }
  const root = nodeOf(profile.type);
  const rules = typeRules(version, profile.type);
  for (const definition of chain) {
    for (const element of definition.elements) place(version, root, rules, element);
  }
  const { url, type, isExtension } = profile;
  return { url, type, isExtension, root, missingBase };
}

function isAbstractBase(name: string | undefined): boolean {
  return name !== undefined && /^(?:Element|Resource|DomainResource|BackboneElement)$/.test(name);
}

function nodeOf(name: string): ProfileNode {
  return {
    name,
    min: undefined,
    max: undefined,
    types: undefined,
    fixed: undefined,
    pattern: undefined,
    binding: undefined,
    slicing: undefined,
    constraints: [],
    slices: new Map(),
    children: new Map(),
  };
}

/** Walks to the node of an element, making what is not there yet, and adds what it says. */
function place(
  version: FhirVersion,
  root: ProfileNode,
  rootRules: TypeRules | undefined,
  element: ProfileElement,
): void {
  let node = root;
  let rules = rootRules;
  for (const { name, slice } of element.steps) {
    const step = stepOf(rules, name, slice);
    node = member(node.children, step.name);
    const spelling = rules && ruleOf(rules, step.name)?.spellings;
    const spelled = spelling?.find((one) => one.name === step.slice) ?? spelling?.[0];
    // A slice of a slice is written with a slash; each stands below the one before.
    for (const part of step.slice?.split('/') ?? []) node = member(node.slices, part);
    rules = spelled && typeRules(version, spelled.primitive ? 'Element' : spelled.type);
  }
  add(node, element);
}

/** `valueQuantity` in a path is the slice of that type of `value[x]`. */
function stepOf(
  rules: TypeRules | undefined,
  name: string,
  slice: string | undefined,
): { name: string; slice: string | undefined } {
  if (name.endsWith('[x]')) return { name: name.slice(0, -3), slice };
  const rule = rules?.spelled.get(name)?.rule;
  return rule?.choice ? { name: rule.name, slice: slice ?? name } : { name, slice };
}

function member(nodes: Map<string, ProfileNode>, name: string): ProfileNode {
  let node = nodes.get(name);
  if (!node) {
    node = nodeOf(name);
    nodes.set(name, node);
  }
  return node;
}

function add(node: ProfileNode, element: ProfileElement): void {
  node.min = element.min ?? node.min;
  node.max = element.max ?? node.max;
  node.types = element.types ?? node.types;
  node.fixed = element.fixed ?? node.fixed;
  node.pattern = element.pattern ?? node.pattern;
  node.binding = element.binding ?? node.binding;
  if (element.slicing && (element.slicing.discriminators.length > 0 || !node.slicing)) {
    node.slicing = element.slicing;
  }
  for (const rule of element.constraints) {
    node.constraints = [...node.constraints.filter(({ key }) => key !== rule.key), rule];
  }
}
