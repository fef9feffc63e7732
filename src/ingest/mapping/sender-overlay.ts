/**
 * Sender overlays: `profiles/mappings/senders/default.yaml` holds what is true for the Netherlands;
 * `<sender>.yaml` holds only what this sender does otherwise, and is laid over it.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { isResourceType, R4 } from '../../conformance/index.ts';
import type { SenderOverlay } from '../format.ts';
import { DURATION_PATTERN } from './delay.ts';
import { reasonOf } from './read-table.ts';
import { isUcum } from './ucum-unit.ts';

export const MAPPINGS_FOLDER = fileURLToPath(
  new URL('../../../profiles/mappings/', import.meta.url),
);

const texts = { type: 'object', additionalProperties: { type: 'string', minLength: 1 } } as const;
const coding = {
  type: 'object',
  additionalProperties: false,
  required: ['system', 'code'],
  properties: { system: { type: 'string' }, code: { type: 'string' }, display: { type: 'string' } },
} as const;

const OVERLAY_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    comment: { type: 'string' },
    zone: { type: 'string' },
    charset: {
      enum: ['utf-8', 'iso-8859-1', 'iso-8859-15', 'windows-1252', 'cp437', 'cp850', 'ascii'],
    },
    delimiters: { type: 'string', minLength: 5, maxLength: 6 },
    acknowledge: { enum: ['as-asked', 'original', 'enhanced'] },
    base: { type: 'string', pattern: '^(https?://.*/|urn:.*[:/])$' },
    authorities: texts,
    codeSystems: texts,
    codes: { type: 'object', additionalProperties: { type: 'array', items: coding, minItems: 1 } },
    units: texts,
    processing: { type: 'array', items: { type: 'string' } },
    off: { type: 'array', items: { type: 'string' } },
    unknownCodes: { enum: ['keep', 'hold-item', 'hold-message'] },
    unreadDenials: { enum: ['hold-item', 'hold-message'] },
    localSystems: { type: 'array', items: { type: 'string', minLength: 4 } },
    delays: {
      type: 'object',
      propertyNames: { pattern: '^[A-Z][A-Za-z]+(/[a-z-]+)?$' },
      additionalProperties: { type: 'string', pattern: DURATION_PATTERN },
    },
    tables: { type: 'array' },
  },
} as const;

let compiled: ValidateFunction | undefined;

/** Compiled when the first sender file is read. */
function checkOfOverlays(): ValidateFunction {
  compiled ??= new Ajv2020({ strict: true, strictTypes: false }).compile(OVERLAY_SCHEMA);
  return compiled;
}

type RawOverlay = Partial<Omit<SenderOverlay, 'id'>>;

/** A sender id names a file, so it may hold nothing that leaves the folder. */
const SENDER_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export const SENDERS_FOLDER = join(MAPPINGS_FOLDER, 'senders');

/** Where the file of this name lies: an operator's own folder goes before the one that ships. */
export const overlayFile = (name: string, folder = SENDERS_FOLDER): string => {
  const own = join(folder, `${name}.yaml`);
  return existsSync(own) ? own : join(SENDERS_FOLDER, `${name}.yaml`);
};

/**
 * The overlay of a sender; the default one, under the sender's own id, when it has no file.
 * @throws SyntaxError naming the file and key that is wrong.
 */
export function readOverlay(sender: string, folder = SENDERS_FOLDER): SenderOverlay {
  if (!SENDER_ID.test(sender)) throw new SyntaxError('Not a sender id.');
  const base = readFile(overlayFile('default', folder));
  const file = overlayFile(sender, folder);
  const own = sender !== 'default' && existsSync(file) ? readFile(file) : {};
  return layOver(sender, base, own);
}

/** Maps are laid over key by key, everything else is replaced. */
export function layOver(id: string, base: RawOverlay, own: RawOverlay): SenderOverlay {
  const merged = { ...base, ...own };
  return {
    id,
    zone: merged.zone ?? 'Europe/Amsterdam',
    charset: merged.charset ?? 'windows-1252',
    ...(merged.delimiters === undefined ? {} : { delimiters: merged.delimiters }),
    acknowledge: merged.acknowledge ?? 'as-asked',
    base: (merged.base ?? 'https://zorgsluis.example/NamingSystem/{sender}/').replace(
      '{sender}',
      id,
    ),
    authorities: { ...base.authorities, ...own.authorities },
    codeSystems: { ...base.codeSystems, ...own.codeSystems },
    codes: { ...base.codes, ...own.codes },
    units: { ...base.units, ...own.units },
    processing: merged.processing ?? ['P'],
    off: merged.off ?? [],
    unknownCodes: merged.unknownCodes ?? 'keep',
    unreadDenials: merged.unreadDenials ?? 'hold-message',
    localSystems: merged.localSystems ?? [],
    delays: { ...base.delays, ...own.delays },
    tables: merged.tables ?? [],
  };
}

function readFile(file: string): RawOverlay {
  const overlay = parsed(file);
  const checkOverlay = checkOfOverlays();
  if (!checkOverlay(overlay)) {
    const [error] = checkOverlay.errors ?? [];
    const isDelay = error?.instancePath.startsWith('/delays/') && error.keyword === 'pattern';
    const reason = isDelay ? 'must be a period such as P3D or PT12H' : reasonOf(error);
    throw new SyntaxError(`${file}: ${error?.instancePath || '/'}: ${reason}`);
  }
  checkValues(file, overlay as RawOverlay);
  return overlay as RawOverlay;
}

function parsed(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8')) ?? {};
  } catch (error) {
    throw new SyntaxError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What the schema cannot know: time zones, and units that are none. */
function checkValues(
  file: string,
  { zone, units = {}, codes = {}, delays = {} }: RawOverlay,
): void {
  if (zone !== undefined && !isTimeZone(zone)) {
    throw new SyntaxError(`${file}: /zone: there is no time zone "${zone}"`);
  }
  checkDelays(file, delays);
  const bare = Object.keys(codes).find((key) => !key.includes('|'));
  if (bare !== undefined) {
    const example = `"L|${bare}"`;
    throw new SyntaxError(`${file}: /codes/${bare}: a key is list|code, for instance ${example}`);
  }
  const [wrong] = Object.entries(units).filter(([, unit]) => !isUcum(unit));
  if (wrong) {
    throw new SyntaxError(`${file}: /units/${wrong[0]}: "${wrong[1]}" is no unit of UCUM`);
  }
}

/** A delay is of a resource type, or of a category of it. */
function checkDelays(file: string, delays: Readonly<Record<string, string>>): void {
  const wrong = Object.keys(delays).find((kind) => !isResourceType(R4, kind.split('/')[0] ?? ''));
  if (wrong === undefined) return;
  throw new SyntaxError(`${file}: /delays/${wrong}: FHIR has no resource type of that name`);
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
