/**
 * Remarks of a receipt in the reader's language. The words of a remark are made where the message
 * is read, in English; its stable code says the same in Dutch. The place stands beside it.
 */
import { reasonInDutch } from '../../ingest/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import { type Language, say, type Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';

/** What a code comes to, in plain Dutch. */
const IN_DUTCH: Readonly<Record<string, string>> = {
  'active-content': 'De PDF bevat onderdelen die iets uitvoeren. Zo’n bestand nemen we niet aan.',
  anonymised: 'De naam is verborgen of verzonnen. Hiervoor bewaren we niets.',
  'attachment-url': 'De bijlage verwijst naar een bestand dat niet in het bericht zit.',
  'bsn-eleven-test': 'Het BSN klopt niet.',
  'bundle-type': 'Dit soort bundel (Bundle.type) nemen we hier niet aan.',
  'came-before': 'Dit bericht kwam al eerder, met dezelfde inhoud.',
  'charset-differs':
    'MSH-18 noemt een andere tekenset dan het bericht heeft. Het is gelezen als UTF-8.',
  charset: 'De tekenset in MSH-18 kennen we niet.',
  'control-character': 'In de tekst staat een stuurteken.',
  'count-differs': 'De teller van de envelop past niet bij wat er kwam.',
  'dangling-reference': 'Deze verwijzing wijst nergens naar.',
  delimiters: 'De scheidingstekens zijn niet bruikbaar.',
  'document-missing': 'Een document dat de aanbieding noemt, zit niet in de bundel.',
  'death-contradicted':
    'Er staat een moment van overlijden, en ook dat de persoon leeft. Beide zijn niet overgenomen.',
  'document-order': 'De tekst staat vóór TXA. Die is bij dat document gezet.',
  'document-pointer': 'De verwijzing naar het document is geen webadres.',
  'dosage-sequence': 'Doseringen na elkaar staan alleen in de tekst.',
  'duplicate-entry': 'Twee onderdelen van de bundel gaan over hetzelfde.',
  'duplicate-key': 'Dit berichtnummer is al gebruikt voor een andere inhoud.',
  'end-before-begin': 'Het einde ligt vóór het begin. Het is weggelaten.',
  'event-contradicted': 'EVN-1 noemt een andere gebeurtenis dan MSH-9. MSH-9 is gevolgd.',
  'field-missing': 'Een verplicht veld is leeg.',
  'hour-twice': 'De klok gaf dit uur twee keer. De eerste is genomen.',
  'id-mismatch': 'Het nummer in het adres en in de inhoud zijn niet gelijk.',
  'identifier-conflict': 'De nummers horen bij verschillende personen.',
  'identity-twice':
    'Twee onderdelen hebben hetzelfde nummer. Ze zijn op volgorde uit elkaar gehouden.',
  'merge-with-itself': 'Het nummer dat vervalt is hetzelfde als het nummer dat blijft.',
  'message-type': 'Dit soort bericht nemen we niet aan.',
  'metadata-missing': 'Dit hoort bij een volledig beschreven document, en ontbreekt.',
  'modifier-extension': 'Een toevoeging die de betekenis verandert, kennen we niet.',
  'more-to-fetch': 'Het systeem heeft meer uitslagen dan in dit antwoord staan.',
  'name-order': 'Twee achternamen: de eerste is als eigen naam genomen.',
  'negated-unread': 'Hier staat dat iets niet zo is. We kunnen dat hier niet overnemen.',
  'no-person': 'Het is niet duidelijk van wie dit is.',
  'not-a-number': 'Deze waarde is geen getal.',
  'not-a-pdf': 'Dit heet een PDF, maar het begint niet zo.',
  'not-a-time': 'Deze datum of tijd bestaat niet of is niet te lezen.',
  'not-an-oid':
    'Het codestelsel heeft geen geldig nummer (OID). De code is zonder stelsel bewaard.',
  'not-base64': 'De inhoud is niet goed verpakt (base64).',
  'not-yes-or-no': 'Hier hoort ja of nee (Y of N).',
  'order-unread': 'Aanvragen van medicijnen of maaltijden worden hier niet gelezen.',
  'parent-missing': 'Het bericht gaat over een eerder document, maar TXA-13 noemt niet welk.',
  'pdf-encrypted': 'De PDF is versleuteld: niet iedereen kan hem openen, en het is geen PDF/A.',
  'pdf-not-a': 'De PDF zegt niet dat hij PDF/A is.',
  'period-reversed': 'De periode eindigt voordat zij begint. Ze is zo overgenomen.',
  'processing-id': 'Dit is een oefen- of testbericht. Dat bewaren we niet.',
  'required-missing': 'Een verplicht gegeven ontbreekt. Dit onderdeel is niet gemaakt.',
  'no-result':
    'Het bericht zegt dat er geen uitslag is: de aanvraag of de persoon is daar niet bekend.',
  'segment-missing': 'Er ontbreekt een deel van het bericht (segment).',
  'segment-order': 'Dit staat vóór de patiënt (PID). Het is bij die patiënt gezet.',
  'segment-name': 'Dit is geen geldig deel (segment) van een bericht.',
  'several-patients': 'Het bericht noemt meer dan één persoon.',
  'several-people': 'Het is niet te zien van wie elk onderdeel is.',
  size: 'De grootte die erbij staat klopt niet. De inhoud zelf klopt wel.',
  'skipped-by-clock': 'Dit uur bestond niet: de klok ging vooruit.',
  'time-ahead': 'De tijd van het bericht ligt in de toekomst. Het telt vanaf de ontvangst.',
  'too-deep': 'Het bericht is te diep genest.',
  'too-large': 'Het bericht is te groot of heeft te veel delen.',
  undecodable: 'Een teken past niet bij de tekenset van het bericht.',
  subsetted: 'Dit is een deel van een gegeven (SUBSETTED). Stuur het hele gegeven.',
  'unknown-code': 'Deze code staat niet in de lijst die hier hoort.',
  'unknown-format': 'Dit is geen bericht dat hier gelezen kan worden.',
  'unknown-patient': 'De persoon die hier staat is niet bekend.',
  unread: 'Hiervoor is geen regel. Het staat in het bericht zoals het kwam.',
  'value-type': 'Een waarde van dit soort lezen we hier niet.',
  'xml-attributes': 'Een onderdeel van de XML heeft te veel kenmerken.',
  'xml-depth': 'De XML is te diep genest.',
  'xml-doctype': 'Een DOCTYPE in de XML nemen we niet aan.',
  'xml-encoding': 'De tekenset van de XML klopt niet of kennen we niet.',
  'xml-nodes': 'De XML heeft te veel onderdelen.',
  'xml-not-well-formed': 'De XML is niet goed gevormd.',
};

