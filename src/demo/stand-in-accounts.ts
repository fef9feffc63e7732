/** Who can log in at the stand-ins: the personas at DigiD, the staff of organisations at theirs. */

import { organisation } from './region/organisations.ts';
import { demoPeople } from './region/people.ts';
import { createRandom } from './region/random.ts';
import type { StandInAccount } from './stand-in-provider.ts';

const PERSONAS = 21;

/** Everybody with a BSN; also who is a patient nowhere, since DigiD does not know that. */
export function digidAccounts(): StandInAccount[] {
  const people = [...demoPeople(createRandom('people'), PERSONAS)];
  const own = people.flatMap((person) =>
    person.bsn === undefined
      ? []
      : [
          {
            id: `bsn-${person.bsn}`,
            label: [person.key, person.given, person.prefix, person.family]
              .filter(Boolean)
              .join(' '),
            claims: { bsn: person.bsn },
          },
        ],
  );
  const bsnOf = (sought: string) => people.find(({ key }) => key === sought)?.bsn ?? '';
  const [tim, eva, henk] = [bsnOf('P06'), bsnOf('P07'), bsnOf('P04')];
  const until = new Date(Date.now() + MANDATE_MS).toISOString();
  return [
    ...own,
    ...PARENTS_OF_TIM.map((one) => ({ ...account(one), parentOf: [tim] })),
    { ...account(PARENT_OF_EVA), parentOf: [eva] },
    { ...account(DAUGHTER), mandates: [{ of: henk, kinds: 'medicijnen', until }] },
  ];
}

/** They have no record; they are there to act for P06, P07 and P04. */
const PARENTS_OF_TIM = [
  { bsn: '999990226', label: 'Mirjam Bos (moeder van P06 Tim)' },
  { bsn: '999990251', label: 'Koen Bos (vader van P06 Tim)' },
];
const PARENT_OF_EVA = { bsn: '999990263', label: 'Selma Yılmaz (moeder van P07 Eva)' };
const DAUGHTER = { bsn: '999990238', label: 'Marieke Wassink (dochter van P04 Henk)' };
/** J10.5: medicines, for a year. */
const MANDATE_MS = 365 * 86_400_000;

const account = ({ bsn, label }: { bsn: string; label: string }) => ({
  ...{ id: `bsn-${bsn}`, label, claims: { bsn } },
});

/** Staff of the demo, with role and organisation. */
export function staffAccounts(): StandInAccount[] {
  const of = (id: string, label: string, role: string, key: string): StandInAccount => ({
    id,
    label: `${label} (${organisation(key).name})`,
    claims: { role, organisation: organisation(key).id, name: label },
  });
  return [
    of('auditor-kennemerzoom', 'Mila Auditor', 'auditor', 'kennemerzoom'),
    of('auditor-jansen', 'Bram Controle', 'auditor', 'jansen'),
    of('fg-kennemerzoom', 'Fenna Gegevens', 'privacy-officer', 'kennemerzoom'),
    // Two, so that what is done in an emergency can be reviewed by four eyes.
    of('fg-seh', 'Sami Toezicht', 'privacy-officer', 'seh'),
    of('auditor-seh', 'Nora Nazicht', 'auditor', 'seh'),
    of('integratie-kennemerzoom', 'Ivo Koppeling', 'sender', 'kennemerzoom'),
    of('analist-kennemerzoom', 'Anna Cijfers', 'analyst', 'kennemerzoom'),
    of('beheer', 'Bea Beheer', 'operator', 'kennemerzoom'),
  ];
}
