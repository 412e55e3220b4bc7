import { once } from 'node:events';
import type { Configuration } from '../configuration/configuration.ts';
import { type Database, openDatabase } from '../database/database.ts';
import type { Effects } from '../effects/effects.ts';
import { systemEffects } from '../effects/system.ts';
import { type Publisher, pubSubPublisher } from '../events/publisher.ts';
import type { Tracer } from '../tracing/tracer.ts';

/** Where a command writes. */
export interface Output {
  write(text: string): void;
  /** Waits until the reader has taken what was written, so that a long output does not pile up in memory. */
  drained?(): Promise<void>;
  /** Whether a person looks at it: only then are colours used. */
  readonly isTerminal: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** Everything a command has of the world, so that it can run inside a test. */
export interface CommandIo {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder whose `.daybook/stack.json` says where the local stack is, and that relative paths start from. */
  readonly directory: string;
  readonly effects: Effects;
  readonly stdout: Output;
  readonly stderr: Output;
  connect(configuration: Configuration, effects: Effects): Database;
  openPublisher(configuration: Configuration, effects: Effects): Publisher;
  /** Absent where commands are not traced. */
  openTracer?(configuration: Configuration): Promise<Tracer | null>;
}

const DEFAULT_WIDTH = 100;

/** The world of the `daybook` command itself. */
export function processIo(): CommandIo {
  return {
    environment: process.env,
    directory: process.cwd(),
    effects: systemEffects(),
    stdout: streamOutput(process.stdout),
    stderr: streamOutput(process.stderr),
    connect: connectDatabase,
    openPublisher: (configuration, effects) =>
      pubSubPublisher({ projectId: configuration.projectId, endpoint: configuration.pubSubEndpoint }, effects),
    openTracer,
  };
}

/** Spans that cannot be sent are lost without a word: the command's own outcome is what a person asked for. */
async function openTracer(configuration: Configuration): Promise<Tracer | null> {
  const { traceEndpoint: endpoint, traceProtocol: protocol, projectId: project } = configuration;
  if (endpoint === null) return null;
  const exporter = await import('../tracing/exporter.ts');
  return exporter.openTracer({ endpoint, protocol, project, serviceName: 'daybook', onLost: () => undefined });
}

function connectDatabase(configuration: Configuration, effects: Effects): Database {
  const {
    databaseUrl: url,
    databaseInstance: instance,
    databaseRole: role,
    databasePoolSize: poolSize,
  } = configuration;
  return openDatabase({ url, instance, role, poolSize, applicationName: 'daybook' }, effects);
}

function streamOutput(stream: NodeJS.WriteStream): Output {
  // A reader that has seen enough, like head, closes the pipe: that is no fault.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    write: (text) => {
      stream.write(text);
    },
    drained: async () => {
      // A closed pipe never drains: who has seen enough is not waited for.
      if (stream.writableNeedDrain && !stream.destroyed)
        await Promise.race([once(stream, 'drain'), once(stream, 'close')]);
    },
    isTerminal: stream.isTTY === true,
    width: stream.columns ?? DEFAULT_WIDTH,
  };
}
