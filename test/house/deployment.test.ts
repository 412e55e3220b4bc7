import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { functionsFile } from '../../functions/generate/functions-file.ts';
import { metricsFile } from '../../functions/generate/metrics-file.ts';
import { FUNCTIONS } from '../../functions/index.ts';
import { isSecret, VARIABLES } from '../../shared/configuration/configuration.ts';
import { SIGNALS, type Signal } from '../../shared/operations/signals.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const MANIFESTS = FUNCTIONS.map(({ manifest }) => manifest);

const deployment = JSON.parse(functionsFile(MANIFESTS)) as {
  functions: Record<string, { secrets: string[]; timeoutSeconds: number; topics: string[]; publishes: string[] }>;
  topics: Record<string, { publishers: string[] }>;
  subscriptions: Record<string, { topic: string; function: string; ackDeadlineSeconds: number }>;
  schedules: Record<string, { cron: string; attemptDeadlineSeconds: number }>;
  connections: { fixed: number; ofEachRegion: number; reserved: number; maxConnections: number };
};
const metrics = JSON.parse(metricsFile()) as Record<
  string,
  {
    metric: { name: string; filter: string };
    chart: { promql: string };
    alerts: Record<string, { promql: string; runbook: string }>;
  }
>;

const REGIONS = 6;

test(`the pools of all instances in ${REGIONS} regions fit into max_connections, with room for people`, () => {
  const { fixed, ofEachRegion, reserved, maxConnections } = deployment.connections;
  expect(fixed + REGIONS * ofEachRegion).toBeLessThanOrEqual(maxConnections - reserved);
});

test('every secret is given to some function, and no function is given what is no secret', () => {
  const given = Object.values(deployment.functions).flatMap(({ secrets }) => secrets);
  const secrets = (Object.keys(VARIABLES) as (keyof typeof VARIABLES)[]).filter(isSecret);
  expect(new Set(given)).toEqual(new Set(secrets));
});

test('names and times are such as Google Cloud takes', () => {
  for (const name of Object.keys(deployment.functions)) expect(name).toMatch(/^[a-z](?:[a-z0-9-]{0,47}[a-z0-9])?$/);
  for (const name of [...Object.keys(deployment.topics), ...Object.keys(deployment.subscriptions)]) {
    expect(name).toMatch(/^(?!goog)[A-Za-z][\w.~+%-]{2,254}$/);
  }
  for (const { ackDeadlineSeconds } of Object.values(deployment.subscriptions)) {
    expect(ackDeadlineSeconds).toBeGreaterThanOrEqual(10);
    expect(ackDeadlineSeconds).toBeLessThanOrEqual(600);
  }
  for (const { attemptDeadlineSeconds } of Object.values(deployment.schedules)) {
    expect(attemptDeadlineSeconds).toBeGreaterThanOrEqual(15);
    expect(attemptDeadlineSeconds).toBeLessThanOrEqual(1_800);
  }
});

test('every topic that a function takes is published by another, or by people', () => {
  const BY_PEOPLE = ['invoice.approved'];
  for (const { topic } of Object.values(deployment.subscriptions)) {
    if (BY_PEOPLE.includes(topic) || !(topic in deployment.topics)) continue;
    const makers = deployment.topics[topic]?.publishers.filter((name) => name !== 'sweep-outbox');
    expect(makers, topic).not.toEqual([]);
  }
});

test('every signal has its metric, and every alert of the table its condition and its place in the runbook', () => {
  expect(Object.keys(metrics)).toEqual(Object.keys(SIGNALS));
  const runbook = readFileSync(join(ROOT, 'terraform', 'RUNBOOK.md'), 'utf8');
  for (const [name, signal] of Object.entries(SIGNALS) as [string, Signal][]) {
    const entry = metrics[name];
    const alerts = Object.values(entry?.alerts ?? {});
    expect(alerts).toHaveLength(signal.alerts.length);
    for (const { promql, runbook: anchor } of alerts) {
      expect(promql).toContain(`logging_googleapis_com:user_${entry?.metric.name}`);
      expect(runbook).toContain(`<a id="${anchor}"></a>`);
    }
  }
});
