/** Absolute references below our own addresses are relative to us. */
export function localReference(reference: string, bases: readonly string[]): string {
  const base = bases.find((one) => reference.startsWith(`${one}/`));
  return base === undefined ? reference : reference.slice(base.length + 1);
}
