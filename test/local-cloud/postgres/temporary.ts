import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalPostgres, startPostgres } from './server.ts';

/** A server that lives no longer than a test run: fast, not durable, and gone with its folder after `stop`. */
export async function startTemporaryPostgres(): Promise<LocalPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-postgres-'));
  // The server may run as another user than this process, and must be able to enter.
  chmodSync(folder, 0o711);
  const server = await startPostgres({ dataDirectory: join(folder, 'data'), durable: false, maxConnections: 300 });
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...server, stop };
}
