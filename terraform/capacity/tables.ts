import { type Deployment, type Estimate, estimate } from './model.ts';

/** The three sizes of the paper calculation. */
const DEPLOYMENTS: readonly Deployment[] = [
  {
    customers: 100,
    database: { tier: 'db-custom-1-3840', vcpus: 1, memoryGb: 3.75, enterprisePlus: false, highlyAvailable: false },
    ratingInstances: 10,
    warmInstances: 0,
    stripeAccounts: 1,
  },
  {
    customers: 10_000,
    database: { tier: 'db-custom-4-15360', vcpus: 4, memoryGb: 15, enterprisePlus: false, highlyAvailable: true },
    ratingInstances: 20,
    warmInstances: 1,
    stripeAccounts: 1,
  },
  {
    customers: 1_000_000,
    database: { tier: 'db-perf-optimized-N-32', vcpus: 32, memoryGb: 256, enterprisePlus: true, highlyAvailable: true },
    ratingInstances: 40,
    warmInstances: 4,
    stripeAccounts: 4,
  },
];

/** The tables of CAPACITY.md. */
export function capacityTables(): string {
  const estimates = DEPLOYMENTS.map((deployment) => ({ deployment, of: estimate(deployment) }));
  const row = (title: string, cell: (one: (typeof estimates)[number]) => string) =>
    `| ${title} | ${estimates.map(cell).join(' | ')} |`;
  const head = row('customers', ({ deployment }) => count(deployment.customers));
  const rule = `|---|${estimates.map(() => '---:').join('|')}|`;
  const names = Object.keys(estimates[0]?.of.costs ?? {});
  return [
    head,
    rule,
    row('rows of usage a month', ({ of }) => count(of.rowsPerMonth)),
    row('the month’s partition', ({ of }) => size(of.usageGbPerMonth)),
    row('database after 25 months', ({ of }) => size(of.databaseGb)),
    row(
      'database tier',
      ({ deployment: { database } }) => `${database.tier}${database.highlyAvailable ? ', standby' : ''}`,
    ),
    row('shards of a run', ({ of }) => count(of.shards)),
    row('instances that rate', ({ deployment }) => count(deployment.ratingInstances)),
    row('rating a month takes', ({ of }) => minutes(of.ratingMinutes)),
    row('accounts of Stripe', ({ deployment }) => count(deployment.stripeAccounts)),
    row('issuing takes at least', ({ of }) => minutes(of.issueMinutes)),
    '',
    row('USD a month', ({ deployment }) => `${count(deployment.customers)} customers`),
    rule,
    ...names.map((name) => row(name, ({ of }) => dollars(of.costs[name] ?? 0))),
    row('**together**', ({ of }) => `**${dollars(of.total)}**`),
    row('a customer', ({ deployment, of }) => perCustomer(of, deployment)),
  ].join('\n');
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function dollars(value: number): string {
  return value > 0 && value < 1 ? '< 1' : count(value);
}

function perCustomer({ total }: Estimate, { customers }: Deployment): string {
  return (total / customers).toFixed(3);
}

function size(gb: number): string {
  if (gb >= 1_000) return `${(gb / 1_000).toFixed(1)} TB`;
  return gb >= 1 ? `${gb.toFixed(gb < 10 ? 1 : 0)} GB` : `${Math.round(gb * 1_000)} MB`;
}

function minutes(value: number): string {
  if (value >= 120) return `${(value / 60).toFixed(1)} h`;
  return value >= 1 ? `${Math.round(value)} min` : `${Math.round(value * 60)} s`;
}
