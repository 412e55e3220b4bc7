import { InvalidArgumentError } from 'commander';

/** The reason of a decision: never empty, because the audit log keeps it. */
export function parseReason(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Give a reason; it is kept in the audit log.');
  return text;
}
