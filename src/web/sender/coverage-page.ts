/** Which elements one's own system fills, month by month, beside the others (capabilities B12). */
import type { ElementCoverage } from '../../ingest/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import { table } from '../../platform/html/layout.ts';
import { dateText, momentText } from '../moment-text.ts';
import { SENDER as T } from './sender-text.ts';
import { ownClient, type SenderVisit } from './sender-visit.ts';

const MONTHS = 3;
/** A smaller part of the others' than this is worth a look. */
const LOW = 0.9;

/** GET */
export async function coveragePage(visit: SenderVisit) {
  const { door, language } = visit;
  const client = ownClient(visit);
  const now = door.clock();
  const since = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - MONTHS + 1, 1));
  const all = await door.intake.coverage.of(door.database, client.id, since);
  const percent = (part: number) => `${Math.floor(part * 100)}%`;
  const rows = all.map((one): Content[] => {
    const part = one.seen === 0 ? 0 : one.filled / one.seen;
    return [
      html`<code>${one.type}.${one.element}</code>`,
      html`${percent(part)} <small>(${one.filled}/${one.seen})</small>`,
      one.months
        .map(({ month, seen, filled }) => `${dateText(month, language)}: ${percent(filled / seen)}`)
        .join(', '),
      one.others === undefined ? '–' : percent(one.others),
      isLow(one, part) ? lackingLinks(client.id, one) : '',
    ];
  });
  return visit.page({
    title: T.coverage,
    path: `/afzender/${client.id}/dekking`,
    body: (say) => html`<h1>${say(T.coverage)}: ${client.name}</h1>
<p>${say(T.coverageIntro)} ${momentText(now, language)}</p>
${
  rows.length === 0
    ? html`<p class="note">${say(T.coverageNothing)}</p>`
    : table(
        {
          caption: T.coverage,
          columns: [T.element, T.filled, T.byMonth, T.others, T.lacking],
          rows,
        },
        language,
      )
}
<p><a class="button secondary" href="/afzender">${say(T.back)}</a></p>`,
  });
}

const isLow = ({ others }: ElementCoverage, part: number): boolean =>
  part < (others ?? 1) * LOW || part < LOW;

function lackingLinks(client: string, { lacking }: ElementCoverage): Content {
  return lacking.map(
    (id, nth) =>
      html`<a href="/afzender/${client}/${id}"><code>${id.slice(0, 8)}</code></a>${
        nth < lacking.length - 1 ? ', ' : ''
      }`,
  );
}
