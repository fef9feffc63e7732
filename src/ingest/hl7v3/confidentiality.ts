/**
 * `confidentialityCode` of a document or a section holds for all that stands in it, unless a part
 * says otherwise itself (HL7 CDA R2 4.2.1, context conduction): what was made of an entry is
 * shielded like the section that it came from.
 */
import type { Coding, Resource } from '../../conformance/index.ts';
import type { Made } from '../mapping/later-reference.ts';
import { type Cursor, childrenNamed, type SourceNode } from '../mapping/source-node.ts';
import { attribute } from './interaction.ts';

const SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const SHIELDED: Readonly<Record<string, string>> = { R: 'restricted', V: 'very restricted' };

/** Others refer to these too, and they say nothing of the person's health. */
const PARTY =
  /^(Patient|Practitioner|PractitionerRole|Organization|RelatedPerson|Location|HealthcareService)$/;

/** Marks what is restricted or very restricted; what nobody shields stays as it is. */
export function shieldParts(root: SourceNode, made: readonly Made[]): void {
  if (!isSaid(root)) return;
  for (const { resource, from } of made) {
    if (PARTY.test(resource.resourceType)) continue;
    const code = resource.resourceType === 'Composition' ? strictest(from.node) : nearest(from);
    if (code !== undefined && code in SHIELDED) shield(resource, code);
  }
}

const codeOf = (node: SourceNode | undefined): string | undefined =>
  attribute(node, 'code')?.trim().toUpperCase();

const ownCode = (node: SourceNode): string | undefined =>
  codeOf(childrenNamed(node, 'confidentialityCode')[0]);

const isSaid = (node: SourceNode): boolean =>
  node.name === 'confidentialityCode'
    ? (codeOf(node) ?? 'N') in SHIELDED
    : node.children.some(isSaid);

function nearest(from: Cursor): string | undefined {
  for (let at: Cursor | undefined = from; at !== undefined; at = at.up) {
    const code = ownCode(at.node);
    if (code !== undefined) return code;
  }
  return undefined;
}

/** A composition holds the text of all its sections. */
function strictest(node: SourceNode): string | undefined {
  const codes = [ownCode(node), ...node.children.map(strictest)];
  return ['V', 'R'].find((code) => codes.includes(code));
}

function shield(resource: Resource, code: string): void {
  const security = (resource.meta?.security ?? []) as readonly Coding[];
  if (security.some((one) => one.system === SYSTEM && one.code === code)) return;
  const kept = security.filter((one) => one.system !== SYSTEM);
  const label = { system: SYSTEM, code, display: SHIELDED[code] as string };
  resource.meta = { ...resource.meta, security: [...kept, label] };
}
