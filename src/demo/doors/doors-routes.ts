/**
 * `GET /` of the demo: five doors, and a page with every step behind each button. No script
 * needed.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Content, html } from '../../platform/html/html.ts';
import { languageOf } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import { type PageContent, pageHouse, type Say, sendPage } from '../../web/index.ts';
import { createVisitor, type Visitor } from '../client/browserless.ts';
import { loginAsPerson, loginAsStaff, type StaffPortal } from '../client/page-client.ts';
import { createTrail, type Step } from '../client/trail.ts';
import { type Doors, PERSONAS, personaName } from './doors.ts';
import { DOORS, type DoorText, OWN_BROWSER_TEXT as OWN, DOORS_TEXT as T } from './doors-text.ts';
import { ownBrowserRoutes } from './own-browser.ts';
import { type Play, playHospital, playPgo, playRegion } from './plays.ts';

const HIDDEN = { schema: { hide: true } } as const;
const LINES_MAX = 60;

const PLAYS = { pgo: playPgo, ziekenhuis: playHospital, regio: playRegion } as const;

/** Registered by the demo only, in the context of the pages. */
export async function doorsRoutes(app: FastifyInstance, doors: Doors): Promise<void> {
  await app.register(async (pages) => {
    const secure = doors.publicUrl.startsWith('https:');
    pageHouse(pages, { demo: true, secure });
    pages.addHook('onRequest', async (request) => {
      if (request.method === 'POST' && request.headers['sec-fetch-site'] === 'cross-site') {
        throw new Problem('forbidden', 'Not from another site.', { code: 'csrf' });
      }
    });
    pages.get('/', HIDDEN, async (request, reply) => sendPage(request, reply, frontPage(), true));
    for (const name of ['pgo', 'ziekenhuis', 'regio'] as const) {
      pages.post(`/demo/${name}`, HIDDEN, (request, reply) => play(doors, name, request, reply));
    }
    ownBrowserRoutes(pages, { publicUrl: doors.publicUrl, secure });
    pages.post('/demo/patient', HIDDEN, async (request, reply) => {
      const visitor = createVisitor(createTrail());
      await loginAsPerson(visitor, doors.publicUrl, personaOf(request).bsn);
      return handOver(reply, visitor, 'mij', secure);
    });
    pages.post('/demo/auditor', HIDDEN, async (request, reply) => {
      const account = wordOf(request, 'knop');
      const portal = portalOf(account);
      const visitor = createVisitor(createTrail());
      await loginAsStaff(visitor, doors.publicUrl, portal, account);
      return handOver(reply, visitor, portal, secure);
    });
  });
}

/** Where a member of staff works, by the first word of the account. */
function portalOf(account: string): StaffPortal {
  if (account.startsWith('integratie-')) return 'afzender';
  return account.startsWith('analist-') ? 'cijfers' : 'auditor';
}

/** The demo logged in for the visitor; the session goes on in the visitor's own browser. */
function handOver(
  reply: FastifyReply,
  visitor: Visitor,
  portal: 'mij' | StaffPortal,
  secure: boolean,
): FastifyReply {
  const name = secure ? `__Host-${portal}` : portal;
  const handle = visitor.cookie(name);
  if (handle !== undefined) {
    reply.setCookie(name, handle, { path: '/', httpOnly: true, sameSite: 'lax', secure });
  }
  return reply.redirect(`/${portal}`, 303);
}

