/** The BSN by its one definition, under the name that the formats use. */
export { BSN_SYSTEM, normaliseBsn as bsnOf } from '../../conformance/index.ts';
