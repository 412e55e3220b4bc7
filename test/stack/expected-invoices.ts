import { billingPeriod } from '../../shared/calendar/billing-period.ts';
import { type ExpectedUsage, expectedUsage } from '../local-cloud/telemetry/expected.ts';
import { CUSTOMERS } from '../local-cloud/telemetry/scenario.ts';

/** A fraction of whole numbers. Nothing here is shared with the code that bills. */
interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

const MICRO_DECIMALS = 12;
const SCALE = 10n ** BigInt(MICRO_DECIMALS);
const DAYS = 31n;

function number(text: string): Fraction {
  const [whole = '0', decimals = ''] = text.split('.');
  return { over: BigInt(whole + decimals.padEnd(MICRO_DECIMALS, '0')), under: SCALE };
}

function times(a: Fraction, b: Fraction): Fraction {
  return { over: a.over * b.over, under: a.under * b.under };
}

function per(a: Fraction, whole: bigint): Fraction {
  return { over: a.over, under: a.under * whole };
}

function minus(a: Fraction, b: Fraction): Fraction {
  return { over: a.over * b.under - b.over * a.under, under: a.under * b.under };
}

function plus(a: Fraction, b: Fraction): Fraction {
  return { over: a.over * b.under + b.over * a.under, under: a.under * b.under };
}

const NOTHING: Fraction = { over: 0n, under: 1n };

function atLeastNothing(a: Fraction): Fraction {
  return a.over < 0n ? NOTHING : a;
}

function lesser(a: Fraction, b: Fraction): Fraction {
  return a.over * b.under < b.over * a.under ? a : b;
}

function roundedUp(a: Fraction): bigint {
  return (a.over + a.under - 1n) / a.under;
}

/** Cents, half away from zero; only for amounts that are not negative. */
function cents(dollars: Fraction): bigint {
  return (dollars.over * 200n + dollars.under) / (dollars.under * 2n);
}

/** A customer's month, each figure in the unit that plans bill. */
interface Month {
  readonly requests: Fraction;
  readonly dataGb: Fraction;
  readonly models: Fraction;
  readonly memoryGbHours: Fraction;
  readonly memoryByProject: readonly Fraction[];
  readonly peakRps: Fraction;
}

function monthOf(rows: readonly ExpectedUsage[]): Month {
  const sumOf = (metric: string, of = rows) =>
    of.filter((row) => row.metric === metric).reduce((sum, row) => sum + number(row.quantity).over, 0n);
  const peaks = new Map<string, bigint>();
  for (const row of rows) {
    if (row.metric === 'peak_rps') peaks.set(row.day, (peaks.get(row.day) ?? 0n) + number(row.quantity).over);
  }
  const projects = Map.groupBy(rows, (row) => row.project);
  const scaled = (over: bigint): Fraction => ({ over, under: SCALE });
  return {
    requests: scaled(sumOf('requests')),
    dataGb: scaled(sumOf('data_gb')),
    models: per(scaled(sumOf('active_models')), 86_400n * DAYS),
    memoryGbHours: per(scaled(sumOf('memory_gb_hours')), 3_600n),
    memoryByProject: [...projects.values()].map((of) => per(scaled(sumOf('memory_gb_hours', of)), 3_600n)),
    peakRps: scaled([...peaks.values()].reduce((most, day) => (day > most ? day : most), 0n)),
  };
}

/** Each line of a bill in cents. */
type Bill = (month: Month) => readonly bigint[];

const committedVolume: Bill = ({ requests, dataGb, models }) => [
  400_000n,
  480_000n,
  cents(times(atLeastNothing(minus(requests, number('40000000'))), number('0.00011'))),
  cents(times(atLeastNothing(minus(dataGb, number('9000'))), number('0.095'))),
  cents(times(models, number('35'))),
];

const graduated: Bill = ({ requests, dataGb, memoryByProject }) => {
  const second = lesser(minus(requests, number('1000000')), number('19000000'));
  const third = atLeastNothing(minus(requests, number('20000000')));
  const tiers = plus(plus(times(second, number('0.00009')), number('250')), times(third, number('0.00006')));
  return [
    150_000n,
    cents(tiers),
    cents(times(atLeastNothing(minus(dataGb, number('2500'))), number('0.13'))),
    ...memoryByProject.map((memory) => cents(times(memory, number('0.0215')))),
  ];
};

const peakThroughput: Bill = ({ peakRps, models, memoryGbHours }) => {
  const lines = [
    cents(times(peakRps, number('4.25'))),
    cents(times(models, number('60'))),
    cents(times(memoryGbHours, number('0.0195'))),
  ];
  const missing = 1_500_000n - lines.reduce((sum, line) => sum + line, 0n);
  return [...lines, missing > 0n ? missing : 0n];
};

const payAsYouGo: Bill = ({ requests, dataGb, models, memoryGbHours }) => {
  const second = atLeastNothing(lesser(minus(requests, number('1000000')), number('9000000')));
  const third = atLeastNothing(minus(requests, number('10000000')));
  return [
    cents(plus(times(second, number('0.000125')), times(third, number('0.0000975')))),
    cents(times(dataGb, number('0.12'))),
    cents(times(models, number('12.5'))),
    2_600n * roundedUp(per(memoryGbHours, 1_000n)),
  ];
};

const fixed =
  (amount: bigint): Bill =>
  () => [amount];

const BILLS: Readonly<Record<string, Bill>> = {
  cus_nimbus_robotics: committedVolume,
  cus_helios_energy: graduated,
  cus_quanta_bank: peakThroughput,
  cus_tidepool_games: payAsYouGo,
  cus_fernwood_studio: payAsYouGo,
  cus_lumen_analytics: payAsYouGo,
  cus_brightside_labs: payAsYouGo,
  cus_harbor_logistics: fixed(129_000n),
  cus_maple_clinics: fixed(49_000n),
  cus_orchard_retail: fixed(129_000n),
  cus_atlas_travel: fixed(49_000n),
  cus_acme: fixed(129_000n),
};

/** Each customer's lines of the demo month in cents, sorted, worked out from the raw telemetry and the contracts' prices alone. */
export function expectedBills(): ReadonlyMap<string, readonly bigint[]> {
  const usage = Map.groupBy(expectedUsage(billingPeriod('2026-10')), (row) => row.project);
  return new Map(
    CUSTOMERS.map(({ id, projects }) => {
      const bill = BILLS[id];
      if (bill === undefined) throw new Error(`the demo bills ${id} by no plan that this test knows`);
      return [id, bill(monthOf(projects.flatMap((project) => usage.get(project.id) ?? [])))];
    }),
  );
}
