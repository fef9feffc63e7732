/** What a module of a provider may find out: by the one way out, like everything else. */
import { parseSearch, R4 } from './conformance/index.ts';
import type { Release } from './consent/index.ts';
import type { ModuleWays } from './medmij/index.ts';

/** Whether somebody can read something, and who that is for the aanbieder. */
export function moduleWays(release: Release): ModuleWays {
  return {
    holds: async (access, vault, type, id) =>
      (await release.read(access, vault, { version: R4, type, id })) !== undefined,
    async patientId(access, vault) {
      const { matches } = await release.search(access, vault, {
        params: [],
        parse: (params) => parseSearch(R4, 'Patient', params, { strict: true }),
        ...{ path: 'Patient', base: 'module', pageSizeDefault: 1, pageSizeMax: 1 },
      });
      return matches[0]?.id;
    },
  };
}