/** Left out on purpose: the reason stands in the rule table, and in Dutch beside the tables. */
const LEFT_OUT = 'Met opzet niet overgenomen. De reden:';

/**
 * A remark for the page. What has no Dutch words is marked as English, for who has it read aloud.
 */
export function remarkText(
  { code, text }: { readonly code: string; readonly text: string },
  language: Language,
): Content {
  if (language === 'en') return text;
  const dutch = IN_DUTCH[code];
  if (dutch !== undefined) return html`${dutch}${named(text)}`;
  const english = html`<span lang="en">${text}</span>`;
  return code === 'ignored' ? html`${LEFT_OUT} ${reasonInDutch(text) ?? english}` : english;
}

interface Remark {
  readonly place: string;
  readonly code: string;
  readonly text: string;
}

interface RemarkTable<R extends Remark> {
  readonly caption: Text;
  readonly columns: readonly Text[];
  readonly row: (remark: R) => readonly Content[];
  readonly remarks: readonly R[];
}

const ON_PURPOSE: Text = { nl: 'Met opzet weggelaten', en: 'Left out on purpose' };
const ROWS_MAX = 200;

/** What somebody has to look at stands first; what is left out on purpose is folded under it. */
export function remarkTables<R extends Remark>(
  { caption, columns, row, remarks }: RemarkTable<R>,
  language: Language,
): Content {
  const rows = (wanted: boolean) =>
    remarks
      .filter(({ code }) => (code === 'ignored') === wanted)
      .slice(0, ROWS_MAX)
      .map(row);
  const [open, folded] = [rows(false), rows(true)];
  return [
    open.length > 0 && table({ caption, columns, rows: open }, language),
    folded.length > 0 &&
      html`<details><summary>${say(ON_PURPOSE, language)} (${folded.length})</summary>${table(
        { caption: ON_PURPOSE, columns, rows: folded },
        language,
      )}</details>`,
  ];
}

/** The element that a remark is about stands in no other place: `Observation.code has no value`. */
function named(text: string): Content {
  const element = /^([A-Z][A-Za-z]+(?:\.[A-Za-z()[\]-]+)+) /.exec(text)?.[1];
  return element === undefined ? undefined : html` (<code>${element}</code>)`;
}
