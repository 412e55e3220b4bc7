import type pg from 'pg';
import type { Effects } from '../effects/effects.ts';
import { sleep } from '../effects/sleep.ts';
import { type LazyPool, lazyPool, type PoolOptions } from './pool.ts';
import type { Query } from './query.ts';
import { isRetryable } from './sqlstate.ts';

/** Runs the statements of sql/queries. */
export interface Reader {
  rows<P, R>(query: Query<P, R>, parameters: P): Promise<R[]>;
  /** The first row, or undefined. */
  first<P, R>(query: Query<P, R>, parameters: P): Promise<R | undefined>;
}

/** A reader inside one transaction: what it writes becomes true together, at the commit. */
export interface Transaction extends Reader {
  readonly intent: Intent;
}

/** Who does it and why; every transition in the transaction is logged with both (promise 16). */
export interface Intent {
  /** A principal: `person:ana@example.com` or `service:aggregate-usage`. */
  readonly actor: string;
  readonly why: string;
}

export interface Database extends Reader {
  /**
   * Runs `work` in one transaction. It may run more than once (serialization failures, deadlocks), so that it must do
   * nothing but SQL. A failure at COMMIT is thrown: whether it happened is unknown, and only a repeat of the whole
   * operation, which every operation allows, finds out.
   */
  transaction<T>(intent: Intent, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const MAX_RUNS = 6;
/** Opens a pool; nothing connects until the first statement. */
export function openDatabase(options: PoolOptions, effects: Effects): Database {
  const pool = lazyPool(options);
  return {
    ...reader(pool, effects),
    transaction: (intent, work) => transact(pool, effects, intent, work),
    close: () => pool.end(),
  };
}

function reader(client: Pick<pg.PoolClient | LazyPool, 'query'>, effects: Effects): Reader {
  async function rows<P, R>(query: Query<P, R>, parameters: P): Promise<R[]> {
    const values = query.parameters.map((name) => parameters[name] ?? null);
    const result = await effects.perform({ kind: 'sql', name: query.name }, () =>
      client.query({ name: query.name, text: query.text, values: values as unknown[] }),
    );
    return result.rows as R[];
  }
  return { rows, first: async (query, parameters) => (await rows(query, parameters))[0] };
}

async function transact<T>(
  pool: LazyPool,
  effects: Effects,
  intent: Intent,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  for (let run = 1; ; run += 1) {
    try {
      return await transactOnce(pool, effects, intent, work);
    } catch (error) {
      if (!isRetryable(error) || run === MAX_RUNS) throw error;
      await sleep(effects, effects.fraction() * 20 * 2 ** run);
    }
  }
}

async function transactOnce<T>(
  pool: LazyPool,
  effects: Effects,
  intent: Intent,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const statement = (name: string, text: string, values: unknown[] = []) =>
    effects.perform({ kind: 'sql', name }, () => client.query({ text, values }));
  try {
    await statement('begin', 'begin');
    await statement('set_intent', BIND_INTENT, [intent.actor, intent.why, effects.now().toISOString()]);
    const result = await work({ ...reader(client, effects), intent });
    await statement('commit', 'commit');
    return result;
  } catch (error) {
    broken = error instanceof Error ? error : new Error(String(error));
    // A connection that cannot roll back is thrown away with whatever it held.
    broken = await client.query('rollback').then(
      () => undefined,
      () => broken,
    );
    throw error;
  } finally {
    client.release(broken);
  }
}

const BIND_INTENT =
  "select set_config('daybook.actor', $1, true), set_config('daybook.why', $2, true), set_config('daybook.now', $3, true)";
