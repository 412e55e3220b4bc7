import pg from 'pg';

/** What was fired, and the time that the local cloud had reached. */
export interface Ledger {
  /** The due time of the last firing that the function took. */
  lastFired(job: string): Promise<Date | undefined>;
  fired(job: string, scheduledFor: Date, status: number): Promise<void>;
  /** Firings that ended without a 2xx answer, the oldest first. */
  failures(): Promise<readonly { readonly job: string; readonly scheduledFor: Date; readonly status: number }[]>;
  /** The last time that {@link keepTime} was told. */
  time(): Promise<Date | undefined>;
  keepTime(instant: Date): Promise<void>;
  /** The jobs that somebody has paused. */
  paused(): Promise<readonly string[]>;
  setPaused(job: string, paused: boolean): Promise<void>;
  close(): Promise<void>;
}

const SCHEMA = `
  create schema if not exists scheduler;
  create table if not exists scheduler.firings (
    job text not null,
    scheduled_for timestamptz not null,
    status integer not null,
    primary key (job, scheduled_for)
  );
  create table if not exists scheduler.paused (job text primary key);
  create table if not exists scheduler.clock (only_row boolean primary key default true check (only_row), instant timestamptz not null);
`;

/** Opens the scheduler's tables, in a schema of their own, and makes them when they are not there. */
export async function openLedger(url: string): Promise<Ledger> {
  const pool = new pg.Pool({ connectionString: url, max: 2, application_name: 'scheduler' });
  await pool.query(SCHEMA);
  return {
    lastFired: async (job) => {
      const result = await pool.query<{ last: Date | null }>(
        'select max(scheduled_for) as last from scheduler.firings where job = $1 and status between 200 and 299',
        [job],
      );
      return result.rows[0]?.last ?? undefined;
    },
    fired: async (job, scheduledFor, status) => {
      await pool.query(
        'insert into scheduler.firings (job, scheduled_for, status) values ($1, $2, $3) on conflict (job, scheduled_for) do update set status = excluded.status',
        [job, scheduledFor, status],
      );
    },
    failures: async () => {
      const result = await pool.query<{ job: string; scheduled_for: Date; status: number }>(
        'select job, scheduled_for, status from scheduler.firings where status not between 200 and 299 order by scheduled_for, job',
      );
      return result.rows.map((row) => ({ job: row.job, scheduledFor: row.scheduled_for, status: row.status }));
    },
    time: async () => (await pool.query<{ instant: Date }>('select instant from scheduler.clock')).rows[0]?.instant,
    keepTime: async (instant) => {
      await pool.query(
        'insert into scheduler.clock (instant) values ($1) on conflict (only_row) do update set instant = greatest(clock.instant, excluded.instant)',
        [instant],
      );
    },
    paused: async () =>
      (await pool.query<{ job: string }>('select job from scheduler.paused')).rows.map(({ job }) => job),
    setPaused: async (job, paused) => {
      const statement = paused
        ? 'insert into scheduler.paused (job) values ($1) on conflict do nothing'
        : 'delete from scheduler.paused where job = $1';
      await pool.query(statement, [job]);
    },
    close: () => pool.end(),
  };
}
