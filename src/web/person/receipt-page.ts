/**
 * `/mij/delen/bewijs/{id}`: the proof of one save, as a page and as files. consent.md section 14.
 */
import type { Ledger, LedgerEntry } from '../../audit/index.ts';
import type { ChoiceReceipt } from '../../consent/index.ts';
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { momentText } from '../moment-text.ts';
import { asSentence, ruleText } from '../plain-words.ts';
import { contactText, receiptContacts } from './receipt-contacts.ts';
import { receiptPdf } from './receipt-pdf.ts';
import { SHARING as T } from './sharing-text.ts';
import { organisationNames, sharingBase, type Visit } from './visit.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LINES_LOOKED_AT_MAX = 500;

/**
 * Shown once after the save and whenever the person comes back to it; `?vorm=json` and `?vorm=pdf`
 * give it as a file.
 */
export async function receiptPage(visit: Visit) {
  const { door, request, vault, language } = visit;
  const { id = '' } = request.params as { id?: string };
  if (!UUID.test(id)) throw new Problem('not-found', 'There is no such receipt.');
  const found: ChoiceReceipt = await door.consent.choices.receipt(vault, id);
  const lines = await door.ledger.ofPatient(vault, { limit: LINES_LOOKED_AT_MAX });
  const line = lines.entries.find(({ record }) => record.detail?.['receipt'] === id);
  const contacts = receiptContacts(found.rules, await door.organisations.all());
  const { vorm } = request.query as { vorm?: unknown };
  if (vorm === 'json') {
    const ledger = line && (await placeOf(door.ledger, line));
    const howToWithdraw = T.howToWithdraw[language];
    const told = { ...found, howToWithdraw, contacts, ...(ledger ? { ledger } : {}) };
    return asFile(visit, `bewijs-${id}.json`, 'application/json; charset=utf-8').send(told);
  }
  const shown = wordsOf(found, line, await organisationNames(door), visit);
  const people = contacts.map((one) => contactText(one, language));
  if (vorm === 'pdf') {
    const words = { ...shown, contactTitle: T.contacts[language], contacts: people };
    const bytes = await receiptPdf(words, language);
    return asFile(visit, `bewijs-${id}.pdf`, 'application/pdf').send(bytes);
  }
  const isProposal = found.rules.some(({ status }) => status === 'proposed');
  const file = `${sharingBase(visit)}/bewijs/${id}?vorm=`;
  return visit.page({
    title: T.receiptTitle,
    body: (say) => html`<h1>${say(T.receiptTitle)}</h1>
<p class="good" role="status">${say(isProposal ? T.proposed : T.saved)}</p>
<ul>${shown.choices.map((choice) => html`<li>${choice}</li>`)}</ul>
<dl>${shown.facts.map(([what, value]) => html`<dt>${what}</dt><dd>${coded(value)}</dd>`)}</dl>
<p>${shown.howToWithdraw}</p>
${contactList(say(T.contacts), people)}
<p><a class="button secondary" href="${file}pdf">${say(T.print)}</a>
<a class="button secondary" href="${file}json">${say(T.download)}</a>
<a class="button" href="${sharingBase(visit)}">${say(T.back)}</a></p>`,
  });
}

/** A long list is folded, so that the buttons below it stay near. */
function contactList(title: string, people: readonly string[]) {
  const list = html`<ul>${people.map((one) => html`<li>${one}</li>`)}</ul>`;
  return people.length > CONTACTS_OPEN_MAX
    ? html`<details><summary>${title}</summary>${list}</details>`
    : html`<h2>${title}</h2>${list}`;
}

const CONTACTS_OPEN_MAX = 3;

const asFile = ({ reply }: Visit, name: string, type: string) =>
  reply.type(type).header('content-disposition', `attachment; filename="${name}"`);

/** Numbers and digests in their own letter. */
const coded = (value: string) =>
  /^[0-9a-f-]{36,}$/.test(value) ? html`<code>${value}</code>` : value;

