/** What is wrong with the ledger, in the words of the reader. */
import type { Verification } from '../../audit/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import type { Say } from '../page.ts';

type Finding = Verification['findings'][number];

const t = (nl: string, en: string): Text => ({ nl, en });

const KINDS: Readonly<Record<Finding['kind'], Text>> = {
  changed: t('deze regel is veranderd', 'this line was changed'),
  column: t('de index bij deze regel is veranderd', 'the index beside this line was changed'),
  removed: t('hier is een regel weggehaald', 'a line was taken away here'),
  swapped: t('hier zijn regels verwisseld', 'lines were swapped here'),
  inserted: t('hier is een regel tussengevoegd', 'a line was put in here'),
  'cut-tail': t(
    'het einde ontbreekt, of er is een oude kopie teruggezet',
    'the end is missing, or an old copy was put back',
  ),
  tree: t('de boom van controlegetallen is veranderd', 'the tree of digests was changed'),
  head: t('een ondertekende top klopt niet', 'a signed head is not right'),
  checkpoint: t('een bewaarde top klopt niet', 'a kept head is not right'),
  counter: t(
    'het aantal regels van een patiënt klopt niet',
    'the number of lines of a patient is not right',
  ),
  time: t('een tijdstip klopt niet', 'a time is not right'),
  key: t('een sleutel is buiten het systeem om veranderd', 'a key was changed past the system'),
  mark: t(
    'de stand van de bewaartijd is buiten het systeem om veranderd',
    'how far the retention went was changed past the system',
  ),
  guard: t(
    'een beveiliging van het logboek is weggehaald',
    'a safeguard of the log was taken away',
  ),
  hold: t(
    'wat regels langer bewaart, is buiten het systeem om veranderd',
    'what keeps lines longer was changed past the system',
  ),
  unnumbered: t('een regel kreeg geen nummer', 'a line got no number'),
};

/** The kind in words; the sentence for who looks further stays in English and is marked so. */
export function findingText({ kind, text }: Finding, say: Say): Content {
  return html`${say(KINDS[kind])} (<span lang="en">${text}</span>)`;
}
