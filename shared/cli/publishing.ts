import { sqlStateOf } from '../database/sqlstate.ts';
import type { Publisher } from '../events/publisher.ts';
import type { CommandIo } from './io.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';

/** Runs a command that publishes by itself. Pub/Sub that does not answer is no fault of Daybook: the command can be repeated. */
export async function withPublisher(
  io: CommandIo,
  { configuration, effects }: Session,
  work: (publisher: Publisher) => Promise<CommandOutcome>,
): Promise<CommandOutcome> {
  const opened = io.openPublisher(configuration, effects);
  let refusal: Error | undefined;
  const publisher: Publisher = {
    ...opened,
    publish: async (topic, messages) => {
      try {
        await opened.publish(topic, messages);
      } catch (error) {
        refusal = error instanceof Error ? error : new Error(String(error));
        throw refusal;
      }
    },
  };
  try {
    return await work(publisher);
  } catch (error) {
    if (error !== refusal || refusal === undefined || sqlStateOf(error) !== undefined) throw error;
    const message = `Pub/Sub did not take it: ${refusal.message}. Nothing is lost; give the same command again when it answers.`;
    return refused('not_published', message);
  } finally {
    await opened.close();
  }
}
