/** Runs one TestScript: its operations in order, each followed by what it asserts. */
import { readFileSync } from 'node:fs';
import {
  type FhirVersion,
  type Resource,
  readFhir,
  writeFhir,
} from '../../../src/conformance/index.ts';
import { fillIn } from '../../../src/demo/fixtures/fill-in.ts';
import { check, Unsupported } from './check.ts';
import { type Exchange, escaped, exchange, plain } from './exchange.ts';
import { evaluate } from './expressions.ts';
import type { Action, Assertion, Operation, Script, Variable } from './script.ts';

export interface RunOptions {
  readonly version: FhirVersion;
  /** The reference date T, `YYYY-MM-DD`. */
  readonly date: string;
  /** Where an operation goes: reads and searches, or what is shared. */
  readonly baseFor: (operation: Operation) => string;
  /** The Authorization header that stands for a published test token. */
  readonly authorization: (published: string, operation: Operation) => Promise<string>;
}

export interface Outcome {
  readonly failures: readonly string[];
  readonly warnings: readonly string[];
  readonly unsupported: readonly string[];
}

const METHODS: Readonly<Record<string, string>> = {
  search: 'GET',
  read: 'GET',
  vread: 'GET',
  get: 'GET',
  history: 'GET',
  capabilities: 'GET',
  create: 'POST',
  batch: 'POST',
  transaction: 'POST',
  update: 'PUT',
  delete: 'DELETE',
};

/** Never throws: what goes wrong is a failure of the script. */
export async function runScript(script: Script, options: RunOptions): Promise<Outcome> {
  const run = new Run(script, options);
  await run.actions('setup', script.setup);
  for (const { name, actions } of script.tests) await run.actions(name, actions);
  await run.actions('teardown', script.teardown);
  return run;
}

class Run implements Outcome {
  readonly failures: string[] = [];
  readonly warnings: string[] = [];
  readonly unsupported: string[] = [];
  private readonly sources = new Map<string, Resource>();
  private readonly responses = new Map<string, Exchange>();
  private readonly names = new Map<string, string>();
  private last: Exchange | undefined;
  private readonly script: Script;
  private readonly options: RunOptions;

  constructor(script: Script, options: RunOptions) {
    this.script = script;
    this.options = options;
    this.names.set('T', options.date);
  }

  async actions(test: string, actions: readonly Action[]): Promise<void> {
    for (const one of actions) {
      try {
        if (one.kind === 'operation') await this.operate(one);
        else if (await this.fails(test, one)) return;
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        if (error instanceof Unsupported) this.unsupported.push(`${test}: ${text}`);
        else {
          this.failures.push(`${test}: ${text}`);
          if (one.kind === 'operation') return;
        }
      }
    }
  }

  /** @returns true when the test ends here. */
  private async fails(test: string, one: Assertion): Promise<boolean> {
    if (one.rule === 'modifyTask') {
      this.modifyTask(one);
      return false;
    }
    if (!this.last) throw new Error('nothing was asked yet');
    const context = {
      version: this.options.version,
      last: this.last,
      source: (id: string) => this.sourceOf(id),
      fill: (text: string) => this.fill(text),
    };
    const problem = await check(context, one);
    if (problem === undefined) return false;
    const said = `${test}: ${one.description.trim().slice(0, 120)}: ${problem}`;
    (one.warningOnly ? this.warnings : this.failures).push(said);
    return one.stops && !one.warningOnly;
  }

  private async operate(one: Operation): Promise<void> {
    const method = METHODS[one.code];
    if (!method) throw new Unsupported(`operation ${one.code}`);
    const { version } = this.options;
    const contentType = one.contentType === 'xml' ? 'xml' : 'json';
    const headers: Record<string, string> = {};
    const real: Record<string, string> = {};
    if (one.accept) headers['Accept'] = mediaType(one.accept);
    if (one.sourceId) headers['Content-Type'] = `application/fhir+${contentType}`;
    for (const [name, value] of one.headers) {
      headers[name] = this.fill(value);
      if (name !== 'Authorization') continue;
      real[name] = await this.options.authorization(headers[name], one);
    }
    const url = escaped(this.urlOf(one));
    const body = one.sourceId === undefined ? undefined : this.bodyOf(one.sourceId, contentType);
    // Asserts on the request look for the published token; what is sent is one of our own.
    this.last = await exchange({ method, url, headers, real, body }, version);
    if (one.responseId) this.responses.set(one.responseId, this.last);
  }

