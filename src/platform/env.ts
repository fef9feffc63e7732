/**
 * Reads the environment once, with a type and limits for each setting, and reports every mistake at
 * once. Values never appear in a message: a mistyped secret must not end up in a log.
 */
import { existsSync } from 'node:fs';

export type Variables = Readonly<Record<string, string | undefined>>;

export class Env {
  readonly #variables: Variables;
  readonly #mistakes: string[] = [];

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  /** The raw text, or undefined when it is absent or empty. */
  optional(name: string): string | undefined {
    const value = this.#variables[name];
    return value === undefined || value === '' ? undefined : value;
  }

  text(name: string, options: { default?: string } = {}): string {
    const value = this.optional(name) ?? options.default;
    if (value === undefined) this.#mistakes.push(`${name} is required`);
    return value ?? '';
  }

  integer(name: string, options: { default: number; min: number; max: number }): number {
    const value = this.optional(name);
    if (value === undefined) return options.default;
    const number = Number(value);
    if (!Number.isInteger(number) || number < options.min || number > options.max) {
      this.#mistakes.push(`${name} must be a whole number from ${options.min} to ${options.max}`);
      return options.default;
    }
    return number;
  }

  flag(name: string, options: { default: boolean }): boolean {
    const value = this.optional(name);
    if (value === undefined) return options.default;
    if (value === 'true' || value === '1') return true;
    if (value === 'false' || value === '0') return false;
    this.#mistakes.push(`${name} must be true or false`);
    return options.default;
  }

  oneOf<const T extends string>(name: string, choices: readonly T[], options: { default: T }): T {
    const value = this.optional(name);
    if (value === undefined) return options.default;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) this.#mistakes.push(`${name} must be one of ${choices.join(', ')}`);
    return found ?? options.default;
  }

  url(name: string, options: { default?: string } = {}): string {
    const value = this.optional(name) ?? options.default;
    if (value === undefined) {
      this.#mistakes.push(`${name} is required`);
      return '';
    }
    if (!URL.canParse(value)) this.#mistakes.push(`${name} must be a URL`);
    return value.replace(/(?<!\/)\/+$/, '');
  }

  /** A path to a file that exists. */
  file(name: string): string | undefined {
    const value = this.optional(name);
    if (value !== undefined && !existsSync(value)) {
      this.#mistakes.push(`${name} names a file that does not exist`);
    }
    return value;
  }

  /** Lets a room add a rule of its own, for instance that two settings belong together. */
  require(condition: boolean, mistake: string): void {
    if (!condition) this.#mistakes.push(mistake);
  }

  /** @throws Error that lists every mistake found so far. */
  throwIfInvalid(): void {
    if (this.#mistakes.length > 0) {
      throw new Error(`The configuration is not usable:\n- ${this.#mistakes.join('\n- ')}`);
    }
  }
}
