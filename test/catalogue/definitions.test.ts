import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approveDefinition, rejectDefinition, submitDefinition } from '../../shared/catalogue/definitions.ts';
import {
  ANA,
  ANAS_ROBOT,
  BEN,
  closePeriod,
  FAY,
  ORPHAN,
  openSetting,
  PERMISSION_DENIED,
  type Setting,
  VIC,
  WHY,
} from './setting.ts';

let setting: Setting;
beforeEach(async () => {
  setting = await openSetting();
});
afterEach(() => setting.close());

const configuration = {
  kind: 'prometheus',
  endpoint: 'main',
  selector: 'transferred_bytes_total',
  aggregation: 'counter',
  scrapeIntervalSeconds: 60,
  staleAfterSeconds: 300,
};
const source = {
  kind: 'source',
  source: 'data-gb',
  metric: 'data_gb',
  region: 'us-central1',
  activeFrom: '2026-12-01',
  configuration,
};
const metric = { kind: 'metric', metric: 'seats', title: 'Seats', unit: 'seat', rollup: 'last', divisor: '1' };

async function submit(document: unknown, author = ANA): Promise<string> {
  const outcome = await submitDefinition(setting.deps, { document, author, why: WHY });
  if (outcome.kind !== 'submitted') throw new Error(JSON.stringify(outcome));
  return outcome.definition;
}

const approve = (definition: string, actor = BEN) => approveDefinition(setting.deps, { definition, actor, why: WHY });

async function sources(): Promise<unknown[]> {
  const { rows } = await setting.test.owner.query(
    `select version, active_from::text as from, active_to::text as to, d.status::text as definition
     from usage_sources s left join usage_definitions d using (definition) where source_id = 'data-gb' order by version`,
  );
  return rows;
}

describe('the life of a definition', () => {
  test('promise 23: a source counts nothing before another person than its author approved it', async () => {
    const definition = await submit(source);
    expect(await sources()).toEqual([]);
    for (const actor of [ANA, ANAS_ROBOT, ORPHAN, VIC])
      expect(await approve(definition, actor), actor).toMatchObject({ kind: 'refused' });
    expect(await sources()).toEqual([]);
    expect(await approve(definition)).toEqual({ kind: 'done', definition, status: 'approved' });
    expect(await sources()).toEqual([{ version: 1, from: '2026-12-01', to: null, definition: 'approved' }]);
    const { rows } = await setting.test.owner.query(
      'select action, actor from audit_log where subject = $1 order by sequence',
      [definition],
    );
    expect(rows).toEqual([
      { action: 'usage_definition.draft', actor: ANA },
      { action: 'usage_definition.in_review', actor: ANA },
      { action: 'usage_definition.approved', actor: BEN },
    ]);
  });

  test('another configuration takes over on its day, and retires the one before', async () => {
    await approve(await submit(source));
    const changed = { ...source, activeFrom: '2027-01-01', configuration: { ...configuration, scale: '2' } };
    await approve(await submit(changed));
    expect(await sources()).toEqual([
      { version: 1, from: '2026-12-01', to: '2027-01-01', definition: 'retired' },
      { version: 2, from: '2027-01-01', to: null, definition: 'approved' },
    ]);
  });

  test('a metric exists from its approval on', async () => {
    const definition = await submit(metric);
    const find = () => setting.test.owner.query("select from metrics where metric = 'seats'");
    expect((await find()).rowCount).toBe(0);
    expect(await approve(definition, FAY)).toMatchObject({ kind: 'done' });
    expect((await find()).rowCount).toBe(1);
  });

  test('the same again finds what is there; what was rejected stays rejected', async () => {
    const definition = await submit(source);
    expect(await submit(source, BEN)).toBe(definition);
    expect(await rejectDefinition(setting.deps, { definition, actor: VIC, why: WHY })).toMatchObject({
      kind: 'refused',
    });
    expect(await rejectDefinition(setting.deps, { definition, actor: BEN, why: WHY })).toMatchObject({ kind: 'done' });
    expect(await approve(definition)).toMatchObject({ kind: 'refused', reason: 'state' });
    const again = await submitDefinition(setting.deps, { document: source, author: ANA, why: WHY });
    expect(again).toMatchObject({ kind: 'refused', reason: 'state' });
  });

  test('of two definitions that contradict each other one comes into force', async () => {
    const [first, second] = [await submit(source), await submit({ ...source, source: 'other' })];
    const third = await submit({ ...source, configuration: { ...configuration, scale: '2' } });
    expect(await approve(first)).toMatchObject({ kind: 'done' });
    for (const late of [second, third])
      expect(await approve(late)).toMatchObject({ kind: 'refused', reason: 'in_conflict_with_what_is_in_force' });
  });

  test('a source does not begin in a period whose run was approved', async () => {
    const definition = await submit({ ...source, activeFrom: '2026-10-15' });
    await closePeriod(setting, '2026-10', '2026-11-01');
    expect(await approve(definition)).toMatchObject({ kind: 'refused', reason: 'day_is_closed_or_not_ready' });
  });

  test.each([
    ['a faulty configuration', { configuration: { ...configuration, staleAfterSeconds: 10 } }, /two scrape intervals/],
    ['a day that is none', { activeFrom: '2026-02-30' }, /is not a day/],
    ['a name with capitals', { source: 'Data' }, /cannot name a source/],
    ['a key that nobody knows', { note: 'x' }, /Unrecognized key/],
    ['another kind', { kind: 'table' }, /kind/],
  ])('%s is refused, with its place', async (_name, over, detail) => {
    const outcome = await submitDefinition(setting.deps, { document: { ...source, ...over }, author: ANA, why: WHY });
    expect(outcome).toMatchObject({ kind: 'refused', reason: 'invalid', detail: expect.stringMatching(detail) });
  });

  test('overlapping filters between regions: a source that may count what another region counts is refused, and both are named', async () => {
    await setting.test.owner.query("insert into regions (region, active_from) values ('europe-west1', '2026-07-01')");
    await approve(await submit(source));
    const other = { ...source, region: 'europe-west1' };
    const refused = await submitDefinition(setting.deps, { document: other, author: ANA, why: WHY });
    expect(refused).toMatchObject({
      kind: 'refused',
      reason: 'overlapping',
      detail: expect.stringMatching(/europe-west1 and us-central1 may count the same.*regionLabel/),
    });
    const apart = { ...other, configuration: { ...configuration, endpoint: 'europe' } };
    expect(await approve(await submit(apart))).toMatchObject({ kind: 'done' });
  });
});