  private urlOf(one: Operation): string {
    const base = this.options.baseFor(one);
    if (one.url !== undefined) {
      const url = this.fill(one.url);
      return /^https?:/.test(url) ? url : `${base}/${url.replace(/^\//, '')}`;
    }
    const target = one.targetId ? `/${this.idOf(one.targetId)}` : '';
    return `${base}${one.resource ? `/${one.resource}` : ''}${target}${this.fill(one.params)}`;
  }

  private idOf(targetId: string): string {
    return this.sourceOf(targetId)?.id ?? '';
  }

  private bodyOf(id: string, format: 'json' | 'xml' = 'json'): string {
    const changed = this.sources.get(id);
    if (changed) {
      const { version } = this.options;
      const read = readFhir(Buffer.from(JSON.stringify(changed)), { format: 'json', version });
      return writeFhir(read, { format, version }).toString('utf8');
    }
    const file = this.script.fixtures.get(id);
    if (file === undefined) throw new Error(`there is no fixture ${id}`);
    return this.fill(readFileSync(file, 'utf8'));
  }

  private sourceOf(id: string): Resource | undefined {
    const known = this.sources.get(id) ?? this.responses.get(id)?.response.resource;
    if (known) return known;
    if (!this.script.fixtures.has(id)) return undefined;
    return plain(this.bodyOf(id), this.options.version);
  }

  /** The Task of the last response with another status, to be sent next. */
  private modifyTask({ ruleParams }: Assertion): void {
    const bundle = (this.last?.response.resource ?? {}) as { entry?: { resource?: Resource }[] };
    const task = [bundle as Resource, ...(bundle.entry ?? []).map(({ resource }) => resource)].find(
      (one) => one?.resourceType === 'Task',
    );
    if (!task) throw new Error('the last response holds no Task');
    const status = this.fill(ruleParams['newStatus'] ?? '');
    this.sources.set(ruleParams['fixtureId'] ?? '', { ...task, status });
  }

  /** Variables first, then dates and ids; a variable is worked out when it is used. */
  private fill(text: string): string {
    let filled = text;
    for (let round = 0; round < 4 && filled.includes('${'); round += 1) {
      filled = filled.replace(/\$\{([A-Za-z0-9][\w.\- ]*)\}/g, (whole, name: string) => {
        const variable = this.script.variables.find((one) => one.name === name);
        return variable && name !== 'T' ? this.valueOf(variable) : whole;
      });
      filled = fillIn(filled, { date: this.options.date, names: this.names });
    }
    return filled;
  }

  private valueOf(variable: Variable): string {
    const known = this.names.get(variable.name);
    if (known !== undefined) return known;
    const { expression, headerField, sourceId = '', defaultValue } = variable;
    if (expression !== undefined) {
      const source = this.sourceOf(sourceId);
      if (!source) throw new Error(`variable ${variable.name}: there is no ${sourceId}`);
      const [found] = evaluate(this.fill(expression), source, this.options.version);
      return found === undefined ? '' : String(found);
    }
    if (headerField !== undefined) {
      return this.responses.get(sourceId)?.response.headers[headerField.toLowerCase()] ?? '';
    }
    if (variable.path !== undefined) throw new Unsupported(`variable by path: ${variable.name}`);
    const value = this.fill(defaultValue ?? '');
    this.names.set(variable.name, value);
    return value;
  }
}

const mediaType = (accept: string): string =>
  accept === 'json' || accept === 'xml' ? `application/fhir+${accept}` : accept;
