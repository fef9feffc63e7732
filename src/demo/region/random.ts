/** Chance with a seed: the same seed gives the same region, on every machine. */
export interface Random {
  /** From 0 up to but not 1. */
  next(): number;
  int(min: number, max: number): number;
  chance(share: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** A stream of its own that does not disturb this one. */
  fork(name: string): Random;
}

/** sfc32, seeded by a hash of the text (public domain algorithm by Chris Doty-Humphrey). */
export function createRandom(seed: string): Random {
  let [a, b, c, d] = hashes(seed);
  function next(): number {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return (t >>> 0) / 4_294_967_296;
  }
  for (let warm = 0; warm < 12; warm += 1) next();
  return {
    next,
    int: (min, max) => min + Math.floor(next() * (max - min + 1)),
    chance: (share) => next() < share,
    pick<T>(from: readonly T[]): T {
      if (from.length === 0) throw new RangeError('nothing to pick from');
      return from[Math.floor(next() * from.length)] as T;
    },
    fork: (name) => createRandom(`${seed}/${name}`),
  };
}

/** Four 32-bit numbers from a text (FNV-1a with four starts). */
function hashes(text: string): [number, number, number, number] {
  const of = (start: number): number => {
    let hash = start;
    for (let at = 0; at < text.length; at += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 16_777_619);
    }
    return hash | 0;
  };
  return [of(0x811c9dc5), of(0x01234567), of(0x89abcdef), of(0x0f1e2d3c)];
}
