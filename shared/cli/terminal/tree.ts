import type { Style } from './style.ts';

/** A text with texts under it. A text may have several lines. */
export interface Branch {
  readonly text: string;
  readonly branches?: readonly Branch[];
}

/** Draws a branch with everything under it, joined by lines. */
export function tree(branch: Branch, style: Style): string {
  return [
    branch.text,
    ...(branch.branches ?? []).flatMap((child, index, all) => drawn(child, index === all.length - 1, style)),
  ].join('\n');
}

function drawn(branch: Branch, isLast: boolean, style: Style): string[] {
  const [first, rest] = isLast ? ['└ ', '  '] : ['├ ', '│ '];
  const children = branch.branches ?? [];
  const own = branch.text
    .split('\n')
    .map(
      (line, index) =>
        `${style.dim(index === 0 ? first : rest)}${index > 0 && children.length > 0 ? style.dim('│ ') : ''}${line}`,
    );
  const below = children.flatMap((child, index) => drawn(child, index === children.length - 1, style));
  return [...own, ...below.map((line) => style.dim(rest) + line)];
}

/** The first few of a list, and how many more there are; all of it when `full`. */
export function folded<T>(
  items: readonly T[],
  most: number,
  full: boolean,
  write: (item: T) => Branch,
  more: string,
): Branch[] {
  if (full || items.length <= most + 1) return items.map(write);
  const left = items.length - most;
  return [...items.slice(0, most).map(write), { text: `… ${left.toLocaleString('en-US')} more ${more} (--full)` }];
}
