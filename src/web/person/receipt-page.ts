/**
 * `/mij/delen/bewijs/{id}`: the proof of one save, as a page and as a file. consent.md section 14.
 */
import type { Ledger, LedgerEntry } from '../../audit/index.ts';
import type { ChoiceReceipt } from '../../consent/index.ts';
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { momentText } from '../moment-text.ts';
import { asSentence, ruleText } from '../plain-words.ts';
import { SHARING as T } from './sharing-text.ts';
import { organisationNames, sharingBase, type Visit } from './visit.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LINES_LOOKED_AT_MAX = 500;

/**
 * Shown once after the save and whenever the person comes back to it; `?vorm=json` gives the file.
 */
export async function receiptPage(visit: Visit) {
  const { door, request, vault, language } = visit;
  const { id = '' } = request.params as { id?: string };
  if (!UUID.test(id)) throw new Problem('not-found', 'There is no such receipt.');
  const found: ChoiceReceipt = await door.consent.choices.receipt(vault, id);
  const lines = await door.ledger.ofPatient(vault, { limit: LINES_LOOKED_AT_MAX });
  const line = lines.entries.find(({ record }) => record.detail?.['receipt'] === id);
  if ((request.query as { vorm?: unknown }).vorm === 'json') {
    const ledger = line && (await placeOf(door.ledger, line));
    return visit.reply
      .type('application/json; charset=utf-8')
      .header('content-disposition', `attachment; filename="bewijs-${id}.json"`)
      .send({ ...found, ...(ledger ? { ledger } : {}) });
  }
  const names = await organisationNames(door);
  return visit.page({
    title: T.receiptTitle,
    body: (say) => html`<h1>${say(T.receiptTitle)}</h1>
<p class="good" role="status">${say(T.saved)}</p>
<ul>${found.rules.map(
      (rule) =>
        html`<li>${say(asSentence(ruleText(rule, names)))}${
          rule.status !== 'active' &&
          html` <span class="tag">${say(rule.status === 'proposed' ? T.proposedTag : T.endedTag)}</span>`
        }</li>`,
    )}</ul>
<dl><dt>${say(T.receiptId)}</dt><dd><code>${found.id}</code></dd>
<dt>${say(T.moment)}</dt><dd>${momentText(found.recorded, language)}</dd>
<dt>${say(T.decidedBy)}</dt><dd>${found.decidedBy
      .map(({ rel }) => say(DECIDED_BY[rel] ?? T.somebodyElse))
      .join(', ')}</dd>
${
  found.assurance !== undefined &&
  html`<dt>${say(T.identified)}</dt><dd>${say(levelText(found.assurance))}</dd>`
}
<dt>${say(T.textVersion)}</dt><dd>${found.text.version} (${found.text.language})</dd>
<dt>${say(T.textDigest)}</dt><dd><code>${found.text.digest}</code></dd>
<dt>${say(T.ruleDigest)}</dt><dd><code>${found.digest}</code></dd>
${
  line &&
  html`<dt>${say(T.ledgerLine)}</dt><dd>${line.seq}, <code>${line.leafHash}</code>
  </dd>`
}</dl>
<p>${say(T.howToWithdraw)}</p>
<p><a class="button secondary" href="${sharingBase(visit)}/bewijs/${id}?vorm=json">${say(T.download)}</a>
<a class="button" href="${sharingBase(visit)}">${say(T.back)}</a></p>`,
  });
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

const DECIDED_BY: Readonly<Record<string, Text>> = {
  self: t('uzelf', 'yourself'),
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
  LEVELS[/[a-z]+$/.exec(assurance)?.[0] ?? ''] ?? t('met DigiD', 'with DigiD');