describe('whoever writes SQL as the application', () => {
  test('cannot put a metric or a source in force, nor change one', async () => {
    await approve(await submit(source));
    for (const statement of [
      "insert into metrics values ('seats', 'Seats', 'seat', 'last', 1)",
      "update metrics set divisor = 2 where metric = 'data_gb'",
      "insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from) values ('x', 1, 'requests', 'us-central1', '{}', 'x', '2026-12-01')",
      "update usage_sources set active_to = '2027-01-01'",
      "insert into usage_definitions (definition, kind, name, document, status, author, submitted_at, approver, approved_at) select definition, kind, name, document, 'approved', author, now(), 'x', now() from usage_definitions",
      "update usage_definitions set document = '{}'",
      'delete from usage_definitions',
    ])
      await expect(setting.asApplication(BEN, statement), statement).rejects.toMatchObject({ code: PERMISSION_DENIED });
  });

  test('promise 23: cannot approve in another’s name, as the author, or without the role', async () => {
    const definition = await submit(source);
    const statement = (approver: string) =>
      [
        "update usage_definitions set status = 'approved', approver = $2, approved_at = now(), why = 'x' where definition = $1",
        [definition, approver],
      ] as const;
    for (const [actor, approver] of [
      [ANA, ANA],
      [ANAS_ROBOT, ANAS_ROBOT],
      [ANA, BEN],
      [VIC, VIC],
      [ORPHAN, ORPHAN],
    ] as const)
      await expect(setting.asApplication(actor, statement(approver)), actor).rejects.toMatchObject({ code: 'DB003' });
    expect(await sources()).toEqual([]);
  });

  test('promise 8: cannot skip the review, nor retire what is in force', async () => {
    const definition = await submit(source);
    const to = (status: string) =>
      [
        `update usage_definitions set status = $2::usage_definition_status where definition = $1`,
        [definition, status],
      ] as const;
    await expect(setting.asApplication(BEN, to('retired'))).rejects.toMatchObject({ code: 'DB001' });
    await approve(definition);
    for (const status of ['retired', 'draft', 'in_review', 'rejected'])
      await expect(setting.asApplication(BEN, to(status)), status).rejects.toMatchObject({ code: 'DB001' });
  });

  test('not even the schema’s owner changes what a version counts', async () => {
    await approve(await submit(source));
    const { owner } = setting.test;
    await expect(owner.query(`update usage_sources set configuration = '{}'`)).rejects.toMatchObject({ code: 'DB002' });
    await expect(owner.query(`update usage_definitions set document = '{}'`)).rejects.toMatchObject({ code: 'DB002' });
    await expect(owner.query('delete from usage_definitions')).rejects.toMatchObject({ code: 'DB002' });
  });
});
