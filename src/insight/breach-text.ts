/**
 * What is told after a breach, in plain Dutch: to the authority (AVG 33(3)) and to the persons
 * (AVG 34(2)).
 */
import { authorityClock, type BreachReport } from './breach-drill.ts';

const NEVER = 'niet bekend uit het logboek: vul zelf in';

const moment = (at: Date): string =>
  new Intl.DateTimeFormat('nl-NL', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'Europe/Amsterdam',
  }).format(at);

export interface BreachTold {
  readonly incident: string;
  readonly discovered: Date;
  readonly now: Date;
  /** Whose data: name of the holder, or of all. */
  readonly holder: string;
  /** Types in plain words, with how many. */
  readonly kinds: readonly string[];
}

/** A draft for the form of the authority: what the ledger knows, and what somebody has to add. */
export function authorityNotice(report: BreachReport, told: BreachTold): string {
  const { scope, persons, lines, addresses } = report;
  const { until, hoursLeft } = authorityClock(told.discovered, told.now);
  const touched = persons.filter(({ acts }) => acts > 0);
  const changed = touched.filter((one) => one.changed.size > 0).length;
  const leaked = [
    ['sleutel van', scope.client],
    ['account', scope.user],
    ['token', scope.tokenId],
    ['organisatie', scope.organisation],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  return `Concept: melding van een datalek (AVG artikel 33), incident ${told.incident}

Ontdekt: ${moment(told.discovered)}
Uiterlijk melden: ${moment(until)} (${
    hoursLeft >= 0
      ? `nog ${Math.floor(hoursLeft)} uur`
      : `${Math.ceil(-hoursLeft)} uur te laat: zeg in de melding waarom`
  })

1. Wat is er gebeurd
   Gelekt: ${leaked.length === 0 ? 'alles in deze periode wordt bekeken' : leaked.join(', ')}
   Periode: ${moment(scope.from)} tot ${moment(scope.until)}
   Regels in het logboek: ${lines}
   Adressen waar het vandaan kwam: ${
     [...addresses].map(([address, count]) => `${address} (${count} keer)`).join(', ') || NEVER
   }
2. Betrokkenen
   Van wie gegevens zijn getoond of veranderd: ${touched.length} personen
   Alleen geweigerde pogingen: ${persons.length - touched.length} personen
   Waarvan met veranderde of nieuwe gegevens: ${changed} personen
3. Soorten gegevens (aantal keer getoond)
   ${told.kinds.join('\n   ') || 'geen'}
   Gezondheidsgegevens: ja, bijzondere persoonsgegevens (AVG artikel 9)
4. Gevolgen voor de betrokkenen: ${NEVER}
5. Maatregelen: sleutel of account blokkeren (zorgsluis partner suspend, sender suspend), ${NEVER}
6. Contactpersoon of functionaris gegevensbescherming: ${NEVER}
`;
}

/** B1; for each holder, since each tells its own persons. */
export function personNotice({ scope }: BreachReport, told: BreachTold): string {
  return `Onderwerp: iemand heeft misschien uw medische gegevens gezien

Beste meneer of mevrouw,

Er is iets misgegaan met de beveiliging. Iemand die dat niet mocht, kon gegevens van u zien.
Het gaat om gegevens die zorgverleners over u bewaren. ${told.holder} is daar een van.

Wat is er gebeurd?
Tussen ${moment(scope.from)} en ${moment(scope.until)}
is een toegang gebruikt die in verkeerde handen was.
Wij ontdekten dit op ${moment(told.discovered)}. Wij hebben de toegang dicht gedaan.

Om welke soorten gegevens kan het gaan?
${told.kinds.map((kind) => `- ${kind}`).join('\n')}

Wat kunt u doen?
Log in op Mijn Zorgsluis.
Bij "Wie keek in mijn dossier" ziet u precies wat er is gezien en wanneer.
Krijgt u een vreemd telefoontje of bericht over uw gezondheid?
Ga er niet op in en laat het ons weten.

Heeft u vragen?
Neem contact op met de functionaris gegevensbescherming van ${told.holder}.
U mag ook klagen bij de Autoriteit Persoonsgegevens (autoriteitpersoonsgegevens.nl).
Noem dan nummer ${told.incident}.
`;
}

/** A file for the letter of one holder; two practices may have one name, and both tell theirs. */
export function letterFile(holder: string, taken: ReadonlySet<string>): string {
  const name = holder.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  let file = `bericht-${name}.txt`;
  for (let number = 2; taken.has(file); number += 1) file = `bericht-${name}-${number}.txt`;
  return file;
}
