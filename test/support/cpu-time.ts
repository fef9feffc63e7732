/**
 * Milliseconds that this process has computed. Bounds on how much work something may be are counted
 * in these: on a busy machine the clock on the wall measures the others.
 */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
