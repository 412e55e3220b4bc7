import { describe, expect, test } from 'vitest';
import { billingPeriod, periodDays } from '../../shared/calendar/billing-period.ts';
import { addDays, daysOf, type UtcDay, utcDay } from '../../shared/calendar/utc-day.ts';
import { Exact } from '../../shared/exact/exact.ts';
import {
  comparedAlike,
  type Finding,
  type VolumeSeries,
  vanishedFindings,
  volumeFindings,
} from '../../shared/usage/anomaly-rules.ts';
import { type ExpectedUsage, expectedUsage } from '../local-cloud/telemetry/expected.ts';
import { CUSTOMERS } from '../local-cloud/telemetry/scenario.ts';
import { DEMO_METRICS } from '../local-cloud/telemetry/sources.ts';

const DAY = utcDay('2026-10-29');

/** A customer's volumes on the days before the 29th, the latest last, and on the 29th itself; null: no checkpoint. */
function judged(before: readonly (string | null)[], today: string, divisor = '1'): readonly Finding[] {
  const from = addDays(DAY, -before.length);
  const entries = [...before, today].flatMap((text, index) =>
    text === null ? [] : [[addDays(from, index), Exact.parse(text)] as const],
  );
  const checkpointed = new Set(entries.map(([day]) => day));
  const series: VolumeSeries = {
    customer: 'acme',
    volumes: new Map(entries.filter(([, volume]) => !volume.isZero())),
  };
  return volumeFindings([series], [DAY], checkpointed, Exact.parse(divisor));
}

const kinds = (findings: readonly Finding[]) => findings.map(({ kind }) => kind);
const days = (count: number, volume: string): string[] => Array.from({ length: count }, () => volume);

describe('a day’s volume', () => {
  test.each([
    ['five times the median of 28 days is ordinary', days(28, '100'), '500', []],
    ['more than five times the median is too high', days(28, '100'), '500.01', ['volume_high']],
    ['a fifth of the median is ordinary', days(28, '100'), '20', []],
    ['less than a fifth of the median is too low', days(28, '100'), '19.99', ['volume_low']],
    ['nothing after a busy month is zero, and not low', days(28, '100'), '0', ['volume_zero']],
    ['nothing where three days in twenty were without usage is ordinary', [...days(17, '100'), '0', '0', '0'], '0', []],
    [
      'nothing where one day in twenty was without usage is a question',
      [...days(19, '100'), '0'],
      '0',
      ['volume_zero'],
    ],
    ['nothing at a weekend is ordinary for who works on weekdays', weekdays(), '0', []],
    ['six days are no history', days(6, '100'), '0', []],
    ['seven days are a history', days(7, '100'), '0', ['volume_zero']],
    ['days before the first usage are no history', [...days(20, '0'), ...days(6, '100')], '0', []],
    ['days without a checkpoint are no zeros', [...days(21, '100'), null, null, null], '0', ['volume_zero']],
    ['a median below the floor of 10 makes no noise downwards', days(28, '9.9'), '0', []],
    ['a figure below the floor of 10 makes no noise upwards', days(28, '1'), '9.9', []],
    ['a figure from the floor on is too high against a small median', days(28, '1'), '10', ['volume_high']],
    ['what is older than 28 days does not count', [...days(20, '1000'), ...days(28, '100')], '100', []],
  ])('%s', (_title, before, today, expected) => {
    expect(kinds(judged(before, today))).toEqual(expected);
  });

  test('keeps the exact figure and median, of an even number of days the mean of the middle two', () => {
    const [finding] = judged(['1', '2', '3', '4', '50', '60', '70', '80'].reverse(), '1000.5');
    expect(finding?.quantity.toString()).toBe('1000.5');
    expect(finding?.baseline.toString()).toBe('27');
    expect(finding?.baselineDays).toBe(8);
  });

  test('is held against the floor in the billed unit, whatever the source counts in', () => {
    expect(kinds(judged(days(28, '35999'), '0', '3600'))).toEqual([]);
    expect(kinds(judged(days(28, '36000'), '0', '3600'))).toEqual(['volume_zero']);
  });

  test('of a customer who has left is asked about for some days, and then no more', () => {
    const asked = Array.from({ length: 20 }, (_, gone) =>
      kinds(judged([...days(28 - gone, '100'), ...days(gone, '0')], '0')),
    );
    expect(asked.flat()).toEqual(['volume_zero', 'volume_zero', 'volume_zero']);
  });
});

test('a project that is gone is asked about when its day before reached the floor', () => {
  const gone = (before: string) => ({ customer: 'acme', project: 'acme-app', day: DAY, before: Exact.parse(before) });
  expect(vanishedFindings([gone('9.99'), gone('10')], Exact.one)).toMatchObject([
    { kind: 'project_vanished', project: 'acme-app', baselineDays: 1 },
  ]);
});