function frontPage(): PageContent {
  return {
    title: T.title,
    body: (say) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
<ul class="cards">${DOORS.map(
      (door) =>
        html`<li class="card"><h2>${say(door.title)}</h2><p>${say(
          door.text,
        )}</p>${doorForm(door, say, 'P01')}${door.name === 'pgo' && ownBrowser(say)}</li>`,
    )}</ul>`,
  };
}

function ownBrowser(say: Say): Content {
  const ways = [
    ['ziekenhuis', OWN.hospital],
    ['huisarts', OWN.practice],
    ['meting', OWN.reading],
    ['verbetering', OWN.correction],
  ] as const;
  return html`<p>${say(OWN.intro)}</p>
<ul><li><a href="/zorgverleners">${say(OWN.find)}</a></li>${ways.map(
    ([what, text]) => html`<li><a href="/demo/pgo/start?wat=${what}">${say(text)}</a></li>`,
  )}</ul>`;
}

function doorForm(door: DoorText, say: Say, chosen: string): Content {
  const id = `persona-${door.name}`;
  const personas =
    door.name !== 'auditor' &&
    html`<label for="${id}">${say(T.persona)}</label>
<select id="${id}" name="persona">${[...PERSONAS.values()].map(
      (one) =>
        html`<option value="${
          one.key
        }"${one.key === chosen && html` selected`}>${personaName(one)}</option>`,
    )}</select>`;
  return html`<form method="post" action="/demo/${door.name}">${personas}
<p>${door.buttons.map(
    ([value, text]) => html`<button name="knop" value="${value}">${say(text)}</button> `,
  )}</p></form>`;
}

async function play(
  doors: Doors,
  name: keyof typeof PLAYS,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const clients = doors.clients();
  if (!clients) throw new Problem('busy', T.notReady.en);
  const persona = personaOf(request);
  const trail = createTrail();
  const before = await doors.rooms.ledger.head();
  const outcome = await PLAYS[name](
    { doors, clients, trail, persona } satisfies Play,
    wordOf(request, 'knop'),
  ).catch((error: unknown) => {
    request.log.warn({ err: error }, 'a play of the demo stopped');
    return undefined;
  });
  const lines = await linesSince(doors, persona.bsn, before.size);
  const door = DOORS.find((one) => one.name === name) as DoorText;
  return sendPage(
    request,
    reply,
    {
      title: door.title,
      path: '/',
      body: (say) => html`<h1>${say(door.title)}</h1>
<p class="${outcome ? 'good' : 'bad'}" role="status">${personaName(persona)}. ${say(
        outcome ?? T.failed,
      )}</p>
<p><a class="button" href="/">${say(T.back)}</a></p>
<h2>${say(T.steps)}</h2>
<ol>${trail.steps.map((step) => stepView(step, say))}</ol>
<h2>${say(T.ledger)}</h2>
${
  lines.length === 0
    ? html`<p class="note">${say(T.ledgerNone)}</p>`
    : ledgerTable(lines, request, say)
}
<h2>${say(T.again)}</h2>${doorForm(door, say, persona.key)}`,
    },
    true,
  );
}

function stepView(step: Step, say: Say): Content {
  const { title, call, status, answer, ms } = step;
  return html`<li><strong>${say(title)}</strong> <span class="tag">${status}</span> <span>${
    ms
  } ms</span><br><code>${call}</code>
${
  answer !== '' &&
  html`<details><summary>${say(T.answer)}<span class="hidden">: ${say(
    title,
  )}</span></summary><pre tabindex="0">${answer}</pre></details>`
}</li>`;
}

type Lines = Awaited<ReturnType<Doors['rooms']['ledger']['ofPatient']>>['entries'];

/** What the ledger says of this person since the play began, oldest first. */
async function linesSince({ rooms }: Doors, bsn: string, size: number): Promise<Lines> {
  const vault = await rooms.consent.own.byBsn(bsn);
  if (vault === undefined) return [];
  const { entries } = await rooms.ledger.ofPatient(vault, { limit: LINES_MAX });
  return entries.filter(({ seq }) => seq >= size).toReversed();
}

function ledgerTable(lines: Lines, request: FastifyRequest, say: Say): Content {
  return table(
    {
      caption: T.ledger,
      columns: [T.line, T.what, T.decision, T.ground, T.shown, T.withheld],
      rows: lines.map(({ seq, record }) => [
        seq,
        html`${record.event}<br><code>${record.query ?? ''}</code>`,
        `${say(record.outcome === 0 ? T.done : T.refused)}${record.reason ? ` (${record.reason})` : ''}`,
        [record.route, ...(record.basis ?? [])].filter(Boolean).join(' '),
        record.released ?? '',
        record.withheld ?? '',
      ]),
    },
    languageOf(request),
  );
}

function wordOf(request: FastifyRequest, name: string): string {
  const value = (request.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' && /^[\w-]{1,60}$/.test(value) ? value : '';
}

function personaOf(request: FastifyRequest) {
  const persona = PERSONAS.get(wordOf(request, 'persona'));
  if (!persona) throw new Problem('invalid', 'There is no such persona.');
  return persona;
}
