import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Effects } from '../../shared/effects/effects.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { PrometheusStandIn } from '../local-cloud/prometheus/server.ts';
import { seedWorld } from '../usage/seed.ts';
import { type CommandRun, daybook } from './command-line.ts';

const HOUR_MS = 3_600_000;
const EFFECTS: Effects = { ...systemEffects(), now: () => new Date('2026-10-06T09:00:00Z') };
const SOURCE = {
  kind: 'source',
  source: 'models',
  metric: 'models',
  region: 'us-east',
  activeFrom: '2026-10-01',
  configuration: {
    kind: 'prometheus',
    endpoint: 'main',
    selector: 'models_total',
    aggregation: 'counter',
    regionLabel: 'region',
    scrapeIntervalSeconds: 3_600,
    staleAfterSeconds: 7_200,
    lookbackSeconds: 7_200,
  },
};
const METRIC = { kind: 'metric', metric: 'models', title: 'Models', unit: 'model', rollup: 'sum', divisor: '1' };

let db: TestDatabase;
let prometheus: PrometheusStandIn;
let url: string;
let directory: string;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedWorld(db.owner);
  await db.owner.query("update usage_sources set active_to = '2026-10-01'");
  const instants = Array.from({ length: 72 }, (_, hour) => Date.parse('2026-10-04T00:30:00Z') + hour * HOUR_MS);
  const series = ['acme-app', 'birch-app'].map((project, index) => ({
    name: 'models_total',
    labels: { project, region: 'us-east' },
    decimals: 0,
    instants,
    values: instants.map((_, hour) => hour * (index + 1)),
  }));
  prometheus = new PrometheusStandIn(series);
  url = await prometheus.listen();
  directory = mkdtempSync(join(tmpdir(), 'daybook-sources-'));
  file('metric.json', METRIC);
  file('source.json', SOURCE);
});
afterEach(async () => {
  rmSync(directory, { recursive: true });
  await prometheus.close();
  await db.remove();
});

function file(name: string, content: unknown): void {
  writeFileSync(join(directory, name), JSON.stringify(content));
}

function sources(...words: string[]): Promise<CommandRun> {
  const environment = { PROMETHEUS_ENDPOINTS: JSON.stringify({ main: url }) };
  return daybook(['sources', ...words], { database: db.database, effects: EFFECTS, environment, directory });
}

async function inForce(): Promise<void> {
  for (const [name, id] of [
    ['metric.json', 'models'],
    ['source.json', 'models/us-east'],
  ] as const) {
    expect((await sources('submit', name, '--as', 'person:ana')).err).toBe('');
    expect((await sources('approve', id, '--as', 'person:ben')).err).toBe('');
  }
}

describe('daybook sources', () => {
  test('promise 23: a metric and a source come into force by submit and another person’s approve', async () => {
    await sources('submit', 'metric.json', '--as', 'person:ana');
    const own = await sources('approve', 'models', '--as', 'service:ana-bot');
    expect(own).toMatchObject({ code: 1, err: expect.stringMatching(/ana-bot is the author and cannot approve/) });
    await inForce();
    const { json } = await sources('list', '--json');
    expect(json()).toMatchObject({
      definitions: expect.arrayContaining([
        expect.objectContaining({
          kind: 'source',
          name: 'models/us-east',
          status: 'approved',
          version: 1,
          approver: 'person:ben',
        }),
        expect.objectContaining({ kind: 'source', name: 'requests/us-east', definition: null }),
      ]),
    });
    const shown = await sources('show', 'models/us-east');
    expect(shown.out).toMatch(/source models\/us-east[\s\S]*approval +person:ben on[\s\S]*"selector": "models_total"/);
  });

  test('a rejected definition cannot be approved', async () => {
    await sources('submit', 'metric.json', '--as', 'person:ana');
    expect((await sources('reject', 'models', '--as', 'person:ben', '--json')).json()).toMatchObject({
      status: 'rejected',
    });
    expect(await sources('approve', 'models', '--as', 'person:ben')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/No definition models is in_review: see daybook sources list/),
    });
  });

  test('a file that is no definition says where it is wrong', async () => {
    file('bad.json', { ...SOURCE, configuration: { ...SOURCE.configuration, aggregation: 'average' } });
    const run = await sources('submit', 'bad.json', '--as', 'person:ana');
    expect(run).toMatchObject({ code: 1, err: expect.stringMatching(/configuration\.aggregation/) });
  });
});

describe('daybook sources check', () => {
  const state = async () =>
    (
      await db.owner.query(
        'select (select count(*) from checkpoints) + (select count(*) from usage_staged) + (select count(*) from exceptions) + (select count(*) from outbox) as n',
      )
    ).rows;

  test('shows what a source in force would count: rows, total, projects, evidence; and writes nothing', async () => {
    await inForce();
    const run = await sources('check', 'models', '--region', 'us-east', '--day', '2026-10-05', '--json');
    expect(run.json()).toMatchObject({
      sources: [
        {
          source: 'models',
          outcome: 'complete',
          rows: 2,
          total: '72',
          top: [
            { project: 'birch-app', quantity: '48' },
            { project: 'acme-app', quantity: '24' },
          ],
          evidence: { facts: { series: 2 } },
        },
      ],
    });
    const text = await sources('check', '--region', 'us-east');
    expect(text).toMatchObject({ code: 0, out: expect.stringMatching(/would count 72 in 2 rows\n +birch-app +48\n/) });
    expect(text.out).toContain('nothing was written');
    expect(await state()).toEqual([{ n: '0' }]);
  });

  test('a file is checked before anybody has seen it, with what would stand against it', async () => {
    const run = await sources('check', 'source.json', '--region', 'us-east', '--json');
    expect(run.code).toBe(1);
    expect(run.json()).toMatchObject({
      sources: [{ outcome: 'complete', rows: 2, problem: expect.stringMatching(/metric models does not exist/) }],
    });
  });

  test('promise 3: a source that cannot be read is a named reason, and the exit code is 1', async () => {
    await inForce();
    prometheus.fail({ fault: 'warning' });
    const run = await sources('check', 'models/us-east', '--region', 'us-east');
    expect(run).toMatchObject({ code: 1, out: expect.stringMatching(/source_warning: Prometheus warned/) });
  });

  test('a day that is not over, a region without sources and a metric are refused', async () => {
    await inForce();
    for (const [words, message] of [
      [['check', '--region', 'us-east', '--day', '2026-10-06'], /not over yet/],
      [['check', '--region', 'eu-west'], /No source is active in eu-west/],
      [['check', 'metric.json', '--region', 'us-east'], /is a metric/],
      [['check', 'source.json', '--region', 'eu-west'], /is of us-east/],
    ] as const)
      expect(await sources(...words), words.join(' ')).toMatchObject({ code: 1, err: expect.stringMatching(message) });
  });
});
