import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Addition } from '../../shared/catalogue/addition.ts';
import { addCustomer, addProject, addRegion, setStripeCustomer } from '../../shared/catalogue/customers.ts';
import type { ReviewedAddition } from '../../shared/catalogue/definitions.ts';
import { addMetric } from '../../shared/catalogue/metrics.ts';
import { addPrincipal } from '../../shared/catalogue/principals.ts';
import { addSource } from '../../shared/catalogue/sources.ts';
import { openDatabase, type Transaction } from '../../shared/database/database.ts';
import { ANA, openSetting, REVIEW, type Setting } from './setting.ts';

let setting: Setting;
beforeAll(async () => {
  setting = await openSetting();
});
afterAll(() => setting.close());

type Added = Addition | ReviewedAddition;

function add<Result extends Added>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
  return setting.deps.database.transaction({ actor: ANA, why: 'test' }, work);
}

const region = { region: 'europe-west1', activeFrom: '2026-08-01' };
const metric = { metric: 'seats', title: 'Seats', unit: 'seat', rollup: 'last', divisor: '1.50' } as const;
const customer = { customerId: 'nimbus', name: 'Nimbus' };
const project = { projectId: 'nimbus-1', customerId: 'acme', ownedFrom: '2026-08-01', ownedTo: '2026-09-01' };
const configuration = {
  kind: 'prometheus',
  endpoint: 'main',
  selector: 'seats_total{job="app"}',
  aggregation: 'counter',
  scrapeIntervalSeconds: 60,
  staleAfterSeconds: 300,
};
const source = {
  sourceId: 'data-gb',
  metric: 'data_gb',
  region: 'us-central1',
  configuration,
  activeFrom: '2026-08-01',
};

describe('adding to the catalogue', () => {
  test.each<[string, (transaction: Transaction) => Promise<Added>, (transaction: Transaction) => Promise<Added>]>([
    ['a region', (t) => addRegion(t, region), (t) => addRegion(t, { ...region, activeFrom: '2026-09-01' })],
    [
      'a metric',
      () => addMetric(setting.deps, metric, REVIEW),
      () => addMetric(setting.deps, { ...metric, divisor: '2' }, REVIEW),
    ],
    ['a customer', (t) => addCustomer(t, customer), (t) => addCustomer(t, { ...customer, name: 'Stratus' })],
    ['an ownership', (t) => addProject(t, project), (t) => addProject(t, { ...project, ownedTo: '2026-10-01' })],
    [
      'a source',
      () => addSource(setting.deps, source, REVIEW),
      () => addSource(setting.deps, { ...source, configuration: { ...configuration, aggregation: 'max' } }, REVIEW),
    ],
  ])('%s: new is added, the same again is no change, something else is refused', async (_what, same, other) => {
    expect(await add(same)).toEqual({ kind: 'added' });
    expect(await add(same)).toEqual({ kind: 'unchanged' });
    expect(await add(other)).toMatchObject({ kind: 'refused', reason: 'different' });
    expect(await add(same)).toEqual({ kind: 'unchanged' });
  });

  test.each<[string, (transaction: Transaction) => Promise<Added>]>([
    ['a region without a name', (t) => addRegion(t, { ...region, region: '' })],
    [
      'a region from a day that is none',
      (t) => addRegion(t, { ...region, region: 'us-east1', activeFrom: '2026-02-30' }),
    ],
    ['a metric that no formula could use', () => addMetric(setting.deps, { ...metric, metric: 'min' }, REVIEW)],
    ['a metric with capitals', () => addMetric(setting.deps, { ...metric, metric: 'Seats' }, REVIEW)],
    [
      'a metric with a divisor of zero',
      () => addMetric(setting.deps, { ...metric, metric: 'chairs', divisor: '0.0' }, REVIEW),
    ],
    [
      'a metric with a broken unit',
      () => addMetric(setting.deps, { ...metric, metric: 'chairs', unit: 'seat//h' }, REVIEW),
    ],
    ['a customer whose id has blanks', (t) => addCustomer(t, { customerId: 'big corp', name: 'Big' })],
    ['a project of an unknown customer', (t) => addProject(t, { ...project, customerId: 'nobody' })],
    ['a project that ends before it starts', (t) => addProject(t, { ...project, ownedTo: '2026-07-01' })],
    [
      'a source with a configuration of no kind',
      () => addSource(setting.deps, { ...source, sourceId: 'x', configuration: { kind: 'csv' } }, REVIEW),
    ],
    [
      'a source of an unknown metric',
      () => addSource(setting.deps, { ...source, sourceId: 'x', metric: 'spare' }, REVIEW),
    ],
    [
      'a source in an unknown region',
      () => addSource(setting.deps, { ...source, sourceId: 'x', region: 'mars-1' }, REVIEW),
    ],
  ])('%s is refused', async (_what, work) => {
    expect(await add(work)).toMatchObject({ kind: 'refused', detail: expect.any(String) });
  });

  test('promise 7: a project has one owner on a day, and may change hands', async () => {
    const next = { projectId: 'acme-1', customerId: 'nimbus' };
    expect(await add((t) => addProject(t, { ...next, ownedFrom: '2026-10-01' }))).toMatchObject({
      kind: 'refused',
      reason: 'overlapping',
    });
    expect(await add((t) => addProject(t, { ...next, ownedFrom: '2026-06-01' }))).toMatchObject({
      kind: 'refused',
      reason: 'overlapping',
    });
    expect(await add((t) => addProject(t, { ...next, ownedFrom: '2026-06-01', ownedTo: '2026-07-01' }))).toEqual({
      kind: 'added',
    });
  });

  test('a customer is mapped to Stripe once', async () => {
    const map = (stripeCustomerId: string) =>
      add((t) => setStripeCustomer(t, { customerId: 'acme', stripeCustomerId }));
    expect(await map('cus_1')).toEqual({ kind: 'added' });
    expect(await map('cus_1')).toEqual({ kind: 'unchanged' });
    expect(await map('cus_2')).toMatchObject({ kind: 'refused', reason: 'different' });
    expect(await add((t) => addCustomer(t, { customerId: 'acme', name: 'Acme' }))).toEqual({ kind: 'unchanged' });
  });

  test('promise 7: a changed source is a new version from a later day on, without a gap or an overlap', async () => {
    const changed = { ...source, configuration: { ...configuration, aggregation: 'max' }, activeFrom: '2026-09-01' };
    expect(await add(() => addSource(setting.deps, changed, REVIEW))).toEqual({ kind: 'added' });
    expect(await add(() => addSource(setting.deps, changed, REVIEW))).toEqual({ kind: 'unchanged' });
    const rows = await setting.test.owner.query(
      "select version, active_from::text, active_to::text from usage_sources where source_id = 'data-gb' order by version",
    );
    expect(rows.rows).toEqual([
      { version: 1, active_from: '2026-08-01', active_to: '2026-09-01' },
      { version: 2, active_from: '2026-09-01', active_to: null },
    ]);
  });
});

