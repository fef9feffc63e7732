/**
 * The overlays in use, read again when a file changes, so that a mended mapping counts for the next
 * message without a restart. A file that is wrong changes nothing: the last good one stays
 * (journey J3, variant f).
 */
import { existsSync, statSync } from 'node:fs';
import type { SenderOverlay } from '../format.ts';
import { checkNames } from './mapping.ts';
import { overlayFile, readOverlay, SENDERS_FOLDER } from './sender-overlay.ts';

/** So often at most the files are looked at. */
const LOOK_MS = 1_000;

export interface LiveOverlays {
  /**
   * The overlay file `name` under the id of the client that sends: one object for as long as the
   * file stays the same, so that rules compile once.
   * @throws SyntaxError when the file is wrong and was never good.
   */
  of(name: string, client: string): SenderOverlay;
}

export interface LiveOverlayOptions {
  /** Of the operator; the files that ship with the product stand behind it. */
  readonly folder?: string;
  /** Compiles what the overlay adds. @throws SyntaxError when it does not fit. */
  readonly check?: (overlay: SenderOverlay) => void;
  /** Told once for each file that is wrong; the last good one stays in use. */
  readonly wrong?: (name: string, error: Error) => void;
  readonly now?: () => number;
}

interface Known {
  readonly overlay: SenderOverlay;
  /** Of the default file and the sender's own: changes when either does. */
  readonly mark: string;
  readonly looked: number;
}

/** Overlays that follow their files. */
export function openOverlays(options: LiveOverlayOptions = {}): LiveOverlays {
  const folder = options.folder ?? SENDERS_FOLDER;
  const now = options.now ?? Date.now;
  const known = new Map<string, Known>();

  function read(name: string, client: string): SenderOverlay {
    const own = readOverlay(name, folder);
    const overlay = { ...own, id: client, base: own.base.replace(`/${name}/`, `/${client}/`) };
    checkNames(overlay);
    options.check?.(overlay);
    return overlay;
  }

  return {
    of(name, client) {
      const key = `${name}|${client}`;
      const before = known.get(key);
      if (before && now() - before.looked < LOOK_MS) return before.overlay;
      const files = ['default', name].map((one) => overlayFile(one, folder));
      const mark = files.map(changedAt).join('|');
      let overlay = before?.overlay;
      if (!overlay || before?.mark !== mark) {
        try {
          overlay = read(name, client);
        } catch (error) {
          if (!overlay) throw error;
          options.wrong?.(name, error instanceof Error ? error : new Error(String(error)));
        }
      }
      known.set(key, { overlay, mark, looked: now() });
      return overlay;
    },
  };
}

function changedAt(file: string): string {
  if (!existsSync(file)) return '-';
  const { mtimeMs, size } = statSync(file);
  return `${file}/${mtimeMs}/${size}`;
}

const live = openOverlays();

/** The overlay of a sender as its file says now. For commands; the gateway has its own. */
export const overlayOf = (name: string, client: string): SenderOverlay => live.of(name, client);
