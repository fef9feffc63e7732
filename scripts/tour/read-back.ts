/** What a sender reads back of what it sent: the real read, by which the tour counts records. */
import { entries, partnerSearch } from '../../src/demo/client/partner-client.ts';
import { systemToken } from '../../src/demo/client/system-token.ts';
import type { Answer } from '../../src/demo/client/trail.ts';
import { title } from './title.ts';
import type { Tour } from './tour-parts.ts';

export const BSN_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/bsn';

export interface ReadBack {
  /** Id of the Patient as this sender knows it. */
  readonly patient: string;
  search(type: string, params?: Record<string, string>): Promise<Answer>;
  /** How many there are of this type. */
  count(type: string, params?: Record<string, string>): Promise<number>;
}

/** @throws Error when the sender does not know this person. */
export async function readBack(tour: Tour, sender: string, bsn: string): Promise<ReadBack> {
  const client = tour.system(sender);
  const token = await systemToken(client, { title: title('token'), scope: 'system/*.rs' });
  const ask = (type: string, params: Record<string, string>) =>
    partnerSearch({ client, token }, type, params, title(`read back ${type}`));
  const found = await ask('Patient', { identifier: `${BSN_SYSTEM}|${bsn}` });
  const patient = entries(found)[0]?.id;
  if (patient === undefined) throw new Error(`${sender} reads back nobody (${found.status})`);
  const search = (type: string, params: Record<string, string> = {}) =>
    ask(type, { patient: `Patient/${patient}`, ...params });
  return {
    patient,
    search,
    async count(type, params) {
      const answer = await search(type, { ...params, _summary: 'count' });
      return answer.json<{ total?: number }>().total ?? -1;
    },
  };
}
