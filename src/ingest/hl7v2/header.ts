/**
 * What MSH says about the exchange, and which messages are read at all (source-formats.md 3.1,
 * 3.2).
 */
import { Problem } from '../../platform/problem.ts';
import type { SenderOverlay } from '../format.ts';
import { hl7Time } from '../mapping/date-time.ts';
import { compilePath } from '../mapping/path-grammar.ts';
import { rootCursor, type SourceNode } from '../mapping/source-node.ts';
import { textAt } from '../mapping/source-path.ts';

export interface MessageHeader {
  readonly sendingApplication: string;
  readonly sendingFacility: string;
  readonly receivingApplication: string;
  readonly receivingFacility: string;
  readonly time?: string;
  /** `ORU`, and `R01`. */
  readonly type: string;
  readonly event: string;
  readonly controlId: string;
  readonly processing: string;
  readonly version: string;
  readonly acceptAck?: string;
  readonly applicationAck?: string;
}

const PATHS = Object.fromEntries(
  ['3.1', '4.1', '5.1', '6.1', '7', '9.1', '9.2', '9.3', '10', '11.1', '12.1', '15', '16'].map(
    (path) => [path, compilePath(path)],
  ),
);

/** Reads without judging, so that even a refused message can be answered by its number. */
export function readHeader(msh: SourceNode, zone: string): MessageHeader {
  const at = (path: string): string => {
    const compiled = PATHS[path];
    return (compiled && textAt(rootCursor(msh), compiled)?.trim()) ?? '';
  };
  const time = hl7Time(at('7'), zone);
  const structure = at('9.3').split('_');
  return {
    sendingApplication: at('3.1'),
    sendingFacility: at('4.1'),
    receivingApplication: at('5.1'),
    receivingFacility: at('6.1'),
    ...(typeof time === 'object' ? { time: time.value } : {}),
    type: at('9.1'),
    event: at('9.2') || (structure[1] ?? ''),
    controlId: at('10'),
    processing: at('11.1'),
    version: at('12.1'),
    ...(at('15') === '' ? {} : { acceptAck: at('15') }),
    ...(at('16') === '' ? {} : { applicationAck: at('16') }),
  };
}

const ADT =
  'A01 A02 A03 A04 A05 A06 A07 A08 A09 A10 A11 A12 A13 A14 A15 A16 A18 A21 A22 A23 A25 A26 A27 A28 A29 A30 A31 A32 A33 A34 A36 A38 A40 A47 A60';
/** Message types with the events that the rule tables cover. */
const SUPPORTED: Readonly<Record<string, ReadonlySet<string>>> = {
  ADT: new Set(ADT.split(' ')),
  ORU: new Set(['R01', 'R03', 'R30', 'R31', 'R32', 'W01']),
  OUL: new Set(['R21', 'R22', 'R23', 'R24']),
  MDM: new Set(['T01', 'T02', 'T03', 'T04', 'T05', 'T06', 'T07', 'T08', 'T09', 'T10', 'T11']),
  ORM: new Set(['O01']),
  OML: new Set(['O21', 'O33', 'O35']),
  OMG: new Set(['O19']),
  VXU: new Set(['V04']),
  SIU: new Set(['S12', 'S13', 'S14', 'S15', 'S17', 'S26']),
};

/** @throws Problem with the code that the acknowledgement turns into ERR-3. */
export function checkHeader(header: MessageHeader, overlay: SenderOverlay): void {
  const missing = (place: string) =>
    new Problem('unprocessable', 'A required field of MSH is empty.', {
      code: 'field-missing',
      expression: [place],
    });
  if (header.type === '') throw missing('MSH-9');
  if (header.controlId === '') throw missing('MSH-10');
  const events = SUPPORTED[header.type];
  if (!events) throw unsupported('message-type', 'This message type is not supported.', 'MSH-9.1');
  if (header.event === '' && events.size > 1) throw missing('MSH-9.2');
  if (header.event !== '' && !events.has(header.event)) {
    throw unsupported('event', 'This event is not supported.', 'MSH-9.2');
  }
  if (header.version !== '' && !/^2(\.\d){0,2}/.test(header.version)) {
    throw unsupported('version', 'This version is not HL7 v2.', 'MSH-12');
  }
  if (header.processing !== '' && !overlay.processing.includes(header.processing)) {
    throw unsupported(
      'processing-id',
      'Messages for training or debugging are not stored.',
      'MSH-11',
    );
  }
}

const unsupported = (code: string, text: string, place: string) =>
  new Problem('not-supported', text, { code, expression: [place] });
