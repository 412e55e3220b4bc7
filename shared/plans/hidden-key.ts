/** Deeper than any document that Daybook reads. */
const MAX_DEPTH = 16;

/**
 * The place of a `__proto__` key in parsed JSON. zod leaves such keys out of a record without a word; input that holds
 * one is refused instead of being read in part.
 */
export function findHiddenKey(value: unknown, path: readonly PropertyKey[] = []): readonly PropertyKey[] | undefined {
  if (typeof value !== 'object' || value === null || path.length > MAX_DEPTH) return undefined;
  if (Object.hasOwn(value, '__proto__')) return [...path, '__proto__'];
  for (const [key, member] of Object.entries(value)) {
    const found = findHiddenKey(member, [...path, Array.isArray(value) ? Number(key) : key]);
    if (found !== undefined) return found;
  }
  return undefined;
}