describe('principals', () => {
  const owner = () =>
    openDatabase({ url: setting.test.url, role: null, poolSize: 1, applicationName: 'test' }, setting.deps.effects);

  test('come with the deployment: the application cannot add one', async () => {
    await expect(
      add((t) => addPrincipal(t, { principal: 'person:eve@example.com', kind: 'person', roles: ['approver'] })),
    ).rejects.toMatchObject({ code: '42501' });
  });

  test('a service account belongs to a person, and neither changes its kind', async () => {
    const database = owner();
    try {
      const adding = (given: Parameters<typeof addPrincipal>[1]) =>
        database.transaction({ actor: 'deployment', why: 'test' }, (t) => addPrincipal(t, given));
      const robot = { principal: 'service:robot', kind: 'service', roles: ['author'], owner: ANA } as const;
      expect(await adding(robot)).toEqual({ kind: 'added' });
      expect(await adding(robot)).toEqual({ kind: 'unchanged' });
      expect(await adding({ ...robot, roles: ['approver'] })).toMatchObject({ kind: 'refused', reason: 'different' });
      expect(await adding({ ...robot, principal: 'service:second', owner: 'service:robot' })).toMatchObject({
        kind: 'refused',
      });
      expect(await adding({ ...robot, principal: 'person:x', kind: 'person' })).toMatchObject({ kind: 'refused' });
      expect(await adding({ ...robot, principal: 'robot' })).toMatchObject({ kind: 'refused', reason: 'invalid' });
    } finally {
      await database.close();
    }
    const { owner: client } = setting.test;
    await expect(
      client.query("insert into principals values ('service:third', 'service', '{}', 'service:robot')"),
    ).rejects.toMatchObject({ code: 'DB003' });
    await expect(
      client.query("update principals set kind = 'service' where principal = $1", [ANA]),
    ).rejects.toMatchObject({ code: 'DB002' });
  });
});
