import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommandIo } from './io.ts';
import type { CommandOutcome } from './outcome.ts';

const MAX_BYTES = 8_000_000;

type FileReading =
  | { readonly kind: 'read'; readonly json: unknown }
  | { readonly kind: 'no_json'; readonly detail: string }
  | Extract<CommandOutcome, { kind: 'refused' }>;

/** Reads a JSON file; relative paths start in the command's directory. */
export function readJsonFile(io: CommandIo, path: string): FileReading {
  const text = readText(resolve(io.directory, path));
  if (text === undefined)
    return { kind: 'refused', reason: 'no_file', message: `${path} cannot be read: give the path of a JSON file.` };
  if (text === null)
    return { kind: 'refused', reason: 'file_too_large', message: `${path} is larger than ${MAX_BYTES} bytes.` };
  try {
    return { kind: 'read', json: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: 'no_json', detail: `${path} is not JSON: ${error.message}` };
  }
}

/** As {@link readJsonFile}, where a file that is not JSON ends the command. */
export function requireJsonFile(io: CommandIo, path: string): Exclude<FileReading, { kind: 'no_json' }> {
  const reading = readJsonFile(io, path);
  if (reading.kind !== 'no_json') return reading;
  return { kind: 'refused', reason: 'no_json', message: `${reading.detail}.` };
}

/** Whether the path names a file. */
export function isFile(io: CommandIo, path: string): boolean {
  return statSync(resolve(io.directory, path), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** undefined when it cannot be read, null when it is too large. */
function readText(path: string): string | undefined | null {
  try {
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return undefined;
    return size > MAX_BYTES ? null : readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (['EISDIR', 'EACCES', 'ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}
