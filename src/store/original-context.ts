/** What the sealed parts of an original are bound to: a part of one does not open in another. */

/** Of its data key. */
export const keyContext = (id: string): string => `original-key|${id}`;
/** Of what is known of it; the number of chunks is bound in, so that none can be left out. */
export const aboutContext = (id: string, chunks: number): string =>
  `original-about|${id}|${chunks}`;
/** Of one chunk. */
export const chunkContext = (id: string, number: number): string =>
  `original-chunk|${id}|${number}`;
