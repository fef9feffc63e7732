/** From a resource that is to be written to its row: facts for the decision, tokens for search. */
import { type FhirVersion, indexTokens, type Resource, toR4 } from '../../conformance/index.ts';
import { factsOf } from '../../permission/index.ts';
import type { ResourceWrite, StoredResource } from '../../store/index.ts';
import { embargoOf } from '../embargo.ts';
import type { Sender } from '../handling.ts';
import { headFirst } from '../resource-form.ts';
import { withTranslations } from '../unknown-codes.ts';
import { isHeavy, withBytes } from '../written-bytes.ts';

export interface RowContext {
  readonly sender: Sender;
  readonly version: FhirVersion;
  /** ISO instant of this write. */
  readonly recorded: string;
}

export interface Row {
  readonly write: ResourceWrite;
  /** As it is stored, in the version it came in. */
  readonly native: Resource;
}

/** @param id under which it is stored; versionId and lastUpdated of the sender do not count. */
export function rowOf(context: RowContext, resource: Resource, id: string): Row {
  const { sender, version, recorded } = context;
  const own = headFirst(withoutServerMeta(resource), id);
  const isR4 = version.name === 'R4';
  const native = isR4 ? withTranslations(own, sender.overlay) : own;
  const form = isR4 ? native : withTranslations(toR4(native).resource, sender.overlay);
  const r4 = isR4 ? form : headFirst(form, id);
  const { tokens, months } = indexTokens(r4);
  const facts = factsOf(r4, {
    custodian: sender.organisation.id,
    custodianType: sender.organisation.type,
    recorded,
    ...embargoOf(r4, sender.overlay, recorded),
  });
  const known = {
    type: r4.resourceType,
    id,
    custodian: sender.organisation.id,
    native: version.name,
    facts,
    tokens,
    months,
  };
  return { native, write: withBytes(known, { native, r4 }, isHeavy(native)) };
}

/** A delete marker is decided like the version it ends (consent.md 7.2). */
export function tombstoneOf(before: StoredResource): ResourceWrite {
  return {
    type: before.type,
    id: before.id,
    custodian: before.custodian,
    native: before.native,
    bytes: Buffer.alloc(0),
    facts: before.facts,
    tokens: [],
    months: [],
    deleted: true,
  };
}

function withoutServerMeta(resource: Resource): Resource {
  const { meta } = resource;
  if (!meta || (meta.versionId === undefined && meta.lastUpdated === undefined)) return resource;
  const { versionId: _version, lastUpdated: _updated, ...kept } = meta;
  const { meta: _meta, ...rest } = resource;
  return Object.keys(kept).length === 0 ? (rest as Resource) : { ...resource, meta: kept };
}