describe('a volume outside the bounds is compared like with like', () => {
  const volumes = (entries: Readonly<Record<string, string>>) =>
    new Map(Object.entries(entries).map(([day, volume]) => [utcDay(day), Exact.parse(volume)]));
  const before = daysOf({ from: addDays(DAY, -10), to: DAY });
  const steady = (volume: string) => Object.fromEntries(before.map((day) => [day, volume]));
  const checkpointed = new Set([...before, DAY]);
  const project = (entries: Readonly<Record<string, string>>) => ({
    customer: 'acme',
    day: DAY,
    volumes: volumes(entries),
  });
  const finding = (kind: 'volume_high' | 'volume_zero'): Finding => ({
    ...{ kind, customer: 'acme', project: null, day: DAY },
    ...{ quantity: Exact.one, baseline: Exact.one, baselineDays: 10 },
  });

  test('what a project brings on its first day is no excess of the others', () => {
    const others = project({ ...steady('100'), [DAY]: '110' });
    const launched = project({ [DAY]: '90000' });
    expect(comparedAlike(finding('volume_high'), [others, launched], checkpointed, Exact.one)).toBeUndefined();
    const risen = project({ ...steady('100'), [DAY]: '501' });
    expect(comparedAlike(finding('volume_high'), [risen, launched], checkpointed, Exact.one)).toMatchObject({
      kind: 'volume_high',
      quantity: Exact.parse('501'),
    });
  });

  test('what was given up is not missed, and what is still owned is', () => {
    expect(comparedAlike(finding('volume_zero'), [], checkpointed, Exact.one)).toBeUndefined();
    expect(comparedAlike(finding('volume_zero'), [project(steady('100'))], checkpointed, Exact.one)).toMatchObject({
      kind: 'volume_zero',
    });
  });
});

test('the demo month shows the silence that is in it, and no more: ordinary variation does not reach the bounds', () => {
  const usage = expectedUsage(billingPeriod('2026-10'));
  const found = DEMO_METRICS.flatMap(({ key, divisor }) => demoFindings(usage, key, Exact.parse(divisor)));
  // Its counters are silent for almost two days; on the 9th there is no sample of the project at all.
  expect(found).toEqual(['requests europe-west1 2026-10-09 project_vanished cus_orchard_retail orchard-search']);
});

function weekdays(): string[] {
  return Array.from({ length: 28 }, (_, index) => (index % 7 < 5 ? '100' : '0'));
}

/** What the rules say of a metric of the demo month, by its raw samples; projects that ended are known to have ended. */
function demoFindings(usage: readonly ExpectedUsage[], metric: string, divisor: Exact): string[] {
  const all = daysOf(periodDays(billingPeriod('2026-10')));
  const owners = new Map(
    CUSTOMERS.flatMap(({ id, projects }) => projects.map((project) => [project.id, { id, project }])),
  );
  const rows = usage.filter((row) => row.metric === metric);
  return [...Map.groupBy(rows, ({ region }) => region)].flatMap(([region, ofRegion]) => {
    const customerOf = (project: string) => owners.get(project)?.id ?? '';
    const series = [...Map.groupBy(ofRegion, ({ project }) => customerOf(project))].map(([customer, own]) => ({
      customer,
      volumes: new Map(
        [...Map.groupBy(own, ({ day }) => day as UtcDay)].map(([day, parts]) => [
          day,
          parts.reduce((sum, { quantity }) => sum.add(Exact.parse(quantity)), Exact.zero),
        ]),
      ),
    }));
    const isOwned = (project: string, day: UtcDay): boolean => {
      const ended = owners.get(project)?.project.to;
      return ended === undefined || Number(day.slice(8)) < ended;
    };
    const comparable = (customer: string, day: UtcDay) =>
      [...Map.groupBy(ofRegion, ({ project }) => project)]
        .filter(([project]) => customerOf(project) === customer && isOwned(project, day))
        .map(([, own]) => ({
          customer,
          day,
          volumes: new Map(own.map((row) => [row.day as UtcDay, Exact.parse(row.quantity)])),
        }));
    const onDay = Map.groupBy(ofRegion, ({ day }) => day as UtcDay);
    const vanished = all.slice(1).flatMap((day) =>
      (onDay.get(addDays(day, -1)) ?? [])
        .filter(({ project, quantity }) => {
          const isThere = (onDay.get(day) ?? []).some((row) => row.project === project);
          return isOwned(project, day) && !isThere && Exact.parse(quantity).sign() > 0;
        })
        .map(({ project, quantity }) => ({
          customer: customerOf(project),
          project,
          day,
          before: Exact.parse(quantity),
        })),
    );
    const suspected = volumeFindings(series, all, new Set(all), divisor);
    const volumes = suspected.flatMap((finding) => comparable(finding.customer, finding.day));
    const alike = suspected.flatMap((finding) => comparedAlike(finding, volumes, new Set(all), divisor) ?? []);
    return [...alike, ...vanishedFindings(vanished, divisor)].map(({ kind, customer, project, day }) =>
      `${metric} ${region} ${day} ${kind} ${customer} ${project ?? ''}`.trim(),
    );
  });
}
