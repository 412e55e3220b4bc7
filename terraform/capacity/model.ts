import { PRICES, STORAGE, USAGE, WORK } from './assumptions.ts';

/** A size of database, chosen by hand for a number of customers. */
export interface DatabaseSize {
  readonly tier: string;
  readonly vcpus: number;
  readonly memoryGb: number;
  readonly enterprisePlus: boolean;
  readonly highlyAvailable: boolean;
}

export interface Deployment {
  readonly customers: number;
  readonly database: DatabaseSize;
  readonly ratingInstances: number;
  readonly warmInstances: number;
  /** Accounts of Stripe that the customers are spread over. */
  readonly stripeAccounts: number;
}

/** What a month holds and costs. Bytes in GB (10^9); costs in USD a month. */
export interface Estimate {
  readonly rowsPerMonth: number;
  readonly usageGbPerMonth: number;
  readonly databaseGb: number;
  readonly shards: number;
  readonly ratingMinutes: number;
  readonly issueMinutes: number;
  readonly costs: Readonly<Record<string, number>>;
  readonly total: number;
}

const GB = 1e9;
const GIB = 2 ** 30;
const TIB = 2 ** 40;

export function estimate(deployment: Deployment): Estimate {
  const { customers } = deployment;
  const projects = customers * USAGE.projectsPerCustomer;
  const projectRegions = projects * USAGE.regionsPerProject;
  const rowsPerMonth = projectRegions * USAGE.sources * USAGE.daysPerMonth;
  const usageGbPerMonth = (rowsPerMonth * STORAGE.usageRowBytes) / GB;
  const databaseGb = (usageGbPerMonth + (customers * STORAGE.invoiceBytes) / GB) * USAGE.retainedMonths;
  const shards = Math.ceil(customers / WORK.customersPerShard);
  const costs = costsOf(deployment, databaseGb, projectRegions, shards);
  return {
    rowsPerMonth,
    usageGbPerMonth,
    databaseGb,
    shards,
    ratingMinutes: (Math.ceil(shards / deployment.ratingInstances) * WORK.secondsPerShard) / 60,
    issueMinutes: customers / invoicesPerSecond(deployment.stripeAccounts) / 60,
    costs,
    total: Object.values(costs).reduce((sum, cost) => sum + cost, 0),
  };
}

/** The floor of issuing: an account's own limit, or that of the endpoint which every invoice passes once. */
export function invoicesPerSecond(stripeAccounts: number): number {
  const ofAccount = WORK.stripeCallsPerSecond / WORK.stripeCallsPerInvoice;
  return stripeAccounts * Math.min(ofAccount, WORK.stripeCallsPerEndpointSecond);
}

function costsOf(
  { customers, database, warmInstances }: Deployment,
  databaseGb: number,
  projectRegions: number,
  shards: number,
): Record<string, number> {
  const seriesReturned =
    projectRegions *
    USAGE.seriesPerProject *
    USAGE.daysPerMonth *
    (USAGE.vectorsPerDay + USAGE.vectorsPerRefresh * USAGE.refreshesPerDay);
  const bigQueryBytes = customers * USAGE.projectsPerCustomer * USAGE.bigQueryBytesPerProjectDay * USAGE.daysPerMonth;
  const events = customers * WORK.eventsPerInvoice + shards + USAGE.regions * USAGE.sources * USAGE.daysPerMonth;
  // Schedules and refreshes beside the work that grows with the customers.
  const seconds = shards * WORK.secondsPerShard + customers * WORK.secondsPerInvoice + 150_000 + projectRegions * 4;
  const logGib = 5 + (customers * 40_000) / GIB;
  return {
    database: databaseCost(database, Math.max(20, databaseGb * 1.3)),
    functions:
      Math.max(0, seconds - PRICES.freeVcpuSeconds) * PRICES.vcpuSecond +
      Math.max(0, seconds / 2 - PRICES.freeGibSeconds) * PRICES.gibSecond +
      warmInstances * PRICES.warmInstanceMonth,
    prometheus: Math.max(0, seriesReturned / 1e6 - PRICES.freeSeriesReturnedMillions) * PRICES.seriesReturnedMillion,
    bigquery: Math.max(0, bigQueryBytes / TIB - PRICES.freeBigQueryTib) * PRICES.bigQueryTib,
    pubsub: Math.max(0, (events * 2 * 1_000) / GIB - PRICES.freePubSubGib) * (PRICES.pubSubTib / 1_024),
    'scheduler, secrets, alerts':
      20 * PRICES.schedulerJobMonth + 3 * PRICES.secretVersionMonth + 20 * PRICES.alertConditionMonth,
    logs: Math.max(0, logGib - PRICES.freeLogGib) * PRICES.logGib,
  };
}

function databaseCost({ vcpus, memoryGb, enterprisePlus, highlyAvailable }: DatabaseSize, diskGb: number): number {
  const [vcpuHour, gbHour] = enterprisePlus
    ? [PRICES.enterprisePlusVcpuHour, PRICES.enterprisePlusGbHour]
    : [PRICES.cloudSqlVcpuHour, PRICES.cloudSqlGbHour];
  const machine = (vcpus * vcpuHour + memoryGb * gbHour) * PRICES.hoursPerMonth;
  const times = highlyAvailable ? 2 : 1;
  return times * (machine + diskGb * PRICES.ssdGbMonth) + diskGb * PRICES.backupGbMonth;
}