/** What page and PDF say alike. */
function wordsOf(
  found: ChoiceReceipt,
  line: LedgerEntry | undefined,
  names: ReadonlyMap<string, string>,
  { language, deciding }: Pick<Visit, 'language' | 'deciding'>,
) {
  const say = (text: Text): string => text[language];
  const self = deciding ? THE_PERSON : t('uzelf', 'yourself');
  const { rules, assurance, text, digest } = found;
  const facts: [string, string][] = [
    [say(T.receiptId), found.id],
    [say(T.moment), momentText(found.recorded, language)],
    [
      say(T.decidedBy),
      decidersOf(found)
        .map((rel) => say(rel === 'self' ? self : (DECIDED_BY[rel] ?? T.somebodyElse)))
        .join(', '),
    ],
    ...(assurance === undefined
      ? []
      : [[say(T.identified), say(levelText(assurance))] satisfies [string, string]]),
    ...recorderOf(found, names).map((name): [string, string] => [say(T.recordedBy), name]),
    [say(T.textVersion), `${text.version} (${text.language})`],
    [say(T.textDigest), text.digest],
    [say(T.ruleDigest), digest],
    ...(line ? [[say(T.ledgerLine), `${line.seq}, ${line.leafHash}`] as [string, string]] : []),
  ];
  return {
    title: say(T.receiptTitle),
    made: new Date(found.recorded),
    choices: rules.map((rule) => {
      const ended = rule.status === 'proposed' ? T.proposedTag : T.endedTag;
      const tag = rule.status === 'active' ? '' : ` (${say(ended)})`;
      return `${say(asSentence(ruleText(rule, names)))}${tag}`;
    }),
    facts,
    howToWithdraw: say(T.howToWithdraw),
  };
}

/** Who saved it, and who said so before: what child and parent chose together is of both. */
function decidersOf({ decidedBy, rules }: ChoiceReceipt): readonly string[] {
  const standing = rules.filter(({ status }) => status === 'active');
  const all = [...decidedBy, ...standing.flatMap(({ performers }) => performers)];
  return [...new Set(all.map(({ rel }) => rel))];
}

/** The provider at whose desk the person chose: it is about what that provider holds. */
function recorderOf({ channel, rules }: ChoiceReceipt, names: ReadonlyMap<string, string>) {
  const holder = channel === 'fhir' ? rules[0]?.holder : undefined;
  return holder?.level === 'org' ? [names.get(holder.value) ?? ''] : [];
}

/** Where it stands: anyone can follow the proof to the head that the gateway signed. */
async function placeOf(
  log: Pick<Ledger, 'checkpoint' | 'inclusionProof'>,
  { ledger, seq, leafHash }: Pick<LedgerEntry, 'ledger' | 'seq' | 'leafHash'>,
) {
  const checkpoint = await log.checkpoint();
  const size = Number(checkpoint.split('\n')[1]);
  const inclusion = await log.inclusionProof(seq, size);
  return { origin: ledger, seq, leafHash, checkpoint, inclusion };
}

const t = (nl: string, en: string): Text => ({ nl, en });

const THE_PERSON = t('deze persoon', 'this person');
const DECIDED_BY: Readonly<Record<string, Text>> = {
  parent: t('een ouder', 'a parent'),
  guardian: t('een voogd', 'a guardian'),
  curator: t('een curator', 'a curator'),
  mentor: t('een mentor', 'a mentor'),
  proxy: t('iemand met een machtiging', 'somebody with a mandate'),
};

const LEVELS: Readonly<Record<string, Text>> = {
  low: t('met DigiD, niveau laag', 'with DigiD, level low'),
  substantial: t('met DigiD, niveau substantieel', 'with DigiD, level substantial'),
  high: t('met DigiD, niveau hoog', 'with DigiD, level high'),
};

/** The level stands at the end of what the broker says. */
const levelText = (assurance: string): Text =>
  LEVELS[/(?<![a-z])[a-z]+$/.exec(assurance)?.[0] ?? ''] ?? t('met DigiD', 'with DigiD');
