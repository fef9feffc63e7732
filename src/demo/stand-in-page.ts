/** The log-in page of a stand-in provider: it says what it is before anything else. */
import { type Html, html } from '../platform/html/html.ts';
import type { StandInOptions } from './stand-in-provider.ts';

/** How the pages of all stand-ins look. */
export const STAND_IN_STYLE =
  'body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:0 auto;padding:1rem;color:#1b1b1b;background:#fff}' +
  '.label{background:#7a2e00;color:#fff;padding:.75rem 1rem;font-weight:700}' +
  'button,input,select{font:inherit;padding:.6rem 1rem;margin:.25rem 0;max-width:100%}' +
  'button{background:#154273;color:#fff;border:0;border-radius:.25rem;cursor:pointer;text-align:left}' +
  'button.secondary{background:#fff;color:#154273;border:2px solid #154273}' +
  'button:focus-visible,input:focus-visible,select:focus-visible,summary:focus-visible{outline:3px solid #b86000;outline-offset:2px}' +
  'ul{list-style:none;padding:0}';

export function standInPage(
  page: StandInOptions & {
    uid: string;
    code: string;
    /** Asked by the gateway when the scope is about somebody else. */
    representation?: string;
    failed?: boolean;
  },
): Html {
  const title = page.kind === 'digid' ? 'Namaak-DigiD' : 'Namaak-inlog voor medewerkers';
  return html`<!doctype html>
<html lang="nl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} (demo)</title><style>${STAND_IN_STYLE}</style></head>
<body><main>
<p class="label">Dit is niet echt: een nagemaakte inlog voor de demo. / Not real: a stand-in log-in for the demo.</p>
<h1>${title}</h1>
${page.failed ? html`<p role="alert"><strong>Inloggen is niet gelukt. / Log-in failed.</strong></p>` : ''}
<form method="post" action="/inloggen/${page.uid}">
${page.kind === 'staff' ? secondFactor(page.code) : ''}
${page.kind === 'digid' ? forSomeone(page.representation ?? '') : ''}
${page.kind === 'digid' ? ownNumber() : ''}
<ul>${page.accounts.map(
    (account) =>
      html`<li><button name="account" value="${account.id}">${account.label}</button></li>`,
  )}</ul>
</form>
<form method="post" action="/inloggen/${page.uid}">
<button class="secondary" name="keuze" value="annuleren">Annuleren / Cancel</button>
</form>
</main></body></html>`;
}

function secondFactor(code: string): Html {
  return html`<p>Uw nagemaakte app toont nu deze code: <strong>${code}</strong>.
The stand-in authenticator shows this code.</p>
<p><label>Code (tweede factor / second factor)<br>
<input name="code" inputmode="numeric" autocomplete="one-time-code" value="${code}"></label></p>`;
}

/** Open when the gateway asks for representation; else folded, to try what must be refused. */
function forSomeone(asked: string): Html {
  const option = (value: string, text: string) =>
    html`<option value="${value}"${value === asked && html` selected`}>${text}</option>`;
  return html`<details${asked !== '' && html` open`}><summary>Namens iemand anders / For somebody else</summary>
<p><label>BSN van die persoon / number of that person<br>
<input name="namens" inputmode="numeric" pattern="9[0-9]{8}" autocomplete="off"></label></p>
<p><label>Hoe / how<br><select name="soort">
${option('voluntary', 'gemachtigd / mandated')}${option('parental', 'ouder van een kind / parent of a child')}
</select></label></p></details>`;
}

/** In the same form, so that it can be for somebody else too; first, so that Enter presses it. */
function ownNumber(): Html {
  return html`<p><label>Test-BSN / test BSN<br>
<input name="bsn" inputmode="numeric" pattern="9[0-9]{8}" autocomplete="off"></label>
<button>Inloggen / Log in</button></p>
<p>Of kies iemand / or choose somebody:</p>`;
}
