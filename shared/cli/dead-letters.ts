import { deadLetterListWaiting } from '../database/queries.generated.ts';
import { type DeadLetterOutcome, discardDeadLetter, replayDeadLetter } from '../events/dead-letters.ts';
import {
  type ActingSession,
  addActingCommand,
  addCommand,
  type Registration,
  runActing,
  runReading,
} from './commands.ts';
import { parseNumber } from './exception-decisions.ts';
import type { CommandIo } from './io.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { withPublisher } from './publishing.ts';
import type { Session } from './session.ts';
import { age, instant } from './terminal/figures.ts';
import { indent, plain } from './terminal/table.ts';

const SHOWN_CHARACTERS = 400;

export function registerDeadLetters(registration: Registration): void {
  const group = registration.program
    .command('dead-letters')
    .description('messages that no retry could apply, kept as they came');
  addCommand(group, 'list', 'those that wait for a decision, the latest first, each with its reason').action(
    runReading<[]>(registration, list),
  );
  addActingCommand(group, 'replay', 'send a message back to the topic that its subscription takes')
    .argument('<number>', 'its number, as the list shows it', parseNumber)
    .action(
      runActing<[bigint, { readonly as?: string }]>(registration, ['operator'], (session, letter) =>
        replay(registration.io, session, letter),
      ),
    );
  addActingCommand(group, 'discard', 'give a message up')
    .argument('<number>', 'its number, as the list shows it', parseNumber)
    .requiredOption('--why <reason>', 'why it is not needed; kept in the audit log')
    .action(runActing(registration, ['operator'], discard));
}

async function list({ database, effects }: Session): Promise<CommandOutcome> {
  const rows = await database.rows(deadLetterListWaiting, {});
  const letters = rows.map((row) => ({
    letter: row.dead_letter_id,
    subscription: row.subscription,
    messageId: row.message_id,
    reason: row.reason,
    receivedAt: row.received_at,
    message: row.message,
  }));
  return {
    kind: 'done',
    value: { deadLetters: letters },
    text: (style) => {
      if (letters.length === 0) return style.good('No message waits.');
      const now = effects.now();
      const written = letters.map(({ letter, subscription, messageId, reason, receivedAt, message }) => {
        const head = `${style.bold(`#${letter}`)}  ${plain(subscription)}  message ${plain(messageId)}`;
        const since = style.dim(`received ${instant(receivedAt)} (${age(receivedAt, now)} ago)`);
        return `${head}\n${indent(`${plain(reason)}\n${plain(message.slice(0, SHOWN_CHARACTERS))}\n${since}`, 4)}`;
      });
      return `${written.join('\n\n')}\n\ndaybook dead-letters replay N sends one back; daybook dead-letters discard N --why … gives it up.`;
    },
  };
}

function replay(io: CommandIo, session: ActingSession, letter: bigint): Promise<CommandOutcome> {
  const { database, actor } = session;
  const decision = { letter, actor, why: `daybook dead-letters replay ${letter}` };
  return withPublisher(io, session, async (publisher) =>
    told(letter, await replayDeadLetter({ database, publisher }, decision)),
  );
}

async function discard(
  { database, actor }: ActingSession,
  letter: bigint,
  { why }: { readonly as?: string; readonly why: string },
): Promise<CommandOutcome> {
  return told(letter, await discardDeadLetter({ database }, { letter, actor, why }));
}

function told(letter: bigint, outcome: DeadLetterOutcome): CommandOutcome {
  switch (outcome.kind) {
    case 'refused':
      return refused(outcome.reason, outcome.detail);
    case 'replayed':
      return {
        kind: 'done',
        value: { letter, ...outcome },
        text: (style) =>
          `${style.good('sent back')}: message ${letter} to ${outcome.topic}, for ${outcome.subscription}`,
      };
    case 'discarded':
      return {
        kind: 'done',
        value: { letter, ...outcome },
        text: (style) =>
          `${style.good('discarded')}: message ${letter} of ${outcome.subscription}; it stays in the table`,
      };
    default:
      return outcome satisfies never;
  }
}
