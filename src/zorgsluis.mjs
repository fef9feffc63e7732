#!/usr/bin/env node
/**
 * The command line. The program itself needs Node 24, which runs TypeScript as it is; on an older
 * Node this script runs the Node 24 that the package `node` brings.
 */
import { spawn } from 'node:child_process';
// As a whole: an older Node lacks some names, and has to get as far as starting the packaged one.
import * as modules from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { programOf } from './packed.mjs';

const self = fileURLToPath(import.meta.url);
const cli = fileURLToPath(new URL('./cli.ts', import.meta.url));

if (canRunTypeScript()) {
  // The program reads its own name from argv[1], as if it had been started itself.
  process.argv[1] = cli;
  modules.enableCompileCache();
  await import(pathToFileURL(programOf('cli')).href);
} else {
  run(packagedNode());
}

function canRunTypeScript() {
  return Number(process.versions.node.split('.')[0]) >= 24 && Boolean(process.features.typescript);
}

function packagedNode() {
  try {
    const manifest = modules.createRequire(import.meta.url).resolve('node/package.json');
    return join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    console.error(
      `Zorgsluis needs Node 24 and this is Node ${process.versions.node}. ` +
        'Run "npm ci" without --omit=optional, which brings one, or install Node 24.',
    );
    process.exit(1);
  }
}

function run(node) {
  // One that cannot do it either must not start itself without end.
  if (node === process.execPath) throw new Error(`${node} does not run TypeScript.`);
  const child = spawn(node, [self, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    console.error(`The packaged Node 24 does not start: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exit(signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1));
  });
}
