import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { create } from '../../functions/console/handler.ts';
import type { World } from '../../functions/world.ts';
import { request } from '../console/world.ts';

export interface ServedConsole {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the console on a free port of 127.0.0.1. */
export async function serveConsole(world: World): Promise<ServedConsole> {
  const handler = create(world);
  const server = createServer((incoming, outgoing) => {
    handler(request(incoming.method ?? 'GET', incoming.url ?? '/')).then(
      (reply) => {
        outgoing.writeHead(reply.status, { ...reply.headers, 'content-type': reply.contentType ?? 'text/plain' });
        outgoing.end(String(reply.body ?? ''));
      },
      (error: unknown) => outgoing.writeHead(500).end(String(error)),
    );
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(0, '127.0.0.1', resolve);
  await promise;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
