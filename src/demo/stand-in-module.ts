/**
 * A module of a provider in the catalogue of the demo, so that a person and a builder of apps see
 * what one is. Nothing runs at its address; its secret lies in the data folder for who tries one.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';

type ModuleClient = Config['medmij']['modules'][number];

/** @returns the modules that were configured, or the one stand-in where there are none. */
export function demoModules(
  configured: readonly ModuleClient[],
  dataDir: string,
): readonly ModuleClient[] {
  return configured.length > 0 ? configured : [standIn(join(dataDir, 'module-secret'))];
}

const SECRET_BYTES = 32;

function standIn(secretFile: string): ModuleClient {
  if (!existsSync(secretFile)) {
    writeFileSync(secretFile, randomBytes(SECRET_BYTES).toString('base64url'), { mode: 0o600 });
  }
  const secret = readFileSync(secretFile, 'utf8').trim();
  return {
    id: 'module.demo.example',
    name: 'Bloeddruk-dagboek (nagespeeld)',
    about: {
      nl: 'Een voorbeeld. U zou hier metingen opschrijven die uw zorgverlener vroeg. In deze demo draait er niets op dit adres.',
      en: 'An example. Here you would write down measurements that your care provider asked for. In this demo nothing runs at this address.',
    },
    scopes: [
      'launch',
      'fhirUser',
      'patient/Patient.read',
      'patient/Task.read',
      'patient/Task.write',
    ],
    redirectUris: ['https://module.demo.example/terug'],
    secretDigest: createHash('sha256').update(secret).digest('hex'),
  };
}
