/** The page of the stand-in of Mitz: it says what it is before anything else. */
import { type Html, html } from '../platform/html/html.ts';
import type { MitzChoice } from './stand-in-mitz-messages.ts';
import { STAND_IN_STYLE } from './stand-in-page.ts';

const RECIPIENTS: readonly (readonly [code: string, name: string])[] = [
  ['RPZAC001', 'Huisartsen en huisartsenposten / GPs'],
  ['RPZAC003', 'Geestelijke gezondheidszorg / mental health'],
  ['RPZAC004', 'Verpleging en verzorging / nursing'],
  ['RPZAC005', 'Apotheken / pharmacies'],
  ['RPZAC103', 'Overige zorg / other care'],
  ['RPZAC104', 'Ziekenhuizen en laboratoria / hospitals'],
];

export function mitzPage(choices: readonly MitzChoice[], isDown: boolean): Html {
  return html`<!doctype html>
<html lang="nl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Namaak-Mitz (demo)</title><style>${STAND_IN_STYLE}</style></head>
<body><main>
<p class="label">Dit is niet echt: een nagemaakte Mitz voor de demo. / Not real: a stand-in of Mitz for the demo.</p>
<h1>Namaak-Mitz</h1>
<form method="post" action="/keuze">
<p><label>Test-BSN<br><input name="bsn" inputmode="numeric" pattern="99[0-9]{7}" required
 autocomplete="off"></label></p>
<p><label>URA van wie de gegevens heeft / of the holder<br>
<input name="houder" inputmode="numeric" pattern="[0-9]{8}" required autocomplete="off"></label></p>
<p><label>Wie mag kijken / who may look<br><select name="ontvanger">${RECIPIENTS.map(
    ([code, name]) => html`<option value="${code}">${name}</option>`,
  )}</select></label></p>
<p><button name="keuze" value="ja">Ja / Yes</button>
<button class="secondary" name="keuze" value="nee">Nee / No</button></p></form>
<h2>Keuzes / choices: ${choices.length}</h2>
<ul>${choices.map(
    ({ holder, recipient, permit, at }) =>
      html`<li>${at}: ${holder} → ${recipient}: ${permit ? 'ja / yes' : 'nee / no'}</li>`,
  )}</ul>
<form method="post" action="/stand">
<p>${isDown ? 'Storing: Mitz antwoordt niet. / Down.' : 'Mitz antwoordt. / Up.'}
<button class="secondary" name="stand" value="${isDown ? 'aan' : 'uit'}">${
    isDown ? 'Zet aan / switch on' : 'Zet uit / switch off'
  }</button></p></form>
</main></body></html>`;
}
