/**
 * The closed question to the national consent register: may this recipient see what this holder has
 * of this person? XACML 3.0 in SOAP 1.2, one answer for each data category. consent.md 4.1.
 */
import { SaxesParser } from 'saxes';
import { Problem } from '../../platform/problem.ts';

export interface ClosedQuestion {
  readonly bsn: string;
  /** URA and national organisation type of the side that holds the data. */
  readonly holder: { readonly ura: string; readonly type: string };
  /** Codes of gegevenscategorieën; one action block each. */
  readonly categories: readonly string[];
  readonly recipient: {
    readonly ura: string;
    readonly type: string;
    /** RoleCodeNL. */
    readonly role?: string;
    /** UZI number of whoever asks. */
    readonly person?: string;
  };
  /** `TREAT` for explicit consent, `COC` where it is assumed. */
  readonly purpose: 'TREAT' | 'COC';
}

export type RegisterDecision = 'Permit' | 'Deny' | 'NotApplicable' | 'Indeterminate';

const OID = {
  bsn: '2.16.840.1.113883.2.4.6.3',
  ura: '2.16.528.1.1007.3.3',
  uzi: '2.16.528.1.1007.3.1',
  organisationType: '2.16.840.1.113883.2.4.15.1060',
  dataCategory: '2.16.840.1.113883.2.4.3.111.5.10.1',
  role: '2.16.840.1.113883.2.4.15.111',
  purpose: '2.16.840.1.113883.1.11.20448',
} as const;

const CATEGORY = 'urn:oasis:names:tc:xacml:3.0:attribute-category';
const EVENT_CODE = 'urn:ihe:iti:appc:2016:document-entry:event-code';

