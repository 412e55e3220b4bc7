import { type Configuration, readConfiguration } from '../shared/configuration/configuration.ts';
import { type Database, openDatabase } from '../shared/database/database.ts';
import type { Effects } from '../shared/effects/effects.ts';
import { systemEffects } from '../shared/effects/system.ts';
import { type Publisher, pubSubPublisher } from '../shared/events/publisher.ts';
import { jsonLogger, type Logger } from '../shared/logging/logger.ts';

/** What the functions of one process share. Handlers take from it what they name in their own dependencies. */
export interface World {
  readonly effects: Effects;
  readonly configuration: Configuration;
  readonly logger: Logger;
  readonly database: Database;
  readonly publisher: Publisher;
}

/** The world of a deployed function. Connections open at the first use. Throws a message for people when the environment is not right. */
export function openWorld(environment: NodeJS.ProcessEnv, effects: Effects = systemEffects()): World {
  const configuration = readConfiguration(environment);
  const logger = jsonLogger((line) => process.stdout.write(line));
  const database = openDatabase(
    {
      url: configuration.databaseUrl,
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
  return { effects, configuration, logger, database, publisher };
}
