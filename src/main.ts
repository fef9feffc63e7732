/**
 * The gateway as a process: `node src/gateway.mjs` for production, `node src/gateway.mjs demo` for
 * the demo region.
 */
const STOP_MS_MAX = 9_500;

const demo = process.argv[2] === 'demo';
const start = demo
  ? (await import('./demo/start-demo.ts')).startDemo
  : (await import('./start-gateway.ts')).startGateway;

try {
  const { stop } = await start(process.env);
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      // Whatever hangs, the process is gone within ten seconds.
      setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
      stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
