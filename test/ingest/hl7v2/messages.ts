/**
 * Messages of invented people for these tests. The BSNs pass the eleven-test and begin with 9999.
 */

import type { Resource } from '../../../src/conformance/index.ts';
import type { MappedMessage, SenderOverlay } from '../../../src/ingest/format.ts';
import { openHl7v2 } from '../../../src/ingest/hl7v2/hl7v2-format.ts';
import { layOver, readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';

export const format = openHl7v2();
export const overlay: SenderOverlay = readOverlay('default');

export const withOverlay = (own: Partial<SenderOverlay>): SenderOverlay =>
  layOver('sender-x', { ...overlay, base: 'https://sender.example/{sender}/' }, own);

export const er7 = (...segments: readonly string[]): Buffer =>
  Buffer.from(`${segments.join('\r')}\r`, 'latin1');

export const msh = (type: string, more = '') =>
  `MSH|^~\\&|ZIS|HAVENZH|ZORGSLUIS|REGIO|20260302101500||${type}|ID-${type.length}-1|P|2.5||||||8859/1${more}`;

export const PID =
  'PID|1||999912069^^^NLMINBIZA^NNNLD~0012345^^^HAVENZH^PI||de Wit-van der Meer&van der&Meer&de&Wit^A^B^^^^L||19680412|F|||Lange Dijk 12 b&Lange Dijk&12^b^Meerdam^^1234AB^NL^H||0201111111^PRN^PH~^NET^Internet^a.vandermeer@voorbeeld.example';

export const ADT_A08 = er7(
  msh('ADT^A08^ADT_A01'),
  'EVN|A08|20260302101400',
  PID,
  'PV1|1|I|4A^12^1^HAVENZH||||03098765^Boom^K.L.^^^^^^VEKTIS|||CAR|||||||||V-2026-881^^^HAVENZH^VN|||||||||||||||||||||||||20260301093000',
);

export const ORU_R01 = er7(
  msh('ORU^R01^ORU_R01'),
  PID,
  'ORC|RE|A-771^ZIS|L-5521^LIS',
  'OBR|1|A-771^ZIS|L-5521^LIS|BB^Bloedbeeld^L|||20260302080500||||||||BLD&Bloed&L|03098765^Boom^K.L.^^^^^^VEKTIS||||||20260302094500|||F',
  'OBX|1|NM|718-7^Hemoglobine^LN^HB^Hb^L||7.90|mmol/l|7.5 - 10.0||||F|||20260302080500||LAB01^Tak^J.^^^^^^VEKTIS',
  'OBX|2|ST|GLU^Glucose^L||<2,5|mmol/l|4.0-7.8|L|||F',
  'NTE|1|L|Monster was lipemisch.',
  'NTE|2|L|Herhaling geadviseerd.',
  'OBX|3|ST|OPM^Opmerking^L||zie onder||||||P',
  'OBX|4|CE|KWEEK^Kweek^L||112283007^Escherichia coli^SCT||||||C',
);

export function only(bytes: Buffer, sender = overlay): MappedMessage {
  const [message, ...rest] = format.read(bytes, sender);
  if (!message || rest.length > 0) throw new Error(`${rest.length + 1} messages`);
  return message;
}

export const resourcesOf = (message: MappedMessage, type: string): Resource[] =>
  message.resources.map((one) => one.resource).filter((one) => one.resourceType === type);

export function one(message: MappedMessage, type: string): Resource {
  const [found, ...rest] = resourcesOf(message, type);
  if (!found || rest.length > 0) throw new Error(`not one ${type}`);
  return found;
}
