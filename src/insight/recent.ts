/** What one user, or one user with one patient, did lately: bounded, and forgetting by time. */

const KEPT_MAX = 5_000;

interface Moment<T> {
  readonly at: number;
  readonly value: T;
}

export class Recent<T> {
  readonly #spanMs: number;
  #kept: Moment<T>[] = [];

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  /** Adds one and forgets what is older than the span. Moments come in order. */
  add(at: Date, value: T): void {
    this.#kept.push({ at: at.getTime(), value });
    this.forget(at);
  }

  forget(now: Date): void {
    const from = now.getTime() - this.#spanMs;
    let first = this.#kept.findIndex((one) => one.at > from);
    if (first < 0) first = this.#kept.length;
    first = Math.max(first, this.#kept.length - KEPT_MAX);
    if (first > 0) this.#kept = this.#kept.slice(first);
  }

  values(): T[] {
    return this.#kept.map((one) => one.value);
  }

  clear(): void {
    this.#kept = [];
  }
}
