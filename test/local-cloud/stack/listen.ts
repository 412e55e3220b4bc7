import { createServer, type Server } from 'node:http';
import { PersonError } from './person-error.ts';

/** Listens on 127.0.0.1, on any free port for 0, and resolves with the port. Rejects when it cannot. */
export function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', () => {
    server.off('error', reject);
    const address = server.address();
    if (typeof address === 'object' && address !== null) resolve(address.port);
    else reject(new Error('The server has no port.'));
  });
  return promise;
}

/** Takes no more connections, ends those that are open, and resolves when all are gone. */
export function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  return promise;
}

/** Throws a message for people when the console's port cannot be had. */
export async function requireFreePort(port: number): Promise<void> {
  const probe = createServer();
  await listenForPeople(probe, port);
  await close(probe);
}

/** Listens on the port that somebody asked for, or throws a message for people. */
export async function listenForPeople(server: Server, port: number): Promise<number> {
  try {
    return await listen(server, port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const reason = code === 'EADDRINUSE' ? 'is in use by another program' : 'may not be opened by this user';
    throw new PersonError(
      `Port ${port} (DAYBOOK_PORT) ${reason}: choose another, or unset DAYBOOK_PORT to take any free one.`,
    );
  }
}
