/** The plain program's line for HL7 v2: splits, inserts a row for each segment, acknowledges. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

interface Row {
  readonly type: string;
  readonly id: string;
  readonly content: string;
}

/** As many rows as the gateway writes for the same message: patient, report, results. */
const TYPES: Readonly<Record<string, string>> = {
  PID: 'Patient',
  OBR: 'DiagnosticReport',
  OBX: 'Observation',
};

export async function listenPlainMllp(add: (rows: readonly Row[]) => Promise<unknown>) {
  const server = createServer({ noDelay: true }, (socket) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('data', async (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\x1c\r');
      if (end < 0) return;
      const segments = text.slice(text.indexOf('\x0b') + 1, end).split('\r');
      text = text.slice(end + 2);
      const id = segments[0]?.split('|')[9] ?? '';
      await add(segments.flatMap(rowOf));
      socket.write(`\x0bMSH|^~\\&|||||||ACK|${randomUUID()}|P|2.5\rMSA|AA|${id}\r\x1c\r`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: () => server.close(),
  };
}

function rowOf(segment: string): Row[] {
  const type = TYPES[segment.slice(0, 3)];
  if (type === undefined) return [];
  const fields = segment.split('|').map((field) => field.split('^'));
  return [{ type, id: randomUUID(), content: JSON.stringify({ resourceType: type, fields }) }];
}
