import type pg from 'pg';

export interface SeedOptions {
  readonly from?: string;
  /** First day after the sources' life: keeps a period short. */
  readonly to?: string | null;
  readonly customers?: readonly string[];
}

/**
 * Fills a test's database as its owner with a small world: people, the regions us-east and eu-west, one source of
 * requests in each, and customers that own `<customer>-app` and are known to Stripe.
 */
export async function seedWorld(owner: pg.Client, options: SeedOptions = {}): Promise<void> {
  const { from = '2026-09-01', to = null, customers = ['acme', 'birch'] } = options;
  await owner.query(`insert into principals (principal, kind, roles, owner) values
    ('person:ana', 'person', '{author}', null), ('person:ben', 'person', '{approver}', null),
    ('person:fay', 'person', '{finance}', null), ('service:ana-bot', 'service', '{author,approver}', 'person:ana')`);
  await owner.query(
    `insert into regions (region, bigquery_location, active_from) values ('us-east', 'US', $1), ('eu-west', 'EU', $1)`,
    [from],
  );
  await owner.query(`insert into metrics values ('requests', 'API requests', 'request', 'sum', 1)`);
  await owner.query(
    `insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from, active_to)
     select 'requests', 1, 'requests', r.region, '{}', 'sha256:configuration', $1::date, $2::date from regions r`,
    [from, to],
  );
  for (const customer of customers) {
    await owner.query('insert into customers values ($1, $1, $2)', [customer, `cus_${customer}`]);
    await owner.query('insert into projects values ($1)', [`${customer}-app`]);
    await owner.query('insert into project_ownerships values ($1, $2, $3)', [`${customer}-app`, customer, from]);
  }
}
