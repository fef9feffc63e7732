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
 * Two checkpoints of one ledger that you and somebody else kept are held against each other by
 *
 *   node verify-ledger.mjs --split FILE --and FILE --key FILE
 *
 * The tree is that of RFC 9162, the head a C2SP checkpoint. Node.js 18 or later. A large file is
 * looked at in parts, side by side. Long, because it has to be one file that can be carried along.
 */
import * as crypto from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import * as os from 'node:os';
import { basename, dirname, join } from 'node:path';
import process, { argv, stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const NODE = Buffer.from([1]);
const LINE_BYTES_MAX = 4_000_000;
const PART_BYTES = 8 << 20;
const WORKERS_MAX = 8;
const { createHash, createPublicKey, verify } = crypto;
const once =
  crypto.hash === undefined
    ? (data, form) =>
        createHash('sha256')
          .update(data)
          .digest(form === 'buffer' ? undefined : form)
    : (data, form) => crypto.hash('sha256', data, form);
const sha256 = (...parts) => once(Buffer.concat(parts.map((part) => Buffer.from(part))), 'buffer');

/** Written over for each node and each record: a million of them leave nothing behind. */
const nodeBytes = Buffer.concat([NODE, Buffer.alloc(64)]);
const recordBytes = Buffer.alloc(LINE_BYTES_MAX);

function nodeHash(left, right) {
  left.copy(nodeBytes, 1);
  right.copy(nodeBytes, 33);
  return once(nodeBytes, 'buffer');
}

function commitOf(salt, record) {
  const begin = recordBytes.write(salt, 'base64');
  const end = begin + record.copy(recordBytes, begin);
  return once(recordBytes.subarray(0, end), 'base64');
}

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
      const up = nodeHash(left.hash, node.hash);
      node = { level: node.level + 1, hash: up, index: (node.index - 1) / 2 };
    }
    this.#subtrees.push(node);
  }

  root() {
    let hash;
    for (let at = this.#subtrees.length - 1; at >= 0; at -= 1) {
      const subtree = this.#subtrees[at];
      hash = hash ? nodeHash(subtree.hash, hash) : subtree.hash;
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

const ENTRY = new RegExp(
  '^\\{"seq":(\\d+),"recorded":"([^"]+)","class":"([a-z]+)","hash":"([^"]+)",' +
    '"salt":"([^"]+)","rendering":"([^"]+)","record":',
);
const MASKED = /^\{"seq":(\d+),"hash":"([^"]+)","masked":true,"rendering":"([^"]+)","auditEvent":/;
const RENDERED = Buffer.from(',"auditEvent":');
const RETENTION = Buffer.from('"event":"retention-run"');
const HEADER_BYTES_MAX = 400;
/** Either of the two may be the one that was put in. */
const DISORDER = 'It was recorded before its predecessor.';
const DIFFERS = 'Up to here the tree differs from the checkpoint that you kept.';
const NEWLINE = Buffer.from([10]);

const [ENTRY_LINE, MASKED_LINE, OTHER_LINE] = [0, 1, 2];

/**
 * The lines that begin in one part of the file. Record and AuditEvent are hashed as the bytes that
 * they are; neither is read as JSON. What needs the lines before it is left to whoever joins.
 */
class Part {
  kinds = [];
  seqs = [];
  hashes = [];
  /** Lines that are no entry, and such that were taken out. */
  others = [];
  faults = [];
  /** What entries of retention runs say: run and digest. */
  runs = [];
  /** Bytes that the digest of the file is over. */
  digested = [];
  first;
  last = '';

  fault(seq, text, from) {
    if (this.faults.length < 100) this.faults.push({ seq, text, from });
  }

  line(bytes) {
    const head = startsWith(bytes, '{"seq":') ? headOf(bytes, HEADER_BYTES_MAX) : '';
    const entry = ENTRY.exec(head);
    if (entry) return this.entry(bytes, entry);
    const masked = MASKED.exec(head);
    if (masked) return this.masked(bytes, masked);
    this.kinds.push(OTHER_LINE);
    this.others.push(bytes.toString('utf8'));
    if (!startsWith(bytes, '{"digest":')) this.digest(bytes, bytes.length);
  }

  entry(bytes, [start, seqText, recorded, name, hash, salt, rendering]) {
    const seq = Number(seqText);
    const middle = bytes.lastIndexOf(RENDERED);
    this.head(bytes, middle + RENDERED.length);
    const record = bytes.subarray(start.length, middle);
    const event = bytes.subarray(middle + RENDERED.length, -1);
    if (name === 'ops' && record.includes(RETENTION)) this.hear(JSON.parse(record.toString()));
    const commit = commitOf(salt, record);
    const ends = `"recorded":"${recorded}","seq":${seq},"v":1}`;
    const leaf = once(`\0{"class":"${name}","commit":"${commit}",${ends}`, 'base64');
    if (leaf !== hash) this.fault(seq, 'The record does not fit its leaf.');
    if (recorded < this.last) this.fault(seq, DISORDER, seq - 1);
    if (!isRendering(event, rendering)) this.fault(seq, 'The AuditEvent was changed.');
    this.first ??= { recorded, seq };
    this.last = recorded;
    this.place(ENTRY_LINE, seq, hash);
  }

  masked(bytes, [start, seqText, hash, rendering]) {
    this.head(bytes, start.length);
    const seq = Number(seqText);
    if (!isRendering(bytes.subarray(start.length, -1), rendering)) {
      this.fault(seq, 'The AuditEvent was changed.');
    }
    this.place(MASKED_LINE, seq, hash);
  }

  hear({ event, detail }) {
    if (event === 'retention-run') this.runs.push([detail.run, detail.digest]);
  }

  place(kind, seq, hash) {
    this.kinds.push(kind);
    this.seqs.push(seq);
    this.hashes.push(hash);
  }

  /** The digest of the file takes a line up to its AuditEvent, whose own digest is in there. */
  head(bytes, end) {
    this.digest(bytes, end);
    if (bytes[bytes.length - 1] !== 125) this.fault(undefined, 'A line does not end as it should.');
  }

  digest(bytes, end) {
    this.digested.push(bytes.subarray(0, end), NEWLINE);
  }

  /** As it is handed from one thread to another. */
  result() {
    const { kinds, seqs, hashes, others, faults, runs, first, last } = this;
    const digested = Buffer.concat(this.digested);
    return { kinds, seqs, hashes: hashes.join('\n'), others, faults, runs, first, last, digested };
  }
}

/** Looks at the lines that begin at or after `from`, up to the end of the part. */
function lookAt(file, from, size) {
  const part = new Part();
  const end = Math.min(size, from + PART_BYTES);
  // A line begins here when the byte before is the end of another.
  const begin = Math.max(0, from - 1);
  let bytes = read(file, begin, Math.min(size, end + 65_536) - begin);
  let at = from === 0 ? 0 : bytes.indexOf(10) + 1;
  if (from > 0 && at === 0) return part.result();
  while (begin + at < end) {
    let stop = bytes.indexOf(10, at);
    if (stop < 0 && begin + bytes.length < size) {
      bytes = read(file, begin, Math.min(size, begin + bytes.length + LINE_BYTES_MAX) - begin);
      stop = bytes.indexOf(10, at);
      if (stop < 0 && bytes.length - at > LINE_BYTES_MAX) throw new Error('A line is too long.');
    }
    part.line(bytes.subarray(at, stop < 0 ? bytes.length : stop));
    at = stop < 0 ? bytes.length : stop + 1;
  }
  return part.result();
}

function read(file, from, length) {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(file, bytes, filled, length - filled, from + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

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
  /** So many entries are those of the checkpoint that was kept. */
  good = 0;

  constructor(options) {
    this.options = options;
  }

  /** Of what lies between `from` and `seq` one is bad, and nobody can say which. */
  fault(seq, text, from) {
    if (this.bad.length < 100) this.bad.push({ seq, text, from });
  }

  /** Parts have to come in their order. */
  take(part) {
    this.digest.update(part.digested);
    for (const { seq, text, from } of part.faults) this.fault(seq, text, from);
    for (const [run, digest] of part.runs) this.runs.set(run, digest);
    if (part.first && part.first.recorded < this.last)
      this.fault(part.first.seq, DISORDER, part.first.seq - 1);
    if (part.first) this.last = part.last;
    const hashes = part.hashes.split('\n');
    let [entry, other] = [0, 0];
    for (const kind of part.kinds) {
      if (kind === OTHER_LINE) {
        this.line(part.others[other]);
        other += 1;
        continue;
      }
      if (this.isPlaceFor()) {
        this.lines += 1;
        this.place(part.seqs[entry]);
        this.append(hashes[entry]);
        if (kind === ENTRY_LINE) this.checked += 1;
        else this.hidden += 1;
      }
      entry += 1;
    }
  }

  /** Whether a line may stand here that is no end. */
  isPlaceFor() {
    if (!this.manifest) throw new Error('This is no export of a ledger.');
    if (this.ended) this.fault(undefined, 'There is something after the digest.');
    else if (this.after) this.fault(undefined, 'There is something after the last entry.');
    return !this.ended && !this.after;
  }

  line(text) {
    if (this.ended) return this.fault(undefined, 'There is something after the digest.');
    if (text.startsWith('{"digest":')) return this.end(text);
    const line = JSON.parse(text);
    if (!this.manifest) return this.begin(line);
    if (!this.isPlaceFor()) return;
    if (text.startsWith('{"seq":')) return this.other(line);
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
    const { origin, size, end } = manifest;
    if (this.key.name !== origin || this.head.size !== size || end > size) {
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

  other(line) {
    this.lines += 1;
    this.place(line.seq);
    if (line.pruned === undefined) {
      this.fault(line.seq, 'The gateway could not read its own entry.');
    } else this.gone(line);
    this.append(line.hash);
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

  skip({ hidden: [from, until], nodes }) {
    this.place(from);
    if (!(until > from)) throw new Error('A part that is known by hash only goes back.');
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
    if (this.kept?.size !== this.tree.size || this.compared) return;
    this.compared = true;
    if (this.tree.root().toString('base64') === this.kept.root) this.good = this.kept.size;
    else this.fault(this.tree.size - 1, DIFFERS, 0);
  }

  finish() {
    const { end, size } = this.manifest;
    this.retention();
    if (this.tree.size !== end) {
      throw Object.assign(new Error('The last entries are missing.'), { seq: this.tree.size });
    }
    this.tree.appendCover(size, this.after);
    this.compare();
    // What is named already explains a difference; two that are out of order may both be false.
    const isNamed = this.bad.some(({ from }) => from === undefined);
    if (this.tree.root().toString('base64') !== this.head.root && !isNamed) {
      const from = Math.min(Math.max(this.manifest.begin, this.good), end - 1);
      this.fault(end - 1, `One from ${from} on differs from the signed tree.`, from);
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
  const kept = options.checkpoint && openCheckpoint(options.checkpoint, key);
  if (kept?.size === head.size && kept.root !== head.root)
    bad.push('The tree differs from the checkpoint that you kept.');
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
  if (kept && kept.size !== head.size) {
    const [from, to] = [kept.size, head.size].sort((a, b) => a - b);
    stdout.write(
      `Note: the checkpoint that you kept is of ${kept.size} entries, and this of ${head.size}: ask` +
        ` /ledger/proof/consistency?from=${from}&to=${to} and use --split.\n`,
    );
  }
  for (const one of bad.slice(0, 20)) stdout.write(`- ${one}\n`);
  stdout.write(bad.length === 0 ? 'Good: files and entries are as they were signed.\n' : 'Bad.\n');
  return bad.length === 0 ? 0 : 1;
}

/** RFC 9162 2.1.3.2. */
function isIncluded(seq, { size, root }, leaf, path) {
  if (!Number.isSafeInteger(seq) || seq < 0 || seq >= size) return false;
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
  return once(event, 'base64url').slice(0, 22) === expected;
}

function usage() {
  stderr.write(
    'Usage: node verify-ledger.mjs EXPORT.ndjson [--checkpoint FILE] [--key FILE]\n' +
      '       node verify-ledger.mjs --split FILE --and FILE --key FILE [--proof FILE]\n',
  );
  process.exit(2);
}

const NAMED = ['--checkpoint', '--key', '--split', '--and', '--proof'];

function readOptions(words) {
  const options = {};
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (NAMED.includes(word)) {
      at += 1;
      if (words[at] === undefined) usage();
      options[word.slice(2)] = readFileSync(words[at], 'utf8');
    } else if (word.startsWith('--') || options.file !== undefined) usage();
    else options.file = word;
  }
  if (options.file === undefined && options.split === undefined) usage();
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
  const first = firstOf(bad);
  if (!first) {
    stdout.write('Good: every record is the one that was numbered, and the head is signed.\n');
    return 0;
  }
  for (const { seq, text } of bad.slice(0, 20))
    stdout.write(`- ${seq === undefined ? '' : `entry ${seq}: `}${text}\n`);
  const { seq, from = seq } = first;
  const range = from === seq - 1 ? `${from} or ${seq}` : `one of ${from} to ${seq}`;
  const which = from === seq ? seq : range;
  stdout.write(seq === undefined ? 'Bad.\n' : `Bad: the first bad entry is ${which}.\n`);
  return 1;
}

/** The fault that ends first; of two with one end the one that says it more closely. */
function firstOf(bad) {
  const end = ({ seq }) => seq ?? Number.MAX_SAFE_INTEGER;
  const begin = (fault) => fault.from ?? end(fault);
  return [...bad].sort((a, b) => end(a) - end(b) || begin(b) - begin(a))[0];
}

/** Parts in their order, looked at by threads side by side when there are many. */
async function* parts(path) {
  const file = openSync(path, 'r');
  const { size } = fstatSync(file);
  const count = Math.max(1, Math.ceil(size / PART_BYTES));
  const cores = os.availableParallelism?.() ?? os.cpus().length;
  const threads = Math.min(WORKERS_MAX, cores, count - 1);
  try {
    if (threads < 2) {
      for (let at = 0; at < count; at += 1) yield lookAt(file, at * PART_BYTES, size);
    } else yield* sideBySide(path, size, count, threads);
  } finally {
    closeSync(file);
  }
}

/** No thread runs further ahead than two parts of its own. */
async function* sideBySide(path, size, count, threads) {
  const workers = Array.from(
    { length: threads },
    () => new Worker(fileURLToPath(import.meta.url), { workerData: { path, size } }),
  );
  const waiting = new Map();
  const ask = (at) => {
    if (at >= count) return;
    const worker = workers[at % threads];
    const answer = new Promise((resolve, reject) => {
      waiting.set(at, { resolve, reject });
    });
    answer.catch(() => undefined);
    asked.set(at, answer);
    worker.postMessage(at);
  };
  const asked = new Map();
  for (const worker of workers) {
    worker.on('message', ({ at, part, error }) => {
      const { resolve, reject } = waiting.get(at);
      waiting.delete(at);
      if (error === undefined) resolve(part);
      else reject(new Error(error));
    });
    worker.on('error', (error) => {
      for (const { reject } of waiting.values()) reject(error);
    });
  }
  try {
    for (let at = 0; at < threads * 2; at += 1) ask(at);
    for (let at = 0; at < count; at += 1) {
      const part = await asked.get(at);
      asked.delete(at);
      ask(at + threads * 2);
      yield part;
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** One of the threads. */
function work({ path, size }) {
  const file = openSync(path, 'r');
  parentPort.on('message', (at) => {
    try {
      const part = lookAt(file, at * PART_BYTES, size);
      parentPort.postMessage({ at, part });
    } catch (error) {
      parentPort.postMessage({ at, error: error.message });
    }
  });
}

/** Two signed heads of one size with different roots: somebody was shown another history. */
function compareCheckpoints(options) {
  if (options.and === undefined || options.key === undefined) usage();
  const notes = [options.split, options.and].map((note) =>
    openCheckpoint(note, readKey(options.key, note.split('\n')[0])),
  );
  const [one, other] = notes;
  if (one.size === other.size) {
    const isSame = one.root === other.root;
    stdout.write(
      isSame
        ? `Good: both are signed, and show the same ${one.size} entries.\n`
        : `Bad: both are signed and of ${one.size} entries, and they differ: a split view.\n`,
    );
    return isSame ? 0 : 1;
  }
  const [small, large] = [...notes].sort((a, b) => a.size - b.size);
  if (small.size === 0 && small.root === sha256('').toString('base64')) {
    stdout.write('Good: both are signed, and any ledger extends an empty one.\n');
    return 0;
  }
  if (options.proof === undefined) {
    stdout.write(
      `Both are signed. Ask /ledger/proof/consistency?from=${small.size}&to=${large.size}` +
        ' and give the answer as --proof FILE.\n',
    );
    return 1;
  }
  const good = isExtended(small, large, JSON.parse(options.proof).proof ?? []);
  stdout.write(
    good
      ? `Good: the ${large.size} entries extend the ${small.size}.\n`
      : `Bad: the ${large.size} entries do not extend the ${small.size}: a split view.\n`,
  );
  return good ? 0 : 1;
}

/** RFC 9162 2.1.4.2. */
function isExtended(first, second, proof) {
  const path = proof.map((one) => Buffer.from(one, 'base64'));
  const isWhole = Number.isInteger(Math.log2(first.size));
  if (isWhole) path.unshift(Buffer.from(first.root, 'base64'));
  if (path.length === 0) return false;
  let [at, last] = [first.size - 1, second.size - 1];
  while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  let [old, fresh] = [path[0], path[0]];
  for (const node of path.slice(1)) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      old = sha256(NODE, node, old);
      fresh = sha256(NODE, node, fresh);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else fresh = sha256(NODE, fresh, node);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  const isOld = old.toString('base64') === first.root;
  return last === 0 && isOld && fresh.toString('base64') === second.root;
}

async function main() {
  const options = readOptions(argv.slice(2));
  if (options.split !== undefined) return compareCheckpoints(options);
  if (isStatement(options.file)) return checkStatement(options.file, options);
  const started = Date.now();
  const check = new Check(options);
  try {
    for await (const part of parts(options.file)) check.take(part);
    if (!check.ended) check.fault(check.tree.size, 'The export ends too early.');
  } catch (error) {
    check.fault(error.seq ?? check.tree.size, error.message);
  }
  return report(check, (Date.now() - started) / 1000);
}

/** What cannot even be read is said in a sentence. */
function unread({ message }) {
  stdout.write(`- ${message}\nBad.\n`);
  return 1;
}

if (isMainThread) process.exitCode = await main().catch(unread);
else work(workerData);
