import { InvalidArgumentError } from 'commander';
import { parseUtcDay, startOf } from '../calendar/utc-day.ts';
import { TOPICS } from '../events/catalogue.ts';
import { replayEvents } from '../events/replay.ts';
import { type ActingSession, addActingCommand, type Registration, runActing } from './commands.ts';
import type { CommandIo } from './io.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { withPublisher } from './publishing.ts';
import { instant } from './terminal/figures.ts';
import { counted } from './terminal/table.ts';

interface ReplayOptions {
  readonly as?: string;
  readonly topic: string;
  readonly since: Date;
}

export function registerEvents(registration: Registration): void {
  const group = registration.program.command('events').description('facts that were published');
  addActingCommand(
    group,
    'replay',
    'publish again what was published; a receiver that has dealt with an event does nothing',
  )
    .requiredOption('--topic <topic>', `one of ${TOPICS.join(', ')}`)
    .requiredOption('--since <time>', 'a UTC day or instant, like 2026-10-31 or 2026-10-31T08:00:00Z', parseInstant)
    .action(
      runActing<[ReplayOptions]>(registration, ['operator'], (session, options) =>
        replay(registration.io, session, options),
      ),
    );
}

function parseInstant(text: string): Date {
  const day = parseUtcDay(text);
  if (day !== undefined) return startOf(day);
  const isInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z$/.test(text);
  const at = new Date(text);
  if (!isInstant || Number.isNaN(at.getTime()) || parseUtcDay(text.slice(0, 10)) === undefined)
    throw new InvalidArgumentError('Write a UTC day or instant, like 2026-10-31 or 2026-10-31T08:00:00Z.');
  return at;
}

function replay(io: CommandIo, session: ActingSession, { topic, since }: ReplayOptions): Promise<CommandOutcome> {
  const { database, effects, actor } = session;
  return withPublisher(io, session, async (publisher) => {
    const why = `daybook events replay --topic ${topic} --since ${since.toISOString()}`;
    const outcome = await replayEvents({ database, publisher, effects }, { topic, since, actor, why });
    if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
    return {
      kind: 'done',
      value: outcome,
      text: (style) =>
        outcome.events === 0
          ? `Nothing of ${outcome.topic} was published since ${instant(since)}.`
          : `${style.good('published again')}: ${counted(outcome.events, 'event')} of ${outcome.topic} since ${instant(since)}`,
    };
  });
}
