/**
 * What the paper calculation rests on. Prices are list prices in USD for us-central1, without commitments, as published in
 * 2026; a change of any of them changes CAPACITY.md, and nothing else.
 */
export const USAGE = {
  regions: 3,
  sources: 5,
  daysPerMonth: 30.4,
  retainedMonths: 25,
  /** Checkpoint rows: project × metric × region where the project runs. */
  projectsPerCustomer: 3,
  regionsPerProject: 1.5,
  /** Prometheus series of one project in one region, over all metrics that come from there. */
  seriesPerProject: 3,
  /** Vectors that a day's counter takes: before, latest, counts, sums, resets, at the end. */
  vectorsPerDay: 6,
  /** Vectors that a provisional figure takes, and how often a day: every fifteen minutes. */
  vectorsPerRefresh: 3,
  refreshesPerDay: 96,
  /** Bytes that the daily query of BigQuery reads for one project: telemetry in five-minute rows. */
  bigQueryBytesPerProjectDay: 288 * 50,
} as const;

export const STORAGE = {
  /** A row of usage_daily with its two indexes: 115 + 45 + 30 bytes. */
  usageRowBytes: 190,
  /** Document, six charges, request bytes and audit entries of one invoice. */
  invoiceBytes: 27_000,
} as const;

export const WORK = {
  customersPerShard: 100,
  /** Seconds of one instance for a shard; `npm run bench -- --only shard` gives the ratio on a machine at hand. */
  secondsPerShard: 2,
  secondsPerInvoice: 3,
  /** Calls to Stripe for an invoice: create, add lines, read it and its lines back, finalize. */
  stripeCallsPerInvoice: 5,
  /** https://docs.stripe.com/rate-limits: all calls of an account in live mode; each endpoint by default. */
  stripeCallsPerSecond: 100,
  stripeCallsPerEndpointSecond: 25,
  /** Events of one invoice: approved, issued, and the webhooks' own are none of Pub/Sub's. */
  eventsPerInvoice: 2,
} as const;

export const PRICES = {
  cloudSqlVcpuHour: 0.0413,
  cloudSqlGbHour: 0.007,
  enterprisePlusVcpuHour: 0.0537,
  enterprisePlusGbHour: 0.0091,
  ssdGbMonth: 0.17,
  backupGbMonth: 0.08,
  hoursPerMonth: 730,
  /** Cloud Run, billed by request: processor and memory of one second; the first seconds of a month are free. */
  vcpuSecond: 0.000024,
  gibSecond: 0.0000025,
  freeVcpuSeconds: 180_000,
  freeGibSeconds: 360_000,
  /** An instance that is kept warm, one processor and 512 MiB, for a month. */
  warmInstanceMonth: 9,
  pubSubTib: 40,
  freePubSubGib: 10,
  bigQueryTib: 6.25,
  freeBigQueryTib: 1,
  /** Managed Service for Prometheus: time series that queries return. */
  seriesReturnedMillion: 0.5,
  freeSeriesReturnedMillions: 1,
  schedulerJobMonth: 0.1,
  alertConditionMonth: 0.1,
  secretVersionMonth: 0.06,
  logGib: 0.5,
  freeLogGib: 50,
} as const;
