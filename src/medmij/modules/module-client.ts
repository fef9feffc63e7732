/**
 * Modules of providers that a PGO may start for a person (medmij-protocol.md 9.1): a draft, and off
 * until the operator names modules in a file. Who a module is, where it is answered, its secret.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Text } from '../../platform/html/language.ts';
import { isScope } from './module-scope.ts';

export interface ModuleClient {
  readonly id: string;
  /** Shown to the person. */
  readonly name: string;
  /** What it is for, in words of its own. */
  readonly about?: Text;
  /** What it may ask for at most: its entry in the catalogue. */
  readonly scopes: readonly string[];
  readonly redirectUris: readonly string[];
  /** SHA-256 of the secret, hexadecimal. */
  readonly secretDigest: string;
}

interface Row {
  client_id: string;
  name: string;
  about?: Text;
  scopes: string[];
  redirect_uris: string[];
  secret_sha256: string;
}

/** @throws Error naming what is wrong with the file. */
export function readModuleClients(path: string): readonly ModuleClient[] {
  const rows = JSON.parse(readFileSync(path, 'utf8')) as Row[];
  return rows.map((row, at) => {
    const { client_id: id, name, about, scopes, redirect_uris: redirectUris } = row;
    const isWhole = typeof id === 'string' && typeof name === 'string';
    const isSafe = redirectUris?.every((one) => one.startsWith('https://'));
    if (!isWhole || !isSafe || !/^[0-9a-f]{64}$/.test(row.secret_sha256)) {
      throw new Error(`module ${at + 1} needs client_id, name, https redirect_uris, secret_sha256`);
    }
    const isListed = Array.isArray(scopes) && scopes.length > 0 && scopes.every(isScope);
    if (!isListed) {
      throw new Error(`module ${at + 1} needs scopes, such as patient/Task.read`);
    }
    const isTold = about === undefined || [about.nl, about.en].every((one) => !!one?.trim?.());
    if (!isTold) throw new Error(`module ${at + 1} needs its about in nl and en, or none`);
    const words = about === undefined ? {} : { about };
    return { id, name, ...words, scopes, redirectUris, secretDigest: row.secret_sha256 };
  });
}

/** The module of an `Authorization: Basic` header; undefined when it is none of ours. */
export function moduleOf(
  modules: readonly ModuleClient[],
  authorization: string | undefined,
): ModuleClient | undefined {
  const [, encoded = ''] = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization ?? '') ?? [];
  const [, id = '', secret = ''] = /^([^:]*):(.*)$/s.exec(decoded(encoded)) ?? [];
  const module = modules.find((one) => one.id === unescaped(id));
  if (!module) return undefined;
  const given = createHash('sha256').update(unescaped(secret)).digest();
  return timingSafeEqual(given, Buffer.from(module.secretDigest, 'hex')) ? module : undefined;
}

const decoded = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

/** RFC 6749 2.3.1: both parts are form-encoded; one that cannot be read fits nothing. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return '';
  }
}
