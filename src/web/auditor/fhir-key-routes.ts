/**
 * `/auditor/fhir`: a bearer token for the ledger as FHIR AuditEvents, for an auditor whose own tool
 * asks there. It carries the reason, the end and the period of the log-in that it came from.
 */
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { tellAt } from '../portal.ts';
import type { AuditorRoutes, AuditorVisit } from './auditor-visit.ts';

const CLIENT = 'auditor-desk';
const MINUTE_SECONDS = 60;

const T = {
  title: { nl: 'Vragen met uw eigen programma', en: 'Ask with your own program' },
  intro: {
    nl: 'Met deze sleutel vraagt uw eigen programma dezelfde regels als FHIR AuditEvents. Elke vraag komt in het logboek, met de reden die u typte.',
    en: 'With this key your own program asks for the same lines, as FHIR AuditEvents. Each question is written in the log, with the reason that you typed.',
  },
  key: { nl: 'Uw sleutel', en: 'Your key' },
  minutes: { nl: 'Geldig in minuten', en: 'Good for minutes' },
  address: { nl: 'Adres', en: 'Address' },
  once: {
    nl: 'U ziet deze sleutel één keer. Geef hem aan niemand.',
    en: 'You see this key once. Give it to nobody.',
  },
  back: { nl: 'Terug naar zoeken', en: 'Back to the search' },
} as const satisfies Record<string, Text>;

/** Registers the page that gives a key. */
export function fhirKeyRoutes(pages: AuditorRoutes): void {
  pages.post('/auditor/fhir', (visit) => {
    requireReason(visit);
    return tellAt(visit, '/auditor/fhir', T.key);
  });
  pages.get('/auditor/fhir', keyPage);
}

function requireReason({ who }: AuditorVisit): string {
  if (who.reason !== undefined) return who.reason;
  throw new Problem('unprocessable', 'A reason is needed.', { code: 'reason-required' });
}

/** One key for each form: who comes back makes no other. */
async function keyPage(visit: AuditorVisit) {
  const { door, who, session, reply } = visit;
  if (!(await session.told('/auditor/fhir'))) return reply.redirect('/auditor', 303);
  const reason = requireReason(visit);
  const { subject, role, organisation, scope } = who;
  const { token, expiresIn } = await door.tokens.issue(door.database, {
    ...{ kind: 'auditor', client: CLIENT, organisation, subject, role, reason },
    ...scope,
  });
  await visit.readLog({ act: 'log-read', question: '/auditor/fhir', shown: 0 });
  return visit.page({
    title: T.title,
    path: '/auditor',
    body: (say) => html`<h1>${say(T.title)}</h1><p class="lead">${say(T.intro)}</p>
<dl><dt>${say(T.key)}</dt><dd><code>${token}</code></dd>
<dt>${say(T.minutes)}</dt><dd>${Math.floor(expiresIn / MINUTE_SECONDS)}</dd>
<dt>${say(T.address)}</dt><dd><code>${door.config.publicUrl}/fhir/r4/AuditEvent</code></dd></dl>
<p class="note">${say(T.once)}</p>
<p><a class="button secondary" href="/auditor">${say(T.back)}</a></p>`,
  });
}
