import { createHash } from 'node:crypto';

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = string & { readonly __brand: 'Digest' };

const MAX_DEPTH = 64;

function refuse(path: string, what: string): never {
  throw new TypeError(`${path} cannot be written as canonical JSON: ${what}`);
}

function writeNumber(value: number, path: string): string {
  if (!Number.isSafeInteger(value))
    refuse(path, 'a number must be a whole number within ±(2^53 − 1); write others as decimal text');
  return Object.is(value, -0) ? '0' : value.toString();
}

function writeObject(value: object, path: string, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) refuse(path, 'it is not a plain object or an array');
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${write(member, `${path}.${key}`, depth + 1)}`);
  return `{${members.join(',')}}`;
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) refuse(path, `it is nested more than ${MAX_DEPTH} deep`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return writeNumber(value, path);
  if (Array.isArray(value)) {
    return `[${Array.from(value, (element: unknown, index) => write(element, `${path}[${index}]`, depth + 1)).join(',')}]`;
  }
  if (typeof value === 'object') return writeObject(value, path, depth);
  return refuse(path, `${typeof value} has no JSON form`);
}

/**
 * The one JSON text of a value: no white space, keys in the order of their UTF-16 code units, numbers whole.
 * Throws TypeError, naming the place, for fractions, bigints, undefined, and objects that are not plain.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$', 0);
}

/** SHA-256 of the text's UTF-8 bytes. */
export function digest(text: string): Digest {
  return `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}` as Digest;
}

/** The digest of a value's canonical JSON. Throws as `canonicalJson` does. */
export function digestOf(value: unknown): Digest {
  return digest(canonicalJson(value));
}
