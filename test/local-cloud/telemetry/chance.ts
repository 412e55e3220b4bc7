/** A 32-bit whole number that depends on the text alone: the same in every process, on every machine. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return scatter(hash);
}

/** A whole number from 0 up to, not including, `bound`, that depends on the seed and the index alone. */
export function pick(seed: number, index: number, bound: number): number {
  return scatter(seed ^ Math.imul(index + 1, 0x9e3779b1)) % bound;
}

function scatter(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
