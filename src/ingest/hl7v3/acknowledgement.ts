/**
 * Answers to HL7v3 senders (source-formats 7.1): an application acknowledgement in a message of
 * its own
 * that names the received message id, and a SOAP Fault for technical faults. Never patient data
 * in it.
 */
import type { SourceNode } from '../mapping/source-node.ts';
import { childrenNamed } from '../mapping/source-node.ts';
import { attribute } from './interaction.ts';

/**
 * AA accepted; AE wrong or failed, send again after repair or later; AR refused, never send it
 * again.
 */
export type AcknowledgementCode = 'AA' | 'AE' | 'AR';

export interface InstanceId {
  readonly root: string;
  readonly extension?: string;
}

/** What an answer needs of the message it answers; parts that could not be read are missing. */
export interface Received {
  readonly id?: InstanceId;
  readonly sender?: InstanceId;
  readonly receiver?: InstanceId;
  /** The SOAP version of the envelope around it. */
  readonly soap: '1.1' | '1.2' | undefined;
}

export interface AcknowledgementDetail {
  /** An error unless it says otherwise: I tells something, W warns. */
  readonly type?: 'E' | 'W' | 'I';
  /** HL7 AcknowledgementDetailCode, for instance `INTERR`, `SYN113`, `NS200`. */
  readonly code: string;
  readonly text: string;
  /** XPaths in the received message. */
  readonly locations: readonly string[];
}

export interface Acknowledgement {
  readonly received: Received;
  readonly code: AcknowledgementCode;
  readonly details: readonly AcknowledgementDetail[];
  /** Id of the answer itself. */
  readonly id: InstanceId;
  readonly created: Date;
  readonly processing?: string;
}

const INTERACTION_ROOT = '2.16.840.1.113883.1.6';
const DETAIL_CODES = '2.16.840.1.113883.5.1100';

/** What to answer to, from as much of a message as could be read. */
export function receivedOf(
  document: SourceNode,
  root: SourceNode | undefined,
  bytes: Buffer,
): Received {
  const device = (side: string) => {
    const at = root && childrenNamed(root, side)[0];
    return instanceId(at && childrenNamed(childrenNamed(at, 'device')[0] ?? at, 'id')[0]);
  };
  const id = instanceId(root && childrenNamed(root, 'id')[0]);
  const [sender, receiver] = [device('sender'), device('receiver')];
  return {
    ...(id ? { id } : {}),
    ...(sender ? { sender } : {}),
    ...(receiver ? { receiver } : {}),
    soap: document.name === 'soap:Envelope' ? soapVersionOf(bytes) : undefined,
  };
}

/** The two versions differ in their namespace only, which the source tree does not keep. */
const soapVersionOf = (bytes: Buffer): '1.1' | '1.2' =>
  bytes.subarray(0, 2_000).includes(SOAP_12) ? '1.2' : '1.1';

function instanceId(node: SourceNode | undefined): InstanceId | undefined {
  const root = attribute(node, 'root');
  const extension = attribute(node, 'extension');
  if (root === undefined) return undefined;
  return extension === undefined ? { root } : { root, extension };
}

/** MCCI_IN000002, wrapped in SOAP when the question was. */
export function writeAcknowledgement(answer: Acknowledgement): string {
  const { received, code, details, id, created } = answer;
  const message = [
    '<MCCI_IN000002 xmlns="urn:hl7-org:v3" ITSVersion="XML_1.0">',
    idXml('id', id),
    `<creationTime value="${hl7Instant(created)}"/>`,
    '<versionCode code="NICTIZEd2005-Okt"/>',
    idXml('interactionId', { root: INTERACTION_ROOT, extension: 'MCCI_IN000002' }),
    `<processingCode code="${escaped(answer.processing ?? 'P')}"/>`,
    '<processingModeCode code="T"/>',
    '<acceptAckCode code="NE"/>',
    `<acknowledgement typeCode="${code}">`,
    ...details.map(detailXml),
    received.id ? `<targetMessage>${idXml('id', received.id)}</targetMessage>` : '',
    '</acknowledgement>',
    deviceXml('receiver', received.sender),
    deviceXml('sender', received.receiver),
    '</MCCI_IN000002>',
  ].join('');
  return received.soap ? envelope(message, received.soap) : `${DECLARATION}${message}`;
}

/** For what is no message: not XML, not authenticated, our own outage. */
export function writeSoapFault(
  whose: 'Client' | 'Server',
  text: string,
  version: '1.1' | '1.2' = '1.1',
): string {
  if (version === '1.1') {
    const code = `<faultcode>soap:${whose}</faultcode>`;
    const fault = `<soap:Fault>${code}<faultstring>${escaped(text)}</faultstring></soap:Fault>`;
    return envelope(fault, version);
  }
  const code = whose === 'Client' ? 'Sender' : 'Receiver';
  return envelope(
    [
      `<soap:Fault><soap:Code><soap:Value>soap:${code}</soap:Value></soap:Code>`,
      `<soap:Reason><soap:Text xml:lang="en">${escaped(text)}</soap:Text></soap:Reason>`,
      '</soap:Fault>',
    ].join(''),
    version,
  );
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';

const SOAP_11 = 'http://schemas.xmlsoap.org/soap/envelope/';
const SOAP_12 = 'http://www.w3.org/2003/05/soap-envelope';

const envelope = (body: string, version: '1.1' | '1.2') =>
  [
    `${DECLARATION}<soap:Envelope xmlns:soap="${version === '1.1' ? SOAP_11 : SOAP_12}">`,
    `<soap:Body>${body}</soap:Body></soap:Envelope>`,
  ].join('');

function detailXml({ type = 'E', code, text, locations }: AcknowledgementDetail): string {
  const places = locations.map((place) => `<location>${escaped(place)}</location>`).join('');
  return [
    `<acknowledgementDetail typeCode="${type}">`,
    `<code code="${escaped(code)}" codeSystem="${DETAIL_CODES}"/>`,
    `<text>${escaped(text)}</text>${places}</acknowledgementDetail>`,
  ].join('');
}

function deviceXml(side: string, id: InstanceId | undefined): string {
  const own = id ? idXml('id', id) : '<id nullFlavor="UNK"/>';
  return `<${side}><device classCode="DEV" determinerCode="INSTANCE">${own}</device></${side}>`;
}

function idXml(name: string, { root, extension }: InstanceId): string {
  const own = extension === undefined ? '' : ` extension="${escaped(extension)}"`;
  return `<${name} root="${escaped(root)}"${own}/>`;
}

/** `20260302101500+0000` */
const hl7Instant = (instant: Date) =>
  `${instant.toISOString().slice(0, 19).replace(/[-:T]/g, '')}+0000`;

const escaped = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    // Characters that XML 1.0 cannot hold, whatever a sender put into an id.
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');
