/**
 * `/mij/delen/bewijs/{id}`: the proof of one save, as a page and as a file. consent.md section 14.
 */
import type { ChoiceReceipt } from '../../consent/index.ts';
import { html } from '../../platform/html/html.ts';
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
    const ledger = line && { origin: line.ledger, seq: line.seq, leafHash: line.leafHash };
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
