/** What the cursor of a history repeats of its question. */
import type { HistoryQuestion } from './release-history.ts';

/** The question as parameters of a cursor. */
export function carry({ since, at, patient, pageSize }: HistoryQuestion): [string, string][] {
  return [
    ['size', String(pageSize)],
    ...(since ? [['since', since.toISOString()] as [string, string]] : []),
    ...(at === undefined ? [] : [['at', at] as [string, string]]),
    ...(patient === undefined ? [] : [['patient', patient] as [string, string]]),
  ];
}

/** The same read back. */
export function carried(params: readonly (readonly [string, string])[]) {
  const known = new Map(params);
  const since = known.get('since');
  const patient = known.get('patient');
  const at = known.get('at');
  return {
    pageSize: Number(known.get('size')),
    ...(since === undefined ? {} : { since: new Date(since) }),
    ...(at === undefined ? {} : { at }),
    ...(patient === undefined ? {} : { patient }),
  };
}
