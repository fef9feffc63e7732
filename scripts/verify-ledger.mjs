/**
 * Checks an export of the ledger without the gateway, its database or any package:
 *
 *   node verify-ledger.mjs EXPORT.ndjson [--checkpoint FILE] [--key FILE]
 *
 * EXPORT may also be the `bewijs.json` of lines that were taken along: then the files beside it are
 * held against what was signed, and each line against the tree.
 *
 * Every record against its leaf, every leaf against the tree, the tree against the signed head, and
 * the head against a checkpoint that you kept. FILE of --key holds the verifier key
 * (name+hash+base64) or a public key in PEM; without it the key in the export is taken at its word.
 * Exit 0: all is good. 1: something is not, and the first bad number is named. 2: wrong use.
 *
 * The tree is that of RFC 9162, the head a C2SP checkpoint. Node.js 20 or later. Long, because it
 * has to be one file that can be carried along.
 */
import * as crypto from 'node:crypto';
import { closeSync, createReadStream, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process, { argv, stderr, stdout } from 'node:process';

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);
const LINE_BYTES_MAX = 4_000_000;
const { createHash, createPublicKey, verify } = crypto;
const once =
  crypto.hash === undefined
    ? (bytes) => createHash('sha256').update(bytes).digest()
    : (bytes) => crypto.hash('sha256', bytes, 'buffer');
const sha256 = (...parts) =>
  once(parts.length === 1 ? parts[0] : Buffer.concat(parts.map((part) => Buffer.from(part))));

/** Subtrees that cover the leaves so far, and the root of them. */
class Tree {
  size = 0;
  #subtrees = [];

  append(level, hash) {
    if (hash.length !== 32 || this.size % 2 ** level !== 0)
      throw new Error('A hash is out of place.');
    this.size += 2 ** level;
    let node = { level, hash, index: this.size / 2 ** level - 1 };
    while (this.#subtrees.at(-1)?.level === node.level && node.index % 2 === 1) {
      const left = this.#subtrees.pop();
      const up = sha256(NODE, left.hash, node.hash);
      node = { level: node.level + 1, hash: up, index: (node.index - 1) / 2 };
    }
    this.#subtrees.push(node);
  }

  root() {
    let hash;
    for (let at = this.#subtrees.length - 1; at >= 0; at -= 1) {
      const subtree = this.#subtrees[at];
      hash = hash ? sha256(NODE, subtree.hash, hash) : subtree.hash;
    }
    return hash ?? sha256('');
  }

  /** Appends the fewest complete subtrees from here up to `end`. */
  appendCover(end, hashes) {
    let used = 0;
    while (this.size < end) {
      let level = 0;
      while (this.size % 2 ** (level + 1) === 0 && this.size + 2 ** (level + 1) <= end) level += 1;
      this.append(level, Buffer.from(hashes[used] ?? '', 'base64'));
      used += 1;
    }
    if (used !== hashes.length) throw new Error('There are hashes too many.');
  }
}

/** A verifier key or a PEM file. */
function readKey(text, origin) {
  const line = text.trim();
  if (line.includes('BEGIN PUBLIC KEY')) return { name: origin, key: createPublicKey(line) };
  const [name, id, ...rest] = line.split('+');
  const bytes = Buffer.from(rest.join('+'), 'base64');
  if (bytes.length !== 33 || bytes[0] !== 1) throw new Error('The key is no Ed25519 verifier key.');
  const expected = sha256(`${name}\n`, bytes).subarray(0, 4).toString('hex');
  if (id !== expected) throw new Error('The key does not fit its own name.');
  const x = bytes.subarray(1).toString('base64url');
  return { name, key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }) };
}

/** A signed note: origin, size, root; signed by this key, whoever else signed it too. */
function openCheckpoint(note, { name, key }) {
  const end = note.indexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [origin, size, root] = text.split('\n');
  const isGood = note
    .slice(end + 2)
    .split('\n')
    .some((line) => {
      const start = `\u2014 ${name} `;
      if (!line.startsWith(start)) return false;
      const bytes = Buffer.from(line.slice(start.length), 'base64');
      return verify(null, Buffer.from(text), key, bytes.subarray(4));
    });
  if (end < 0 || !isGood || origin !== name || !/^(0|[1-9]\d*)$/.test(size)) {
    throw new Error('The checkpoint is not signed by the key of this ledger.');
  }
  return { size: Number(size), root };
}

