import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import pg from 'pg';
import { register } from '../../../functions/index.ts';
import { openWorld } from '../../../functions/world.ts';
import { migrate } from '../../../shared/database/migrate.ts';
import { systemEffects } from '../../../shared/effects/system.ts';
import { startPostgres } from '../../local-cloud/postgres/server.ts';
import { close, listen } from '../../local-cloud/stack/listen.ts';

/** A push as the function that only looks at it saw it. */
export interface SeenPush {
  readonly message: {
    readonly data: string;
    readonly messageId: string;
    readonly publishTime: string;
    readonly attributes: Readonly<Record<string, string>>;
  };
  readonly subscription: string;
}

export interface ServedFunctions {
  /** Looks at statements' effects, as the owner of the schema. */
  readonly owner: pg.Client;
  /** What reached the function `witness`, in the order of arrival. */
  readonly seen: SeenPush[];
  /** How `witness` answers the push. */
  answer: (push: SeenPush) => number;
  endpointOf(functionName: string): string;
  stop(): Promise<void>;
}

const REAL = ['validate-usage', 'alert-failures'] as const;
const WITNESS = 'witness';

/** Real functions on an empty, migrated database, and one that keeps what it is sent; all served by functions-framework. */
export async function serveFunctions(): Promise<ServedFunctions> {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-pubsub-'));
  const postgres = await startPostgres({ dataDirectory: join(folder, 'data'), durable: false });
  await postgres.createDatabase('daybook');
  const owner = new pg.Client({ connectionString: postgres.url('daybook') });
  await owner.connect();
  await migrate(owner, join(import.meta.dirname, '..', '..', '..', 'sql'));
  const world = {
    ...openWorld({ DATABASE_URL: postgres.url('daybook') }, systemEffects()),
    logger: { log: () => undefined },
  };
  register(() => world);
  const endpoints = new Map<string, string>();
  const servers: Server[] = [];
  const served: ServedFunctions = {
    owner,
    seen: [],
    answer: () => 200,
    endpointOf: (name) => {
      const endpoint = endpoints.get(name);
      if (endpoint === undefined) throw new Error(`${name} is not served here`);
      return endpoint;
    },
    stop: async () => {
      for (const server of servers) await close(server);
      await world.database.close();
      await owner.end();
      await postgres.stop();
      for (const left of [folder, dirname(postgres.dataDirectory)]) rmSync(left, { recursive: true, force: true });
    },
  };
  http(WITNESS, (request, response) => {
    const push = request.body as SeenPush;
    served.seen.push(push);
    response.status(served.answer(push)).end();
  });
  for (const name of [...REAL, WITNESS]) {
    const server = getTestServer(name);
    servers.push(server);
    endpoints.set(name, `http://127.0.0.1:${await listen(server, 0)}/`);
  }
  return served;
}
