import type { CommandIo, Output } from '../../shared/cli/io.ts';
import { runCli } from '../../shared/cli/run-cli.ts';
import type { Database } from '../../shared/database/database.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import type { OutgoingMessage } from '../../shared/events/publisher.ts';

/** What a command line did. */
export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly published: readonly (OutgoingMessage & { readonly topic: string })[];
  /** The parsed standard output. */
  json(): unknown;
}

export interface CommandSurroundings {
  readonly database?: Database;
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly effects?: Effects;
  readonly isTerminal?: boolean;
  /** Stands for Pub/Sub that cannot be reached. */
  readonly unpublishable?: boolean;
}

/** Runs `daybook <words>` inside the test. With a database it stands for the one in DATABASE_URL and stays open. */
export async function daybook(
  words: string | readonly string[],
  surroundings: CommandSurroundings = {},
): Promise<CommandRun> {
  const { database, environment = {}, effects = systemEffects(), isTerminal = false } = surroundings;
  const out: string[] = [];
  const err: string[] = [];
  const published: (OutgoingMessage & { readonly topic: string })[] = [];
  const output = (written: string[]): Output => ({ write: (text) => void written.push(text), isTerminal, width: 100 });
  const io: CommandIo = {
    environment: database ? { DATABASE_URL: 'postgres://the-test', ...environment } : environment,
    directory: surroundings.directory ?? '/nowhere',
    effects,
    stdout: output(out),
    stderr: output(err),
    connect: () => {
      if (!database) throw new Error('the test gave no database');
      return { ...database, close: async () => undefined };
    },
    openPublisher: () => ({
      publish: async (topic, messages) => {
        if (surroundings.unpublishable) throw new Error('connect ECONNREFUSED 127.0.0.1:8085');
        published.push(...messages.map((message) => ({ topic, ...message })));
      },
      close: async () => undefined,
    }),
  };
  const code = await runCli(typeof words === 'string' ? words.split(' ') : words, io);
  return { code, out: out.join(''), err: err.join(''), published, json: () => JSON.parse(out.join('')) };
}
