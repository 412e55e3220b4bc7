import type { HttpReply, HttpRequest } from '../../functions/http.ts';
import type { World } from '../../functions/world.ts';
import { readConfiguration } from '../../shared/configuration/configuration.ts';
import type { Logger } from '../../shared/logging/logger.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { seedEffects } from './seed.ts';

interface LogLine {
  readonly severity: string;
  readonly message: string;
}

/** A world around a test database. What it logs and publishes is kept. */
export function testWorld(
  test: TestDatabase,
  environment: Readonly<Record<string, string>> = {},
  effects = seedEffects,
) {
  const lines: LogLine[] = [];
  const published: string[] = [];
  const logger: Logger = { log: (severity, message) => lines.push({ severity, message }) };
  const world: World = {
    effects,
    configuration: readConfiguration({ DATABASE_URL: test.url, ...environment }),
    logger,
    database: test.database,
    publisher: {
      publish: async (topic, messages) => void published.push(...messages.map(() => topic)),
      close: async () => undefined,
    },
  };
  return { world, lines, published };
}

/** A request as the framework hands it on. */
export function request(method: string, address: string, rest: Partial<HttpRequest> = {}): HttpRequest {
  const url = new URL(address, 'http://console.test');
  return {
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: {},
    body: undefined,
    rawBody: Buffer.alloc(0),
    ...rest,
  };
}

/** The whole body of a reply as text, a download's parts too. */
export async function textOf({ body }: HttpReply): Promise<string> {
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) return String(body);
  let text = '';
  for await (const part of body as AsyncIterable<string>) text += part;
  return text;
}
