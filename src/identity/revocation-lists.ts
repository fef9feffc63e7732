/**
 * Revocation lists (RFC 5280 section 5) for certificates that come in a header: our own TLS line
 * has OpenSSL for this. What it reads is the little that decides: issuer, times, serial numbers
 * and the signature.
 */
import { constants, verify, type X509Certificate } from 'node:crypto';

/** Whether a certificate still counts, by the list of whoever issued it. */
export type NotRevoked = (certificate: X509Certificate, issuer: X509Certificate) => boolean;

interface RevocationList {
  /** DER of the issuer's name, hexadecimal. */
  readonly issuer: string;
  /** Milliseconds since 1970; absent: the list does not say until when it is good. */
  readonly nextUpdate: number | undefined;
  readonly serials: ReadonlySet<string>;
  readonly signed: Buffer;
  readonly algorithm: Buffer;
  readonly signature: Buffer;
}

/**
 * As our own TLS line: a certificate counts when its issuer has a list here that is signed by it,
 * is not over and does not name it.
 * @param pem one or more lists
 * @throws Error when one of them cannot be read
 */
export function revocationLists(pem: string, now: () => number = Date.now): NotRevoked {
  const lists = (pem.match(LIST) ?? []).map((text) =>
    listOf(Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64')),
  );
  if (lists.length === 0) throw new Error('There is no revocation list in this file.');
  const genuine = new Map<string, boolean>();
  return (certificate, issuer) => {
    const { issuer: name, serial } = identityOf(certificate.raw);
    const own = lists.filter((list) => {
      if (list.issuer !== name) return false;
      const key = `${lists.indexOf(list)} ${issuer.fingerprint256}`;
      const known = genuine.get(key) ?? isSigned(list, issuer);
      genuine.set(key, known);
      return known;
    });
    if (own.some(({ serials }) => serials.has(serial))) return false;
    return own.some(({ nextUpdate }) => nextUpdate === undefined || nextUpdate > now());
  };
}

const LIST = /-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g;

interface Der {
  readonly tag: number;
  /** With its tag and length. */
  readonly whole: Buffer;
  readonly body: Buffer;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

function derAt(bytes: Buffer): Der {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) throw new Error('This is no DER.');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4 || first === 0x80) throw new Error('This is no DER.');
  const start = 2 + lengthBytes;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  if (bytes.length < start + length) throw new Error('This DER is cut off.');
  return {
    tag,
    whole: bytes.subarray(0, start + length),
    body: bytes.subarray(start, start + length),
  };
}

function membersOf({ body }: Der): Der[] {
  const members: Der[] = [];
  let rest = body;
  while (rest.length > 0) {
    const one = derAt(rest);
    members.push(one);
    rest = rest.subarray(one.whole.length);
  }
  return members;
}

function listOf(bytes: Buffer): RevocationList {
  const [signed, algorithm, signature] = membersOf(derAt(bytes));
  if (!signed || !algorithm || !signature) throw new Error('This is no revocation list.');
  const members = membersOf(signed);
  // Version, when there is one, then the algorithm once more, issuer, this and next update.
  const rest = members.slice(members[0]?.tag === INTEGER ? 2 : 1);
  const [issuer, thisUpdate, ...more] = rest;
  if (issuer?.tag !== SEQUENCE || !thisUpdate) throw new Error('This is no revocation list.');
  const next = more.find(({ tag }) => tag === UTC_TIME || tag === GENERALIZED_TIME);
  const entries = more.find(({ tag }) => tag === SEQUENCE);
  return {
    issuer: issuer.whole.toString('hex'),
    nextUpdate: next && timeOf(next),
    serials: new Set(
      (entries ? membersOf(entries) : []).map((entry) => serialOf(membersOf(entry)[0])),
    ),
    signed: signed.whole,
    algorithm: algorithm.whole,
    // A bit string: the first byte counts the unused bits.
    signature: signature.body.subarray(1),
  };
}

function serialOf(der: Der | undefined): string {
  if (der?.tag !== INTEGER) throw new Error('A serial number is missing.');
  return der.body.toString('hex').replace(/^(?:00)+(?=.)/, '');
}

/** Issuer and serial number of a certificate, as its bytes have them. */
function identityOf(raw: Buffer): { issuer: string; serial: string } {
  const [body] = membersOf(derAt(raw));
  const members = body ? membersOf(body) : [];
  const [serial, , issuer] = members.slice(members[0]?.tag === 0xa0 ? 1 : 0);
  return { issuer: issuer?.whole.toString('hex') ?? '', serial: serialOf(serial) };
}

/** RFC 5280 4.1.2.5: both forms are in UTC; of two digits, 50 and more are of the last century. */
function timeOf({ tag, body }: Der): number {
  const text = body.toString('latin1');
  const isShort = tag === UTC_TIME;
  const century = Number(text.slice(0, 2)) >= 50 ? '19' : '20';
  const [, y, mo, d, h, mi, s] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(isShort ? `${century}${text}` : text) ?? [];
  const time = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  if (Number.isNaN(time)) throw new Error('A time of a revocation list cannot be read.');
  return time;
}

/** DER of the object identifiers of the hash functions and signatures in use. */
const HASHES: Readonly<Record<string, string>> = {
  '06092a864886f70d01010b': 'sha256',
  '06092a864886f70d01010c': 'sha384',
  '06092a864886f70d01010d': 'sha512',
  '06082a8648ce3d040302': 'sha256',
  '06082a8648ce3d040303': 'sha384',
  '06082a8648ce3d040304': 'sha512',
};
const ED25519 = '06032b6570';
const PSS = '06092a864886f70d01010a';
const PSS_HASHES: Readonly<Record<string, string>> = {
  '0609608648016503040201': 'sha256',
  '0609608648016503040202': 'sha384',
  '0609608648016503040203': 'sha512',
};

function isSigned(list: RevocationList, { publicKey, ca }: X509Certificate): boolean {
  if (!ca) return false;
  const { algorithm, signed, signature } = list;
  const [identifier] = membersOf(derAt(algorithm));
  const name = identifier?.whole.toString('hex') ?? '';
  try {
    if (name === ED25519) return verify(null, signed, publicKey, signature);
    if (name === PSS) {
      const text = algorithm.toString('hex');
      const hash = Object.entries(PSS_HASHES).find(([oid]) => text.includes(oid))?.[1];
      const { RSA_PKCS1_PSS_PADDING: padding } = constants;
      return hash !== undefined && verify(hash, signed, { key: publicKey, padding }, signature);
    }
    const hash = HASHES[name];
    return hash !== undefined && verify(hash, signed, publicKey, signature);
  } catch {
    return false;
  }
}
