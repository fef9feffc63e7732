/** What a PGO may send at the address of a service: MedMij Delen. gegevensdiensten.md section 5. */
import type { BundleEntry, Resource } from '../conformance/index.ts';
import type { Organisation } from '../identity/index.ts';
import type { Share, SharedAnswer, Written } from '../ingest/index.ts';
import type { AccessRequest } from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Gegevensdienst } from './gegevensdienst.ts';

export interface MedmijSharing {
  bundle?(kind: 'batch' | 'transaction', entries: readonly BundleEntry[]): Promise<SharedAnswer>;
  readonly acknowledgement?: string;
  create?(resource: Resource): Promise<Written>;
  update?(resource: Resource, ifVersion?: number): Promise<Written>;
}

/** @returns undefined when this service takes nothing. */
export function sharingOf(
  share: Share,
  dienst: Gegevensdienst,
  who: {
    readonly access: AccessRequest;
    readonly vault: string;
    readonly aanbieder: Organisation;
    readonly base: string;
  },
): MedmijSharing | undefined {
  const types = dienst.share;
  if (!types) return undefined;
  const { access, vault, aanbieder, base } = who;
  const as = {
    access,
    vault,
    organisation: aanbieder,
    service: dienst.id,
    version: dienst.version,
    bases: [base],
    taskLife: types.isStepByStep ? ('one-by-one' as const) : ('answered-at-once' as const),
  };
  const takesBundles = types.batch.size + types.transaction.size > 0;
  return {
    ...(takesBundles
      ? {
          bundle: async (kind, entries) => {
            if (types[kind].size === 0) throw notTaken(kind);
            return share.bundle(as, kind, types[kind], entries);
          },
        }
      : {}),
    // What comes in a batch may come by itself.
    ...(types.batch.size > 0 ? { create: (one) => share.create(as, types.batch, one) } : {}),
    ...(types.update.has('Task')
      ? { update: (one, ifVersion) => share.update(as, one, ifVersion) }
      : {}),
    ...(dienst.acknowledgement === undefined ? {} : { acknowledgement: dienst.acknowledgement }),
  };
}

const notTaken = (kind: string): Problem =>
  new Problem('unprocessable', `This service takes no ${kind}.`, {
    code: 'bundle-type',
    expression: ['Bundle.type'],
  });
