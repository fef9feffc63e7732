/** The command line of the product, run as a person would run it beside the running demo. */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const ROOT = resolve(import.meta.dirname, '../..');

export const zorgsluis = (
  variables: NodeJS.ProcessEnv,
  ...args: readonly string[]
): Promise<CommandResult> => node(variables, join(ROOT, 'src/zorgsluis.mjs'), ...args);

export async function node(
  variables: NodeJS.ProcessEnv,
  script: string,
  ...args: readonly string[]
): Promise<CommandResult> {
  const child = spawn(process.execPath, [script, ...args], { cwd: ROOT, env: variables });
  child.stdin.end();
  const ended = new Promise<number | null>((done) => child.on('close', done));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}
