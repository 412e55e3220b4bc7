import type { Server } from 'node:http';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { FUNCTIONS, register } from '../../../functions/index.ts';
import type { World } from '../../../functions/world.ts';
import { close, listen, listenForPeople } from './listen.ts';
import { PersonError } from './person-error.ts';

/** The functions, served as the framework serves them in the cloud, each on a port of its own. */
export interface ServedFunctions {
  endpointOf(functionName: string): string;
  close(): Promise<void>;
}

const CONSOLE = 'console';
const USUAL_CONSOLE_PORT = 8080;
const PORTS_TO_TRY = 20;

/**
 * Serves every function of the wiring table. `world` is asked for at the first request. The console gets `consolePort`
 * and fails when it is taken; without one it gets 8080, or the next that is free.
 */
export async function serveFunctions(world: () => World, consolePort: number | null): Promise<ServedFunctions> {
  register(world);
  const served = await Promise.all(
    FUNCTIONS.map(async ({ manifest: { name } }) => {
      const server = getTestServer(name);
      const port = name === CONSOLE ? await listenForConsole(server, consolePort) : await listen(server, 0);
      return { name, server, port };
    }),
  );
  const endpoints = new Map(served.map(({ name, port }) => [name, `http://127.0.0.1:${port}/`]));
  return {
    endpointOf: (functionName) => {
      const endpoint = endpoints.get(functionName);
      if (endpoint === undefined) throw new Error(`There is no function ${functionName}.`);
      return endpoint;
    },
    close: async () => {
      await Promise.all(served.map(({ server }) => close(server)));
    },
  };
}

/** The given port, or the first free one from the usual one on. */
async function listenForConsole(server: Server, given: number | null): Promise<number> {
  if (given !== null) return listenForPeople(server, given);
  for (let port = USUAL_CONSOLE_PORT; port < USUAL_CONSOLE_PORT + PORTS_TO_TRY; port += 1) {
    try {
      return await listenForPeople(server, port);
    } catch (error) {
      if (!(error instanceof PersonError)) throw error;
    }
  }
  return listen(server, 0);
}