/** Reads lines as bytes: the digest is over the file as it is. */
async function* lines(path) {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    let buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (;;) {
      const end = buffer.indexOf(10);
      if (end < 0) break;
      yield buffer.subarray(0, end);
      buffer = buffer.subarray(end + 1);
    }
    if (buffer.length > LINE_BYTES_MAX) throw new Error('A line is too long.');
    rest = buffer;
  }
  if (rest.length > 0) yield rest;
}

const ENTRY = new RegExp(
  '^\\{"seq":(\\d+),"recorded":"([^"]+)","class":"([a-z]+)","hash":"([^"]+)",' +
    '"salt":"([^"]+)","rendering":"([^"]+)","record":',
);
const MASKED = /^\{"seq":(\d+),"hash":"([^"]+)","masked":true,"rendering":"([^"]+)","auditEvent":/;
const RENDERED = Buffer.from(',"auditEvent":');
const RETENTION = Buffer.from('"event":"retention-run"');
const HEADER_BYTES_MAX = 400;

class Check {
  bad = [];
  checked = 0;
  hidden = 0;
  past = 0;
  /** Retention runs by id: what is gone, and what the entry of a run says. */
  pruned = new Map();
  runs = new Map();
  lines = 0;
  tree = new Tree();
  last = '';
  digest = createHash('sha256');
  ended = false;

  constructor(options) {
    this.options = options;
  }

  fault(seq, text) {
    if (this.bad.length < 100) this.bad.push({ seq, text });
  }

  line(bytes) {
    if (this.ended) return this.fault(undefined, 'There is something after the digest.');
    if (startsWith(bytes, '{"digest":')) return this.end(bytes.toString('utf8'));
    if (!startsWith(bytes, '{"seq":')) this.digest.update(bytes).update('\n');
    if (!this.manifest) return this.begin(JSON.parse(bytes.toString('utf8')));
    if (this.after) return this.fault(undefined, 'There is something after the last entry.');
    if (startsWith(bytes, '{"seq":')) {
      this.lines += 1;
      return this.entry(bytes);
    }
    const line = JSON.parse(bytes.toString('utf8'));
    if (line.hidden) return this.skip(line);
    if (!line.after) throw new Error('A line is none that an export has.');
    this.after = line.after;
    this.finish();
  }

  begin(manifest) {
    if (manifest.export !== 'zorgsluis-ledger' || manifest.v !== 1) {
      throw new Error('This is no export of a ledger.');
    }
    this.manifest = manifest;
    this.key = readKey(this.options.key ?? manifest.key, manifest.origin);
    this.head = openCheckpoint(manifest.checkpoint, this.key);
    if (this.head.size !== manifest.size || manifest.end > manifest.size) {
      throw new Error('The manifest and its checkpoint differ.');
    }
    this.kept = this.options.checkpoint && openCheckpoint(this.options.checkpoint, this.key);
    if (this.kept?.size > this.head.size) {
      this.fault(
        this.head.size,
        `The checkpoint that you kept knows ${this.kept.size} entries: here the end is gone.`,
      );
    }
    this.tree.appendCover(manifest.begin, manifest.before);
    this.compare();
  }

  /** Record and AuditEvent are hashed as the bytes that they are; neither is read as JSON. */
  entry(bytes) {
    const [start, seqText, recorded, name, hash, salt, rendering] =
      ENTRY.exec(headOf(bytes, HEADER_BYTES_MAX)) ?? [];
    if (start === undefined) return this.other(bytes);
    const seq = Number(seqText);
    this.place(seq);
    const middle = bytes.lastIndexOf(RENDERED);
    this.digestHead(bytes, middle + RENDERED.length);
    const record = bytes.subarray(start.length, middle);
    const event = bytes.subarray(middle + RENDERED.length, -1);
    if (name === 'ops' && record.includes(RETENTION))
      this.hear(JSON.parse(record.toString('utf8')));
    const commit = sha256(Buffer.from(salt, 'base64'), record).toString('base64');
    const ends = `"recorded":"${recorded}","seq":${seq},"v":1}`;
    const leaf = sha256(LEAF, `{"class":"${name}","commit":"${commit}",${ends}`);
    if (leaf.toString('base64') !== hash) this.fault(seq, 'The record does not fit its leaf.');
    if (recorded < this.last) this.fault(seq, 'It was recorded before its predecessor.');
    if (!isRendering(event, rendering)) this.fault(seq, 'The AuditEvent was changed.');
    this.last = recorded;
    this.append(hash);
    this.checked += 1;
  }

  hear({ event, detail }) {
    if (event === 'retention-run') this.runs.set(detail.run, detail.digest);
  }

  other(bytes) {
    const [start, seqText, hash, rendering] = MASKED.exec(headOf(bytes, HEADER_BYTES_MAX)) ?? [];
    if (start === undefined) {
      this.digest.update(bytes).update('\n');
      const line = JSON.parse(bytes.toString('utf8'));
      this.place(line.seq);
      if (line.pruned === undefined) {
        this.fault(line.seq, 'The gateway could not read its own entry.');
      } else this.gone(line);
      return this.append(line.hash);
    }
    this.digestHead(bytes, start.length);
    this.place(Number(seqText));
    if (!isRendering(bytes.subarray(start.length, -1), rendering)) {
      this.fault(Number(seqText), 'The AuditEvent was changed.');
    }
    this.append(hash);
    this.hidden += 1;
  }

  /** Past its term; the run that took it is an entry, with a digest over all that it took. */
  gone({ seq, hash, pruned }) {
    const run = this.pruned.get(pruned) ?? { digest: createHash('sha256'), first: seq };
    run.digest.update(`${seq} ${hash}\n`);
    this.pruned.set(pruned, run);
    this.past += 1;
  }

  /** Compares what is gone with what the runs say; those before this export are not in it. */
  retention() {
    for (const [run, { digest, first }] of this.pruned) {
      const told = this.runs.get(run);
      if (told === undefined) {
        this.fault(first, 'It or a later one is said to be past its term, and no run says so.');
      } else if (told !== digest.digest('hex')) {
        this.fault(
          first,
          'It or a later one was removed: the run that took it says something else.',
        );
      }
    }
  }

  /** The digest of the file takes a line up to its AuditEvent, whose own digest is in there. */
  digestHead(bytes, end) {
    this.digest.update(bytes.subarray(0, end)).update('\n');
    if (bytes.at(-1) !== 125) this.fault(undefined, 'A line does not end as it should.');
  }

  skip({ hidden: [from, until], nodes }) {
    this.place(from);
    this.tree.appendCover(until, nodes);
    this.hidden += until - from;
    this.compare();
  }

  /** Numbers follow each other; a jump is a gap that the tree cannot be built over. */
  place(seq) {
    if (seq === this.tree.size) return;
    const what =
      seq > this.tree.size ? 'Entries are missing from here on.' : 'Entries are out of order.';
    throw Object.assign(new Error(what), { seq: Math.min(seq, this.tree.size) });
  }

  append(hash) {
    this.tree.append(0, Buffer.from(hash, 'base64'));
    this.compare();
  }

  compare() {
    if (this.kept?.size !== this.tree.size) return;
    this.compared = true;
    if (this.tree.root().toString('base64') !== this.kept.root) {
      this.fault(
        this.tree.size - 1,
        'Up to here the tree differs from the checkpoint that you kept.',
      );
    }
  }

  finish() {
    const { end, size } = this.manifest;
    this.retention();
    if (this.tree.size !== end) {
      throw Object.assign(new Error('The last entries are missing.'), { seq: this.tree.size });
    }
    this.tree.appendCover(size, this.after);
    this.compare();
    if (this.tree.root().toString('base64') !== this.head.root && this.bad.length === 0) {
      this.fault(
        this.manifest.begin,
        `One of entries ${this.manifest.begin} to ${end - 1} differs from the signed tree.`,
      );
    }
  }

  end(text) {
    this.ended = true;
    if (!this.after) {
      throw Object.assign(new Error('The last entries are missing.'), { seq: this.tree.size });
    }
    const { entries, signature } = JSON.parse(text);
    const digest = this.digest.digest('hex');
    const signed = Buffer.from(`zorgsluis-ledger-export\n${digest}\n${this.lines}\n`);
    const bytes = Buffer.from(signature, 'base64');
    const expected = { digest, entries: this.lines, signature: bytes.toString('base64') };
    if (text !== JSON.stringify(expected) || entries !== this.lines) {
      this.fault(undefined, 'The file is not as it was signed.');
    } else if (!verify(null, signed, this.key.key, bytes)) {
      this.fault(undefined, 'The file is not signed by the key of this ledger.');
    }
  }
}

/** A line may be shorter than what is looked at. */
function headOf(bytes, length) {
  return bytes.latin1Slice(0, Math.min(length, bytes.length));
}

/** Files of lines with what the gateway signed about them; the files lie beside the statement. */
function checkStatement(path, options) {
  const text = readFileSync(path, 'utf8').trimEnd();
  const end = text.lastIndexOf(',"signature":"');
  const statement = text.slice('{"statement":'.length, end);
  const said = JSON.parse(statement);
  const key = readKey(options.key ?? said.key, said.origin);
  const digest = sha256(statement).toString('hex');
  const bad = [];
  const signature = Buffer.from(text.slice(end + 14, -2), 'base64');
  if (!verify(null, Buffer.from(`zorgsluis-ledger-lines\n${digest}\n`), key.key, signature))
    bad.push('The statement is not signed by the key of this ledger.');
  const head = openCheckpoint(said.checkpoint, key);
  for (const { name, sha256: expected } of said.files) {
    const file = join(dirname(path), basename(name));
    const found = existsSync(file) && sha256(readFileSync(file)).toString('hex');
    if (found !== expected) bad.push(`${name} is not the file that was signed.`);
  }
  let proved = 0;
  for (const { seq, hash, path: nodes } of said.entries) {
    if (nodes === undefined) continue;
    proved += 1;
    if (!isIncluded(seq, head, hash, nodes))
      bad.push(`entry ${seq}: It is not in the signed tree.`);
  }
  stdout.write(`${said.files.length} files, ${said.entries.length} entries, ${proved} proved\n`);
  for (const one of bad.slice(0, 20)) stdout.write(`- ${one}\n`);
  stdout.write(bad.length === 0 ? 'Good: files and entries are as they were signed.\n' : 'Bad.\n');
  return bad.length === 0 ? 0 : 1;
}

/** RFC 9162 2.1.3.2. */
function isIncluded(seq, { size, root }, leaf, path) {
  if (seq >= size) return false;
  let [at, last, hash] = [seq, size - 1, Buffer.from(leaf, 'base64')];
  for (const sibling of path.map((one) => Buffer.from(one, 'base64'))) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = sha256(NODE, sibling, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else hash = sha256(NODE, hash, sibling);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && hash.toString('base64') === root;
}

function isStatement(path) {
  const start = Buffer.alloc(13);
  const file = openSync(path, 'r');
  readSync(file, start, 0, 13, 0);
  closeSync(file);
  return start.toString('latin1') === '{"statement":';
}

function startsWith(bytes, text) {
  return headOf(bytes, text.length) === text;
}

function isRendering(event, expected) {
  return sha256(event).toString('base64url').slice(0, 22) === expected;
}

function usage() {
  stderr.write('Usage: node verify-ledger.mjs EXPORT.ndjson [--checkpoint FILE] [--key FILE]\n');
  process.exit(2);
}

function readOptions(words) {
  const options = {};
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === '--checkpoint' || word === '--key') {
      at += 1;
      if (words[at] === undefined) usage();
      options[word.slice(2)] = readFileSync(words[at], 'utf8');
    } else if (word.startsWith('--') || options.file !== undefined) usage();
    else options.file = word;
  }
  if (options.file === undefined) usage();
  return options;
}

function report(check, seconds) {
  const { manifest, bad, checked, hidden, past, kept, compared } = check;
  if (manifest) {
    stdout.write(
      `Ledger ${manifest.origin}, entries ${manifest.begin} to ${manifest.end - 1}` +
        ` of ${manifest.size}\n`,
    );
    stdout.write(
      `${checked} records checked, ${hidden} known by hash only, ` +
        `${past > 0 ? `${past} past their term, ` : ''}${seconds.toFixed(1)} s\n`,
    );
    if (!check.options.key)
      stdout.write('Note: the key was taken from the export itself; give --key to be sure.\n');
    if (kept && !compared && kept.size <= manifest.size) {
      stdout.write('Note: the checkpoint that you kept lies inside a part known by hash only.\n');
    }
  }
  const first = bad.toSorted((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity))[0];
  if (!first) {
    stdout.write('Good: every record is the one that was numbered, and the head is signed.\n');
    return 0;
  }
  for (const { seq, text } of bad.slice(0, 20))
    stdout.write(`- ${seq === undefined ? '' : `entry ${seq}: `}${text}\n`);
  stdout.write(first.seq === undefined ? 'Bad.\n' : `Bad: the first bad entry is ${first.seq}.\n`);
  return 1;
}

const options = readOptions(argv.slice(2));
if (isStatement(options.file)) process.exit(checkStatement(options.file, options));
const started = Date.now();
let check;
try {
  check = new Check(options);
  for await (const line of lines(options.file)) check.line(line);
  if (!check.ended) check.fault(check.tree.size, 'The export ends too early.');
} catch (error) {
  check.fault(error.seq ?? check.tree?.size, error.message);
}
process.exitCode = report(check, (Date.now() - started) / 1000);
