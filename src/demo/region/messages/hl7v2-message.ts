/** HL7 v2 of the demo's hospitals and laboratory: ADT^A08 and ORU^R01 in Dutch style. */
import type { Organisation } from '../../../identity/index.ts';
import type { DemoPerson } from '../people.ts';
import type { LabReport } from '../record.ts';

export interface V2Sender {
  readonly application: string;
  readonly organisation: Organisation;
}

/** How the BSN stands in PID-3; `invalid` and `none` are the dirt of personas P15 to P17. */
export type BsnShown = string | 'none';

const line = (...fields: readonly string[]): string => fields.join('|');

function header(sender: V2Sender, type: string, id: string, time: string): string {
  return line(
    'MSH',
    '^~\\&',
    sender.application,
    sender.organisation.agb ?? '',
    'ZORGSLUIS',
    'REGIO',
    time,
    '',
    type,
    id,
    'P',
    '2.5',
    ...Array<string>(5).fill(''),
    'UNICODE UTF-8',
  );
}

function person(sender: V2Sender, one: DemoPerson, bsn: BsnShown): string {
  const number = `${sender.organisation.agb}-${one.key}^^^${sender.application}^PI`;
  const identifiers = bsn === 'none' ? number : `${bsn}^^^NLMINBIZA^NNNLD~${number}`;
  const surname = `${[one.prefix, one.family].filter(Boolean).join(' ')}&${one.prefix ?? ''}&${one.family}`;
  return line(
    'PID',
    '1',
    '',
    identifiers,
    '',
    `${escaped(surname)}^${escaped(one.given)}^^^^^L`,
    '',
    one.birthDate.replaceAll('-', ''),
    one.gender === 'female' ? 'F' : 'M',
    '',
    '',
    `${one.street} ${one.house}&${one.street}&${one.house}^^${one.city}^^${one.postcode.replace(' ', '')}^NL^M`,
    '',
    `${one.phone}^PRN^CP`,
  );
}

/** Only the characters that could be delimiters; an ampersand stays a separator in a surname. */
const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\E\\')
    .replaceAll('|', '\\F\\')
    .replaceAll('^', '\\S\\')
    .replaceAll('~', '\\R\\');

export function adtUpdate(
  sender: V2Sender,
  one: DemoPerson,
  message: { id: string; time: string; bsn: BsnShown; deceased?: string },
): string {
  const pid = person(sender, one, message.bsn);
  const dead = message.deceased ? `${pid}${'|'.repeat(16)}${message.deceased}|Y` : pid;
  const visit = line('PV1', '1', 'O', 'POLI^^^KENNEMER');
  return segments(
    header(sender, 'ADT^A08^ADT_A01', message.id, message.time),
    `EVN|A08|${message.time}`,
    dead,
    visit,
  );
}

/** ORU^R01 with the results of one order. */
export function labReport(
  sender: V2Sender,
  one: DemoPerson,
  report: LabReport,
  message: {
    id: string;
    time: string;
    bsn: BsnShown;
    status: 'P' | 'F';
    /** Replaces the LOINC code of the first result by a local code that nobody mapped. */
    unknownLocalCode?: boolean;
  },
): string {
  const results = report.results.map((result, at) => {
    const local = message.unknownLocalCode && at === 0;
    const code = local
      ? `LAB-X${at}^${result.loinc.display}^L`
      : `${result.loinc.code}^${result.loinc.display}^LN`;
    return line(
      'OBX',
      String(at + 1),
      'NM',
      code,
      '',
      result.value,
      result.unit ?? '',
      `${result.low} - ${result.high}`,
      result.flag,
      '',
      '',
      message.status,
      '',
      '',
      report.taken,
    );
  });
  const order = `${report.order}^${sender.application}`;
  return segments(
    header(sender, 'ORU^R01^ORU_R01', message.id, message.time),
    person(sender, one, message.bsn),
    line('ORC', 'RE', '', order),
    line(
      'OBR',
      '1',
      '',
      order,
      'BLOED^Bloedonderzoek^L',
      '',
      '',
      report.taken,
      ...Array<string>(14).fill(''),
      message.time,
      '',
      'LAB',
      message.status,
    ),
    ...results,
  );
}

const segments = (...all: readonly string[]): string => `${all.join('\r')}\r`;
