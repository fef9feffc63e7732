/** PDF that does something when a reader opens it: refused, however it came. Nothing is drawn. */

/** Names of PDF actions that do something when a reader opens the file. */
const ACTIVE_PDF =
  /\/(JavaScript|JS|Launch|OpenAction|AA|RichMedia|EmbeddedFiles?|XFA)(?![A-Za-z])/;

export const isActivePdf = (pdf: Buffer): boolean => ACTIVE_PDF.test(namesIn(pdf));

/** The objects without their streams, whose bytes mean nothing here, and with names spelled out. */
function namesIn(pdf: Buffer): string {
  return outsideStreams(pdf).replace(/#([0-9A-Fa-f]{2})/g, (_all, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

/** Searched in the bytes: as one text a document of 30 MB would be held several times. */
function outsideStreams(pdf: Buffer): string {
  const kept: string[] = [];
  let from = 0;
  for (let at = pdf.indexOf('stream'); at >= 0; at = pdf.indexOf('stream', at + 1)) {
    const isOpened = /^[^A-Za-z0-9_]stream\r?\n/.test(
      pdf.subarray(at - 1, at + STREAM_OPENS).toString('latin1'),
    );
    if (!isOpened) continue;
    const end = pdf.indexOf('endstream', at);
    if (end < 0) break;
    kept.push(pdf.subarray(from, at).toString('latin1'));
    from = end + 'endstream'.length;
    at = from - 1;
  }
  kept.push(pdf.subarray(from).toString('latin1'));
  return kept.join('');
}

const STREAM_OPENS = 'stream\r\n'.length;