/** @param about id of the message and the address it goes to, for the SOAP header. */
export function writeClosedQuestion(
  question: ClosedQuestion,
  about: { readonly messageId: string; readonly to: string },
): string {
  const { bsn, holder, categories, recipient, purpose } = question;
  const resource = [
    numbered('urn:oasis:names:tc:xacml:2.0:resource:resource-id', bsn, OID.bsn),
    coded(
      'urn:ihe:iti:appc:2016:document-entry:healthcare-facility-type-code',
      holder.type,
      OID.organisationType,
    ),
    numbered('urn:ihe:iti:appc:2016:author-institution:id', holder.ura, OID.ura),
  ];
  const subject = [
    ...(recipient.role
      ? [coded('urn:oasis:names:tc:xacml:2.0:subject:role', recipient.role, OID.role)]
      : []),
    ...(recipient.person
      ? [numbered('urn:ihe:iti:xua:2017:subject:provider-identifier', recipient.person, OID.uzi)]
      : []),
    numbered('urn:nl:otv:names:tc:1.0:subject:provider-institution', recipient.ura, OID.ura),
    coded(
      'urn:nl:otv:names:tc:1.0:subject:consulting-healthcare-facility-type-code',
      recipient.type,
      OID.organisationType,
    ),
  ];
  const actions = categories.map((category, at) =>
    attributes(`${CATEGORY}:action`, `action${at}`, [
      coded(EVENT_CODE, category, OID.dataCategory),
    ]),
  );
  const environment = coded(
    'urn:oasis:names:tc:xspa:1.0:subject:purposeofuse',
    purpose,
    OID.purpose,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" \
xmlns:wsa="http://www.w3.org/2005/08/addressing" \
xmlns:types="urn:oasis:names:tc:xacml:3.0:profile:saml2.0:v2:schema:protocol:wd-14">
<soap:Header><wsa:Action>XACMLAuthorizationDecisionQueryRequest</wsa:Action>
<wsa:MessageID>urn:uuid:${escaped(about.messageId)}</wsa:MessageID>
<wsa:ReplyTo><wsa:Address>http://www.w3.org/2005/08/addressing/anonymous</wsa:Address></wsa:ReplyTo>
<wsa:To>${escaped(about.to)}</wsa:To></soap:Header>
<soap:Body><types:XACMLAuthzDecisionQuery>
<Request CombinedDecision="false" ReturnPolicyIdList="false" \
xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17">
${attributes(`${CATEGORY}:resource`, 'resource', resource)}
${actions.join('\n')}
${attributes('urn:oasis:names:tc:xacml:1.0:subject-category:access-subject', 'subject', subject)}
${attributes(`${CATEGORY}:environment`, 'environment', [environment])}
</Request></types:XACMLAuthzDecisionQuery></soap:Body></soap:Envelope>`;
}

const HL7 = 'xmlns="urn:hl7-org:v3"';

function attributes(category: string, id: string, members: readonly string[]): string {
  return `<Attributes Category="${category}" xml:id="${id}">${members.join('')}</Attributes>`;
}

function attribute(id: string, type: string, value: string): string {
  return (
    `<Attribute AttributeId="${id}" IncludeInResult="true">` +
    `<AttributeValue DataType="urn:hl7-org:v3#${type}">${value}</AttributeValue></Attribute>`
  );
}

const numbered = (id: string, value: string, root: string): string =>
  attribute(id, 'II', `<InstanceIdentifier extension="${escaped(value)}" root="${root}" ${HL7}/>`);

const coded = (id: string, code: string, system: string): string =>
  attribute(id, 'CV', `<CodedValue code="${escaped(code)}" codeSystem="${system}" ${HL7}/>`);

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const DECISIONS: ReadonlySet<string> = new Set(['Permit', 'Deny', 'NotApplicable']);
const DEPTH_MAX = 40;

/**
 * @param asked the categories of the question, in their order: an answer that does not repeat its
 *   category belongs to the one at its place.
 * @returns for each category asked what the register said; what it did not answer, or in words that
 *   are not known, is `Indeterminate`.
 * @throws Problem `busy` for a fault or for what is no answer at all.
 */
export function readClosedAnswer(
  xml: string,
  asked: readonly string[],
): ReadonlyMap<string, RegisterDecision> {
  const results = resultsIn(xml);
  const answers = new Map<string, RegisterDecision>(
    asked.map((category) => [category, 'Indeterminate']),
  );
  for (const [at, { decision, category }] of results.entries()) {
    const about = category ?? (results.length === asked.length ? asked[at] : undefined);
    if (about === undefined || !answers.has(about)) continue;
    const said = DECISIONS.has(decision) ? (decision as RegisterDecision) : 'Indeterminate';
    const before = answers.get(about);
    // Two answers about one category: what closes counts.
    answers.set(about, before === 'Deny' ? before : said);
  }
  return answers;
}

interface Result {
  decision: string;
  category: string | undefined;
}

function resultsIn(xml: string): readonly Result[] {
  const parser = new SaxesParser({ xmlns: true });
  const path: string[] = [];
  const results: Result[] = [];
  let isFault = false;
  let event = false;
  parser.on('doctype', () => {
    throw new Error('a document type');
  });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ local, attributes: given }) => {
    if (path.length >= DEPTH_MAX) throw new Error('too deep');
    path.push(local);
    if (local === 'Fault') isFault = true;
    if (local === 'Result') results.push({ decision: '', category: undefined });
    if (local === 'Attribute') event = given['AttributeId']?.value === EVENT_CODE;
    const result = results.at(-1);
    if (local === 'CodedValue' && event && result) result.category = given['code']?.value;
  });
  parser.on('text', (text) => {
    const result = results.at(-1);
    if (path.at(-1) === 'Decision' && path.at(-2) === 'Result' && result) result.decision += text;
  });
  parser.on('closetag', () => void path.pop());
  try {
    parser.write(xml).close();
  } catch (cause) {
    throw new Problem('busy', 'The register gave no answer that can be read.', { cause });
  }
  if (isFault || results.length === 0) {
    throw new Problem('busy', 'The register answered with a fault.');
  }
  return results.map(({ decision, category }) => ({ decision: decision.trim(), category }));
}
