/**
 * What the buttons of the doors do. Nothing here reaches into the gateway: each play is a client
 * that acts over the lines that everybody uses, with the keys that the demo gave it.
 */
import type { Text } from '../../platform/html/language.ts';
import { createVisitor } from '../client/browserless.ts';
import { sendMllp } from '../client/mllp-client.ts';
import { loginAsPerson, share } from '../client/page-client.ts';
import { openPartner, viewAsPartner } from '../client/partner-client.ts';
import { authorize, collect, type PgoClient, PgoRefused } from '../client/pgo-client.ts';
import {
  ASK_CORRECTION,
  SHARE_READINGS,
  sendBloodPressure,
  sendCorrection,
} from '../client/pgo-shares.ts';
import { openSender, sendMessage, sendTransaction } from '../client/sender-client.ts';
import type { SystemClient } from '../client/system-token.ts';
import type { Trail } from '../client/trail.ts';
import { DEMO_PGO, type DemoClients } from '../demo-registry.ts';
import { labReport } from '../region/messages/hl7v2-message.ts';
import { letterPush } from '../region/messages/letter-message.ts';
import { organisation } from '../region/organisations.ts';
import { createRandom } from '../region/random.ts';
import { type PersonRecord, recordOf } from '../region/record.ts';
import type { Doors, PERSONAS } from './doors.ts';
import { playReceiving, RECEIVING } from './hospital-receives.ts';

type Persona = ReturnType<typeof PERSONAS.get> & object;

export interface Play {
  readonly doors: Doors;
  readonly clients: DemoClients;
  readonly trail: Trail;
  readonly persona: Persona;
}

const text = (nl: string, en: string): Text => ({ nl, en });

const SOURCES: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  ziekenhuis: ['kennemerzoom', ['48', '51']],
  huisarts: ['huisartsenjansendewit', ['49']],
  jeugd: ['jeugdkennemer', ['63']],
};

/** The PGO app collects at one source. */
export async function playPgo({ doors, trail, persona }: Play, what: string): Promise<Text> {
  const [aanbieder, services] = SOURCES[what] ?? SOURCES['ziekenhuis'] ?? ['', []];
  const url = doors.publicUrl;
  const client = { url, clientId: DEMO_PGO, redirectUri: `${url}/demo/pgo/callback`, trail };
  try {
    if (what === 'meting' || what === 'verbetering') return await playShare(client, persona, what);
    const { answers } = await collect(client, persona.bsn, aanbieder, services);
    const found = answers.reduce((total, one) => total + one.entries, 0);
    return text(
      `De app vroeg ${answers.length} keer en kreeg ${found} onderdelen.`,
      `The app asked ${answers.length} times and got ${found} items.`,
    );
  } catch (error) {
    if (!(error instanceof PgoRefused)) throw error;
    return text(
      `De app kreeg niets: ${error.error}. Meer hoort een app niet.`,
      `The app got nothing: ${error.error}. An app is told no more.`,
    );
  }
}

/** A run of its own: the person confirms what is sent, this one time. */
async function playShare(
  client: PgoClient,
  persona: Persona,
  what: 'meting' | 'verbetering',
): Promise<Text> {
  const service = what === 'meting' ? SHARE_READINGS : ASK_CORRECTION;
  const session = await authorize(client, persona.bsn, HOSPITAL.key, { services: [service] });
  const answer =
    what === 'meting'
      ? await sendBloodPressure(client, session, persona, [134, 82])
      : await sendCorrection(client, session, persona, 'Ik gebruik dit medicijn niet meer.');
  return answer.status < 300
    ? text(
        'Het is ontvangen. Wat ermee gebeurt, staat op de pagina van de patiënt bij Wat u stuurde.',
        'It is received. What becomes of it stands on the page of the patient, under What you sent.',
      )
    : text(
        'Het ziekenhuis neemt dit nu niet aan. Er is niets opgeslagen.',
        'The hospital does not take this now. Nothing is stored.',
      );
}

const HOSPITAL = {
  key: 'kennemerzoom',
  sender: 'epd-kennemerzoom',
  application: 'ZOOMEPD',
} as const;

let sent: { readonly persona: string; readonly message: string } | undefined;

/** The hospital sends: a result, the same again, a broken one, or a letter; or it receives. */
export async function playHospital(play: Play, what: string): Promise<Text> {
  if (what === 'brief') return sendLetter(play);
  const receiving = RECEIVING.find((one) => one === what);
  if (receiving) {
    const { doors, clients, trail } = play;
    return playReceiving(systemClient(doors, clients, trail, HOSPITAL.sender), receiving);
  }
  const message =
    what === 'dubbel' && sent?.persona === play.persona.key ? sent.message : labOf(play);
  if (what === 'kapot') {
    await line(
      play,
      message.replace(/\rPID\|[^\r]*/, ''),
      text(
        'Ziekenhuis stuurt een uitslag zonder patiënt',
        'Hospital sends a result without a patient',
      ),
    );
    return text('Het bericht is geweigerd en wacht.', 'The message is refused and waits.');
  }
  const title = text('Ziekenhuis stuurt een uitslag', 'Hospital sends a result');
  await line(play, message, title);
  if (what === 'dubbel') {
    await line(
      play,
      message,
      text('Ziekenhuis stuurt hetzelfde nog eens', 'Hospital sends the same again'),
    );
  }
  sent = { persona: play.persona.key, message };
  return what === 'dubbel'
    ? text('Tweemaal gestuurd, één keer opgeslagen.', 'Sent twice, stored once.')
    : text('De uitslag is opgeslagen.', 'The result is stored.');
}

