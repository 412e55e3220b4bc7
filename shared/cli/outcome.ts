import type { Style } from './terminal/style.ts';

/** How a command ended; the exit code follows from the kind. */
export type CommandOutcome =
  /** Exit code 0. `value` is what --json prints, `text` what people read. */
  | { readonly kind: 'done'; readonly value: unknown; readonly text: (style: Style) => string }
  /** Exit code 0. The command has written its output itself, part by part. */
  | { readonly kind: 'written' }
  /** Exit code 1: the command ran, and what it found or did is not well. Printed like `done`. */
  | { readonly kind: 'failed'; readonly value: unknown; readonly text: (style: Style) => string }
  /** Exit code 1: nothing was done. The message says what, where and what to do. */
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }
  /** Exit code 2: the command line itself is wrong. */
  | { readonly kind: 'wrong_usage'; readonly message: string };

export type ExitCode = 0 | 1 | 2;

export function exitCodeOf(outcome: CommandOutcome): ExitCode {
  switch (outcome.kind) {
    case 'done':
    case 'written':
      return 0;
    case 'failed':
    case 'refused':
      return 1;
    case 'wrong_usage':
      return 2;
    default:
      return outcome satisfies never;
  }
}

export function refused(reason: string, message: string): CommandOutcome {
  return { kind: 'refused', reason, message };
}

/** The JSON that a person's program reads: whole numbers beyond JavaScript's are text, instants are ISO 8601. */
export function writeJson(value: unknown): string {
  return `${JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? member.toString() : member), 2)}\n`;
}
