/**
 * What one user, or one user with one patient, did lately: bounded, and forgetting by time. Adding
 * and counting take the same time however much is remembered: every line of the ledger passes here.
 */

const KEPT_MAX = 5_000;
/** So many forgotten places at the beginning are cleared away at once. */
const CLEARED_AT = 1_024;

interface Moment<T> {
  readonly at: number;
  readonly value: T;
}

export class Recent<T> {
  readonly #spanMs: number;
  #kept: Moment<T>[] = [];
  #first = 0;

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  get size(): number {
    return this.#kept.length - this.#first;
  }

  /** Adds one and forgets what is older than the span. Moments come in order. */
  add(at: Date, value: T): void {
    this.#kept.push({ at: at.getTime(), value });
    this.entered(value);
    const from = at.getTime() - this.#spanMs;
    for (let oldest = this.#kept[this.#first]; oldest; oldest = this.#kept[this.#first]) {
      if (oldest.at > from && this.size <= KEPT_MAX) break;
      this.#first += 1;
      this.left(oldest.value);
    }
    if (this.#first < CLEARED_AT) return;
    this.#kept = this.#kept.slice(this.#first);
    this.#first = 0;
  }

  values(): T[] {
    return this.#kept.slice(this.#first).map((one) => one.value);
  }

  clear(): void {
    for (const value of this.values()) this.left(value);
    this.#kept = [];
    this.#first = 0;
  }

  protected entered(_value: T): void {}

  protected left(_value: T): void {}
}

/** Knows how many different ones there are. */
export class RecentDistinct extends Recent<string> {
  readonly #counts = new Map<string, number>();

  get distinct(): number {
    return this.#counts.size;
  }

  protected override entered(value: string): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
  }

  protected override left(value: string): void {
    const rest = (this.#counts.get(value) ?? 1) - 1;
    if (rest > 0) this.#counts.set(value, rest);
    else this.#counts.delete(value);
  }
}

/** Knows their sum. */
export class RecentSum extends Recent<number> {
  #sum = 0;

  get sum(): number {
    return this.#sum;
  }

  protected override entered(value: number): void {
    this.#sum += value;
  }

  protected override left(value: number): void {
    this.#sum -= value;
  }
}
