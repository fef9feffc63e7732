/** The page of the sandbox: what there is, and forms for it that work without script. */
import { type Html, html } from '../../platform/html/html.ts';
import { type Language, say, type Text } from '../../platform/html/language.ts';
import { layout, table } from '../../platform/html/layout.ts';
import type { SandboxParts } from './sandbox-routes.ts';

const T = {
  title: { nl: 'Sandbox voor bouwers van apps', en: 'Sandbox for builders of apps' },
  notice: {
    nl: 'Niets hier is echt: verzonnen mensen, eigen certificaten, een nagemaakte DigiD.',
    en: 'Nothing here is real: invented people, certificates of our own, a stand-in DigiD.',
  },
  addresses: { nl: 'Adressen', en: 'Addresses' },
  modules: { nl: 'Modules die een app kan starten', en: 'Modules that an app can start' },
  client: { nl: 'Een app aanmelden', en: 'Register an app' },
  clientText: {
    nl: 'U krijgt een certificaat met sleutel terug. De hostnaam is uw client_id.',
    en: 'You get a certificate with its key. The hostname is your client_id.',
  },
  hostname: { nl: 'Hostnaam', en: 'Hostname' },
  name: { nl: 'Naam van de app', en: 'Name of the app' },
  redirect: {
    nl: 'Terugadres op uw eigen machine (mag leeg)',
    en: 'Redirect address on your own machine (may be empty)',
  },
  register: { nl: 'Aanmelden', en: 'Register' },
  personas: { nl: 'Wie u kunt zijn', en: 'Who you can be' },
  person: { nl: 'Persoon', en: 'Person' },
  number: { nl: 'Test-BSN', en: 'Test number' },
  faults: { nl: 'Iets stuk maken', en: 'Break something' },
  service: { nl: 'Gegevensdienst', en: 'Service' },
  fault: { nl: 'Wat', en: 'What' },
  set: { nl: 'Zet', en: 'Set' },
  clock: { nl: 'Klok', en: 'Clock' },
  now: { nl: 'Het is hier nu', en: 'Here it is now' },
  ahead: { nl: 'Seconden vooruit (0 is de echte tijd)', en: 'Seconds ahead (0 is the real time)' },
} as const satisfies Record<string, Text>;

const FAULTS = ['none', 'slow', 'down', 'duplicate'] as const;

/** Everything on one page; the forms answer with JSON, as for a program. */
export async function sandboxPage(
  { lang }: { lang: Language },
  { sandbox, rooms, personas }: SandboxParts,
): Promise<Html> {
  const { publicUrl, tls } = rooms.config;
  const all = await rooms.organisations.all();
  const aanbieders = all.filter((one) => one.aanbieder !== undefined);
  const secure = tls.port === undefined ? publicUrl : `https://127.0.0.1:${tls.port}`;
  return layout({
    lang,
    path: '/sandbox',
    title: say(T.title, lang),
    notice: T.notice,
    body: html`<h1>${say(T.title, lang)}</h1>
<h2>${say(T.addresses, lang)}</h2>
<dl><dt>authorize</dt><dd>${publicUrl}/medmij/authorize</dd>
<dt>token</dt><dd>${secure}/medmij/token</dd>
<dt>FHIR</dt><dd>${secure}/medmij/{aanbieder}/{service}/fhir</dd>
<dt>ZAL</dt><dd>${publicUrl}/medmij/lijsten/MedMij_Zorgaanbiederslijst.xml</dd>
<dt>${say(T.modules, lang)}</dt><dd><a href="/medmij/modules">/medmij/modules</a></dd></dl>
<h2>${say(T.client, lang)}</h2>
<p>${say(T.clientText, lang)}</p>
<form method="post" action="/sandbox/clients">
${input('hostname', say(T.hostname, lang), 'app.sandbox.example')}
${input('name', say(T.name, lang), 'Mijn app')}
${input('redirectUris', say(T.redirect, lang), '')}
<p><button>${say(T.register, lang)}</button></p></form>
<h2>${say(T.faults, lang)}</h2>
${aanbieders.map((one) => faultForm(one.aanbieder ?? '', one.name, one.services, lang))}
<h2>${say(T.clock, lang)}</h2>
<p>${say(T.now, lang)} <strong>${sandbox.clock().toISOString()}</strong>.</p>
<form method="post" action="/sandbox/clock">
${input('ahead', say(T.ahead, lang), '0')}
<p><button>${say(T.set, lang)}</button></p></form>
<h2>${say(T.personas, lang)}</h2>
${table(
  {
    caption: T.personas,
    columns: [T.person, T.number],
    rows: personas.map(({ label, claims }) => [label, claims['bsn'] ?? '']),
  },
  lang,
)}`,
  });
}

function input(name: string, label: string, value: string): Html {
  return html`<label for="${name}">${label}</label>
<input id="${name}" name="${name}" value="${value}" autocomplete="off">`;
}

function faultForm(
  aanbieder: string,
  name: string,
  services: readonly string[],
  lang: Language,
): Html {
  const options = (values: readonly string[]) =>
    values.map((value) => html`<option>${value}</option>`);
  return html`<form method="post" action="/sandbox/faults"><fieldset><legend>${name}</legend>
<input type="hidden" name="aanbieder" value="${aanbieder}">
<label for="service-${aanbieder}">${say(T.service, lang)}</label>
<select id="service-${aanbieder}" name="service">${options(services)}</select>
<label for="fault-${aanbieder}">${say(T.fault, lang)}</label>
<select id="fault-${aanbieder}" name="fault">${options(FAULTS)}</select>
<p><button>${say(T.set, lang)}<span class="hidden">: ${name}</span></button></p></fieldset></form>`;
}
