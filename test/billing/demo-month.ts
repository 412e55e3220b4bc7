import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { activateContract, approveContract, draftContract } from '../../shared/catalogue/contracts.ts';
import { activatePlan, approvePlan, submitPlan } from '../../shared/catalogue/plan-versions.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { readerOf, type WholeReading } from '../usage/reading.ts';
import { seedWorld } from '../usage/seed.ts';
import { DAYS, EFFECTS, REGIONS } from './month.ts';

const PLANS = join(import.meta.dirname, '..', 'local-cloud', 'demo', 'plans');
const deps = (db: TestDatabase) => ({ database: db.database, effects: EFFECTS });

/** Every customer with its terms: each mode, each plan of the demo, a change of plan, an override, and one that is held. */
const CONTRACTS = [
  { customerId: 'graduated', usage: 'enterprise-graduated' },
  {
    customerId: 'overridden',
    usage: 'enterprise-graduated',
    overrides: { parameters: { price_per_gb_hour: '0.01' } },
  },
  { customerId: 'committed', usage: 'enterprise-committed-volume' },
  { customerId: 'peak', usage: 'enterprise-peak-throughput' },
  { customerId: 'metered', usage: 'pay-as-you-go' },
  { customerId: 'growth', legacy: 'legacy-growth' },
  { customerId: 'shadowed', legacy: 'legacy-standard', usage: 'pay-as-you-go' },
  { customerId: 'changed', usage: 'pay-as-you-go', endsOn: '2026-10-03' },
  { customerId: 'changed', usage: 'enterprise-graduated', startsOn: '2026-10-03' },
  { customerId: 'mixed', usage: 'pay-as-you-go', endsOn: '2026-10-02' },
  { customerId: 'mixed', usage: 'in-yen', startsOn: '2026-10-02' },
] as const;

const SOURCES = [
  ['data', 'data_gb', 'GB', 'sum', '1'],
  ['memory', 'memory_gb_hours', 'GB*h', 'sum', '3600'],
  ['models', 'active_models', 'model', 'mean', '1'],
  ['rps', 'peak_rps', 'request/s', 'max', '1'],
] as const;

/** A month like the demo's, made small: every plan, mode and roll-up, three days, two regions, projects of many owners. */
export async function seedDemoMonth(db: TestDatabase): Promise<readonly string[]> {
  const customers = [...new Set(CONTRACTS.map(({ customerId }) => customerId))];
  await seedWorld(db.owner, { customers, from: '2026-10-01', to: '2026-10-04' });
  for (const [source, metric, unit, rollup, divisor] of SOURCES) {
    await db.owner.query('insert into metrics values ($1, $1, $2, $3, $4)', [metric, unit, rollup, divisor]);
    await db.owner.query(
      `insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from, active_to)
       select $1, 1, $2, r.region, '{}', 'sha256:configuration', '2026-10-01', '2026-10-04' from regions r`,
      [source, metric],
    );
  }
  for (const customer of customers) {
    await db.owner.query('insert into projects values ($1)', [`${customer}-batch`]);
    await db.owner.query('insert into project_ownerships values ($1, $2, $3)', [
      `${customer}-batch`,
      customer,
      '2026-10-01',
    ]);
  }
  await seedTerms(db);
  await seedUsage(
    db,
    customers.flatMap((customer) => [`${customer}-app`, `${customer}-batch`]),
  );
  return customers;
}

async function seedTerms(db: TestDatabase): Promise<void> {
  const inYen = {
    plan: 'in-yen',
    title: 'In yen',
    currency: 'jpy',
    parameters: { fee: { value: '900', unit: 'jpy' } },
  };
  const yen = { ...inYen, lines: [{ key: 'fee', label: 'Fee', formula: 'fee * active_days / period_days' }] };
  const versions = new Map([['in-yen', await putInForce(db, yen)]]);
  for (const plan of new Set(
    CONTRACTS.flatMap((terms) => ['usage', 'legacy'].flatMap((kind) => Reflect.get(terms, kind) ?? [])),
  )) {
    if (!versions.has(plan))
      versions.set(plan, await putInForce(db, JSON.parse(readFileSync(join(PLANS, `${plan}.json`), 'utf8'))));
  }
  for (const [index, terms] of CONTRACTS.entries()) {
    const given: { usage?: string; legacy?: string; startsOn?: string; endsOn?: string; overrides?: object } = terms;
    const contractId = `${terms.customerId}-${index}`;
    const drafted = await draftContract(deps(db), {
      contractId,
      customerId: terms.customerId,
      mode: given.legacy === undefined ? 'usage' : given.usage === undefined ? 'legacy' : 'shadow',
      ...(given.usage === undefined ? {} : { usagePlanVersion: versions.get(given.usage) ?? '' }),
      ...(given.legacy === undefined ? {} : { legacyPlanVersion: versions.get(given.legacy) ?? '' }),
      ...(given.overrides === undefined ? {} : { overrides: given.overrides }),
      startsOn: given.startsOn ?? '2026-10-01',
      ...(given.endsOn === undefined ? {} : { endsOn: given.endsOn }),
      author: 'person:ana',
    });
    expect(drafted).toMatchObject({ kind: 'drafted' });
    const acknowledged = drafted.kind === 'drafted' ? drafted.diagnostics.map(({ code }) => code) : [];
    const step = { contractId, why: 'test' };
    expect(await approveContract(deps(db), { ...step, approver: 'person:ben', acknowledged })).toMatchObject({
      kind: 'done',
    });
    expect(await activateContract(deps(db), { ...step, actor: 'person:ana' })).toMatchObject({ kind: 'done' });
  }
}

/** A plan through its real review, in force from the month's first day. */
export async function putInForce(db: TestDatabase, document: unknown): Promise<string> {
  const submitted = await submitPlan(deps(db), { document, author: 'person:ana', why: 'test' });
  if (submitted.kind !== 'submitted') throw new Error(submitted.detail);
  const { planVersion, diagnostics } = submitted;
  const acknowledged = diagnostics.map(({ code }) => code);
  for (const approver of ['person:ben', 'person:fay'])
    await approvePlan(deps(db), { planVersion, approver, acknowledged, why: 'test' });
  expect(
    await activatePlan(deps(db), { planVersion, actor: 'person:ana', from: '2026-10-01', why: 'test' }),
  ).toMatchObject({ kind: 'done' });
  return planVersion;
}

/** Figures without a pattern that a mistake could hide in: large, fractional, and zero on some days. */
async function seedUsage(db: TestDatabase, projects: readonly string[]): Promise<void> {
  const sources = ['requests', ...SOURCES.map(([source]) => source)];
  let salt = 0;
  for (const day of DAYS) {
    for (const region of REGIONS) {
      for (const source of sources) {
        salt += 1;
        const rows = projects.flatMap((project, index) => {
          const figure = (index * 7_919 + salt * 104_729) % 999_983;
          return figure % 7 === 0
            ? []
            : [
                {
                  project,
                  quantity: decimal(
                    `${figure * (source === 'requests' ? 41 : 1)}.${String(figure % 1000).padStart(3, '0')}`,
                  ),
                },
              ];
        });
        const reading: WholeReading = {
          kind: 'complete',
          rows,
          evidence: { queries: [{ text: 'test', parameters: {} }], facts: {} },
        };
        const work = { region, source, day, snapshotAt: EFFECTS.now(), actor: 'service:aggregate-usage', why: 'test' };
        const result = await aggregateDay(
          { database: db.database, effects: EFFECTS, openReader: async () => readerOf(reading) },
          work,
        );
        expect(result).toMatchObject({ kind: 'aggregated' });
      }
    }
  }
}
