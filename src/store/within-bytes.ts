/** Rows in batches of so many bytes: fifty documents are not fetched together. */

/** Of what is sealed, in a batch: whatever it holds, one row is in it. */
export const BATCH_BYTES_MAX = 16_777_216;

/**
 * The first rows of a query up to the one that brings them to `BATCH_BYTES_MAX`, with what they come
 * to as `upto`. Whoever asks for more begins after the last: a batch of few rows need not be the
 * last one.
 * @param query names the columns of the order, and `size` in bytes; in that order, and limited
 */
export const withinBytes = (query: string, order: string): string =>
  `select * from (
     select r.*, sum(r.size) over (order by ${order} rows unbounded preceding) as upto
       from (${query}) r) r
    where upto - size < ${BATCH_BYTES_MAX}
    order by ${order}`;
