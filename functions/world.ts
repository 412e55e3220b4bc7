import { type Configuration, readConfiguration, withheldValues } from '../shared/configuration/configuration.ts';
import { type Database, openDatabase } from '../shared/database/database.ts';
import type { Effects } from '../shared/effects/effects.ts';
import { systemEffects } from '../shared/effects/system.ts';
import { type Publisher, pubSubPublisher } from '../shared/events/publisher.ts';
import { jsonLogger, type Logger } from '../shared/logging/logger.ts';
import { callSample } from '../shared/operations/sample.ts';
import { tracedEffects } from '../shared/tracing/traced-effects.ts';
import type { Tracer } from '../shared/tracing/tracer.ts';

/** What the functions of one process share. Handlers take from it what they name in their own dependencies. */
export interface World {
  readonly effects: Effects;
  readonly configuration: Configuration;
  readonly logger: Logger;
  readonly database: Database;
  readonly publisher: Publisher;
  /** Opens what traces are written with, once; null where nobody receives them. */
  readonly tracer?: () => Promise<Tracer | null>;
}

/** Takes the lines of the log. */
export type WriteLine = (line: string) => void;

/** The world of a deployed function. Connections open at the first use. Throws a message for people when the environment is not right. */
export function openWorld(
  environment: NodeJS.ProcessEnv,
  seam: Effects = systemEffects(),
  write: WriteLine = (line) => process.stdout.write(line),
): World {
  const configuration = readConfiguration(environment);
  const logger = jsonLogger(write, { project: configuration.projectId, withheld: withheldValues(environment) });
  const effects = tracedEffects(seam, (call) => {
    const sample = callSample(call);
    logger.log('INFO', `signal ${sample.signal}`, { ...sample });
  });
  const database = openDatabase(
    {
      url: configuration.databaseUrl,
      instance: configuration.databaseInstance,
      role: configuration.databaseRole,
      poolSize: configuration.databasePoolSize,
      applicationName: configuration.functionName,
      onIdleConnectionLost: (error) =>
        logger.log('WARNING', 'the database closed an idle connection', { error: error.message }),
    },
    effects,
  );
  const publisher = pubSubPublisher(
    { projectId: configuration.projectId, endpoint: configuration.pubSubEndpoint },
    effects,
  );
  return { effects, configuration, logger, database, publisher, tracer: onceOpened(configuration, logger) };
}

/** The tracer of a process, opened at its first call: a cold start waits for nothing that nobody receives. */
function onceOpened(configuration: Configuration, logger: Logger): () => Promise<Tracer | null> {
  const {
    traceEndpoint: endpoint,
    traceProtocol: protocol,
    functionName: serviceName,
    projectId: project,
  } = configuration;
  let opening: Promise<Tracer | null> | undefined;
  const onLost = (reason: string) => logger.log('WARNING', 'spans could not be sent; the work is done', { reason });
  // Whatever is wrong with tracing, the work goes on without it.
  const lost = (error: unknown): null => {
    logger.log('WARNING', 'traces are off in this process', {
      reason: error instanceof Error ? error.message : String(error),
    });
    return null;
  };
  return () => {
    opening ??= endpoint === null ? Promise.resolve(null) : open().catch(lost);
    return opening;
  };

  async function open(): Promise<Tracer | null> {
    const { openTracer } = await import('../shared/tracing/exporter.ts');
    return openTracer({ endpoint: endpoint ?? '', protocol, serviceName, project, onLost });
  }
}
