/** The receipt of one save. It holds no clinical data: names of kinds, parties and moments only. */
import type { ConsentRule } from '../permission/index.ts';
import type { ChoiceAct, ConsentText } from './choice.ts';

export interface Receipt {
  readonly id: string;
  readonly recorded: string;
  readonly decidedBy: readonly { readonly rel: string }[];
  readonly assurance?: string;
  readonly channel: string;
  readonly text: ConsentText;
  /** Nothing was filled in beforehand when the choices were shown. */
  readonly preselected: 'nothing';
  readonly rules: readonly ConsentRule[];
  /** sha256 (hex) over the canonical rules. */
  readonly digest: string;
  readonly epoch: number;
}

export function receiptOf(
  id: string,
  recorded: Date,
  act: ChoiceAct,
  rules: readonly ConsentRule[],
  digest: string,
  epoch: number,
): Receipt {
  return {
    id,
    recorded: recorded.toISOString(),
    decidedBy: act.performers.map(({ rel }) => ({ rel })),
    ...(act.assurance === undefined ? {} : { assurance: act.assurance }),
    channel: act.channel,
    text: act.text,
    preselected: 'nothing',
    rules,
    digest,
    epoch,
  };
}
