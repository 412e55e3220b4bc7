import { InvalidArgumentError } from 'commander';
import { recoveryCommand } from '../alerts/commands.ts';
import { waiveException } from '../exceptions/waive.ts';
import { retryException } from '../retries/retry-by-hand.ts';
import { openReaders } from '../sources/readers.ts';
import type { ActingSession } from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { statusPaint } from './terminal/status-paint.ts';
import { plain } from './terminal/table.ts';

/** The number of an exception or of a message that was put aside. */
export function parseNumber(text: string): bigint {
  if (!/^[1-9]\d{0,17}$/.test(text)) throw new InvalidArgumentError('Write its number, as the list shows it.');
  return BigInt(text);
}

export async function retry(session: ActingSession, exception: bigint): Promise<CommandOutcome> {
  const { configuration, database, effects, actor } = session;
  const dependencies = { database, effects, openReader: openReaders(configuration, effects) };
  const why = `daybook exceptions retry ${exception}`;
  const outcome = await retryException(dependencies, { exception, actor, why });
  switch (outcome.kind) {
    case 'refused':
      return refused(outcome.reason, outcome.detail);
    case 'decision': {
      const command = recoveryCommand(outcome.class, outcome.subject);
      const message = `Nothing can be tried again for ${outcome.class} of ${outcome.subject}: look with "${command}", put right what it names, then waive it: daybook exceptions waive ${exception} --why …`;
      return refused('needs_a_decision', message);
    }
    case 'tried': {
      const publication = await session.publish();
      const { subject, status, reason, detail } = outcome;
      const isWell = status === 'resolved' || status === 'retrying';
      return {
        kind: isWell ? 'done' : 'failed',
        value: { exception, ...outcome, publication },
        text: (style) => {
          const note = publication.kind === 'waiting' ? `\n${style.warning(publication.message)}` : '';
          const result =
            status === 'retrying'
              ? 'its event is sent; it is resolved when the work has succeeded'
              : `${reason}: ${plain(detail)}`;
          const text = status === 'resolved' ? '' : `  ${result}`;
          return `#${exception} ${plain(subject)} is ${statusPaint(status, style)}${text}${note}`;
        },
      };
    }
    default:
      return outcome satisfies never;
  }
}

export async function waive(
  { database, effects, actor }: ActingSession,
  exception: bigint,
  { why }: { readonly as?: string; readonly why: string },
): Promise<CommandOutcome> {
  const outcome = await waiveException({ database, effects }, { exception, actor, why });
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  return {
    kind: 'done',
    value: { exception, ...outcome },
    text: (style) =>
      `${style.good('waived')}: #${exception} ${outcome.class} of ${plain(outcome.subject)}; nothing more is done about it`,
  };
}