/** Over MLLP where that line is on, else over HTTP. */
async function line({ doors, clients, trail }: Play, message: string, title: Text): Promise<void> {
  if (doors.mllp) {
    await sendMllp(doors.mllp, message, { trail, title });
    return;
  }
  const session = await openSender(systemClient(doors, clients, trail, HOSPITAL.sender));
  await sendMessage(session, { title, bytes: message, mediaType: 'application/hl7-v2' });
}

function labOf({ persona }: Play): string {
  const own = organisation(HOSPITAL.key);
  const now = new Date();
  const time = now.toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const report = story(persona).labs[0];
  const result = {
    loinc: { code: '718-7', display: 'Hemoglobine' },
    nhg: '357',
    value: '8.4',
    unit: 'mmol/L',
    low: '7.5',
    high: '10',
    flag: '' as const,
  };
  const results = report?.results.slice(0, 3) ?? [result];
  const order = `DEUR${now.getTime()}`;
  return labReport(
    { application: HOSPITAL.application, organisation: own },
    persona,
    { order, taken: time, results, preliminaryFirst: false },
    { id: order, time, bsn: persona.bsn, status: 'F' },
  );
}

async function sendLetter({ doors, clients, trail, persona }: Play): Promise<Text> {
  const own = organisation(HOSPITAL.key);
  const session = await openSender(systemClient(doors, clients, trail, HOSPITAL.sender));
  const letter = {
    id: `DEUR-${Date.now()}`,
    date: new Date().toISOString().slice(0, 10),
    title: 'Polikliniekbrief',
    lines: ['Geachte collega,', 'Controle na zes weken: goed hersteld.'],
  };
  const bundle = letterPush(story(persona), letter, own, persona.bsn);
  await sendTransaction(session, {
    title: text('Ziekenhuis stuurt een brief (ITI-65)', 'Hospital sends a letter (ITI-65)'),
    body: JSON.stringify(bundle),
  });
  return text('De brief is gestuurd.', 'The letter is sent.');
}

function story(persona: Persona): PersonRecord {
  return recordOf(persona, createRandom(`doors/${persona.key}`));
}

const TYPES = ['Condition', 'Observation', 'MedicationRequest', 'DocumentReference'];

/** The region: a partner reads, or the person gives or withdraws consent in between. */
export async function playRegion(play: Play, what: string): Promise<Text> {
  const { doors, clients, trail, persona } = play;
  if (what === 'geef' || what === 'trek') {
    const visitor = createVisitor(trail);
    await loginAsPerson(visitor, doors.publicUrl, persona.bsn);
    const choice = what === 'geef' ? 'permit' : 'nothing';
    for (const recipient of ['cat:HA', 'cat:ZKH']) {
      await share(visitor, doors.publicUrl, { holder: 'any', data: 'GGC002', recipient, choice });
    }
    return what === 'geef'
      ? text('Huisartsen en ziekenhuizen mogen nu kijken.', 'GPs and hospitals may look now.')
      : text('De toestemming is ingetrokken.', 'The consent is withdrawn.');
  }
  const asks = PARTNERS[what] ?? PARTNERS['huisarts'];
  if (!asks) throw new RangeError(`no partner ${what}`);
  const session = await openPartner(systemClient(doors, clients, trail, asks.client), asks.says);
  const view = await viewAsPartner(session, persona.bsn, TYPES);
  const seen = Object.values(view.counts).reduce((total, count) => total + count, 0);
  return seen === 0
    ? text(
        'De partner kreeg niets, ook niet of er iets is.',
        'The partner got nothing, not even whether there is anything.',
      )
    : text(`De partner zag ${seen} onderdelen.`, `The partner saw ${seen} items.`);
}

const PARTNERS: Readonly<
  Record<string, { readonly client: string; readonly says: Parameters<typeof openPartner>[1] }>
> = {
  huisarts: {
    client: 'partner-huisarts-duin',
    says: { purpose: 'TREAT', role: '01.015', person: 'demo-huisarts' },
  },
  seh: {
    client: 'partner-seh',
    says: { purpose: 'TREAT', role: '01.000', person: 'demo-seh-arts', department: 'SEH' },
  },
  spoed: {
    client: 'partner-seh',
    says: {
      purpose: 'ETREAT',
      role: '01.000',
      person: 'demo-seh-arts',
      department: 'SEH',
      emergency: {
        level: 'vital',
        patientIncapable: true,
        reason: 'Bewusteloos binnengebracht, oorzaak onbekend',
      },
    },
  },
};

function systemClient(
  { publicUrl }: Doors,
  clients: DemoClients,
  trail: Trail,
  clientId: string,
): SystemClient {
  return { url: publicUrl, clientId, key: clients.keyOf(clientId), trail };
}
