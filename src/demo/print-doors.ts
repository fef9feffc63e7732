/** What the demo says when it is ready. */
import type { Config } from '../config.ts';
import type { StandIn } from './stand-in-provider.ts';

export function printDoors(
  say: (text: string) => void,
  config: Config,
  [digid, staff, mitz]: readonly [StandIn, StandIn, Config['mitz']],
  seconds: number,
): void {
  const { publicUrl, mllp, tls, host } = config;
  const lines = [
    ['five doors', `${publicUrl}/`],
    ['FHIR R4, STU3', `${publicUrl}/fhir/r4  ${publicUrl}/fhir/stu3`],
    ['MedMij', `${publicUrl}/medmij/authorize`],
    ['sandbox', `${publicUrl}/sandbox`],
    ['intake', `${publicUrl}/intake/{sender}`],
    ['MLLP', mllp.port === undefined ? 'off' : `${host}:${mllp.port}`],
    ['MLLP over TLS', mllp.tlsPort === undefined ? 'off' : `${host}:${mllp.tlsPort}`],
    ['TLS', tls.port === undefined ? 'off' : `https://${host}:${tls.port}`],
    ['stand-in DigiD', digid.issuer],
    ['stand-in staff', staff.issuer],
    ['stand-in Mitz', mitz.url ?? 'off'],
    ['API', `${publicUrl}/openapi.json`],
  ];
  say(`\nZorgsluis demo: ready in ${seconds.toFixed(1)} s. Everything here is invented.`);
  for (const [name, address] of lines) say(`  ${(name ?? '').padEnd(15)} ${address}`);
  say('Stop with Ctrl-C.');
}
