import pg from 'pg';

export interface PoolOptions {
  readonly url: string;
  /**
   * Cloud SQL instance, `project:region:instance`: reached over its private address with the identity that this process
   * runs as, so that the address names a user and a database and holds no password. Without one the address says it all.
   */
  readonly instance?: string | null;
  /** The role that statements run as: `daybook_app` for functions; null keeps the login role. */
  readonly role: string | null;
  /** Connections; Σ over all instances must stay below max_connections. */
  readonly poolSize: number;
  readonly applicationName: string;
  /** Told when the server closes a connection that nobody was using. */
  readonly onIdleConnectionLost?: (error: Error) => void;
}

/** A pool that opens at its first use: a cold start waits for nothing that its call does not need. */
export interface LazyPool {
  connect(): Promise<pg.PoolClient>;
  query(config: pg.QueryConfig): Promise<pg.QueryResult>;
  end(): Promise<void>;
}

const DATE_ARRAY = 1182;

const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, (text: string) => BigInt(text));
types.setTypeParser(pg.types.builtins.DATE, (text: string) => text);
types.setTypeParser(DATE_ARRAY, (text: string) => (text === '{}' ? [] : text.slice(1, -1).split(',')));

/** What opens and closes the way to a Cloud SQL instance. */
interface Way {
  /** The part of the pool's settings that leads there. */
  readonly settings: pg.PoolConfig;
  close(): void;
}

/** The address of the pool is the whole way. */
const DIRECT: Way = { settings: {}, close: () => undefined };

export function lazyPool(options: PoolOptions, openWay: (instance: string) => Promise<Way> = cloudSqlWay): LazyPool {
  let opening: Promise<{ readonly pool: pg.Pool; readonly way: Way }> | undefined;
  const open = async () => {
    const way = options.instance ? await openWay(options.instance) : DIRECT;
    return { pool: makePool(options, way.settings), way };
  };
  const opened = () => {
    opening ??= open().catch((error: unknown) => {
      // The next use opens again: the instance may be there by then.
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    connect: async () => (await opened()).pool.connect(),
    query: async (config) => (await opened()).pool.query(config),
    end: async () => {
      if (opening === undefined) return;
      const { pool, way } = await opening;
      await pool.end();
      way.close();
    },
  };
}

function makePool(options: PoolOptions, settings: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    application_name: options.applicationName,
    connectionTimeoutMillis: 10_000,
    types,
    options: `-c timezone=UTC -c search_path=public${options.role ? ` -c role=${options.role}` : ''}`,
    ...settings,
  });
  // The pool replaces an idle connection that the server closed; without a listener the process would end.
  pool.on('error', (error) => options.onIdleConnectionLost?.(error));
  return pool;
}

/** https://github.com/GoogleCloudPlatform/cloud-sql-nodejs-connector: encrypted, and signed in with an IAM token. */
async function cloudSqlWay(instance: string): Promise<Way> {
  const { AuthTypes, Connector, IpAddressTypes } = await import('@google-cloud/cloud-sql-connector');
  const connector = new Connector();
  const settings = await connector.getOptions({
    instanceConnectionName: instance,
    ipType: IpAddressTypes.PRIVATE,
    authType: AuthTypes.IAM,
  });
  return { settings, close: () => connector.close() };
}
