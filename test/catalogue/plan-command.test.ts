import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type CommandRun, daybook } from '../cli/command-line.ts';
import {
  ANA,
  BEN,
  BENS_ROBOT,
  faultyPlan,
  fixedEffects,
  openSetting,
  planWithWarning,
  type Setting,
  usagePlan,
} from './setting.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'daybook-plans-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: unknown): string {
  writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
  return name;
}

describe('plan quote', () => {
  const vectors = z.array(
    z.object({
      id: z.string(),
      source: z.string(),
      plan: z.unknown(),
      usage: z.unknown(),
      expect: z.object({ exact: z.array(z.string()), amounts: z.array(z.string()), total: z.string() }),
    }),
  );

  test('every published vector comes out as its source states, to the exact amount', async () => {
    const given = vectors.parse(
      JSON.parse(await readFile(join(import.meta.dirname, '..', 'rating', 'vectors.json'), 'utf8')),
    );
    expect(given.length).toBeGreaterThan(200);
    for (const vector of given) {
      const words = ['plan', 'quote', file('plan.json', vector.plan), file('usage.json', vector.usage), '--json'];
      const run = await daybook(words, { directory });
      const quoted = z
        .object({ lines: z.array(z.object({ exact: z.string(), amount: z.string() })), total: z.string() })
        .parse(run.json());
      expect({
        id: vector.id,
        code: run.code,
        exact: quoted.lines.map((line) => line.exact),
        amounts: quoted.lines.map((line) => line.amount),
        total: quoted.total,
      }).toEqual({ id: vector.id, code: 0, ...pick(vector.expect) });
    }
  });

  function pick({ exact, amounts, total }: { exact: string[]; amounts: string[]; total: string }) {
    return { exact, amounts, total };
  }

  test('people read a table with the tiers under each line and the total', async () => {
    const run = await daybook(
      ['plan', 'quote', file('plan.json', usagePlan('1.5')), file('usage.json', { usage: { data_gb: '1200' } })],
      { directory },
    );
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/Data +1,200 +1,800 +1,800\.00\n/);
    expect(run.out).toMatch(/total +1,900\.00\n$/);
  });

  test.each([
    ['usage that names no metric', { usage: { gb: '1' } }, /"gb" is not a metric/],
    ['usage that is no number', { usage: { data_gb: 'many' } }, /data_gb.*not a decimal/],
    ['usage that is negative', { usage: { data_gb: '-1' } }, /negative/],
    ['no usage', {}, /give usage/],
    ['what is not JSON', '{', /not JSON/],
  ])('%s is refused with exit code 1', async (_what, usage, message) => {
    const run = await daybook(['plan', 'quote', file('plan.json', usagePlan()), file('usage.json', usage)], {
      directory,
    });
    expect(run.code).toBe(1);
    expect(run.out).toBe('');
    expect(run.err).toMatch(message);
  });
});

describe('plan check', () => {
  test('a sound plan: exit code 0', async () => {
    const run = await daybook(['plan', 'check', file('plan.json', usagePlan()), '--json'], { directory });
    expect(run.code).toBe(0);
    expect(run.json()).toEqual({ ok: true, diagnostics: [] });
  });

  test('an error: exit code 1, with place, message and counterexample', async () => {
    const run = await daybook(['plan', 'check', file('plan.json', faultyPlan()), '--json'], { directory });
    expect(run.code).toBe(1);
    expect(run.json()).toMatchObject({
      ok: false,
      diagnostics: [
        {
          severity: 'error',
          line: 'data',
          start: 0,
          end: 37,
          message: expect.any(String),
          counterexample: { data_gb: '0' },
        },
      ],
    });
  });

  test('a warning alone leaves the exit code at 0', async () => {
    const run = await daybook(['plan', 'check', file('plan.json', planWithWarning()), '--json'], { directory });
    expect(run.code).toBe(0);
    expect(run.json()).toMatchObject({ ok: true, diagnostics: [{ severity: 'warning', code: 'unused-parameter' }] });
  });

  test('people see the formula with marks under the place', async () => {
    const run = await daybook(['plan', 'check', file('plan.json', faultyPlan())], { directory });
    expect(run.out).toContain(`  data_gb * price_per_gb - platform_fee\n  ${'^'.repeat(37)}\n`);
    expect(run.out).toContain('The plan cannot bill: 1 error');
  });

  test('in a long formula the marks stay under the place', async () => {
    const formula = `${'data_gb * price_per_gb + '.repeat(40)}mistake${' + data_gb * price_per_gb'.repeat(40)}`;
    const lines = [{ key: 'data', label: 'Data', formula }];
    const run = await daybook(['plan', 'check', file('plan.json', usagePlan('1', { lines }))], { directory });
    const shown = run.out.split('\n');
    const marks = shown.findIndex((line) => /^ *\^+$/.test(line));
    const from = shown[marks]?.indexOf('^') ?? 0;
    expect(shown[marks - 1]?.slice(from, from + 'mistake'.length)).toBe('mistake');
  });

  test.each([
    ['{', /not JSON/],
    [{ plan: 'x' }, /title/],
    [[], /./],
    ['null', /./],
  ])('%j is no plan: a diagnostic, and exit code 1', async (content, message) => {
    const run = await daybook(['plan', 'check', file('plan.json', content), '--json'], { directory });
    expect(run.code).toBe(1);
    expect(run.json()).toMatchObject({
      ok: false,
      diagnostics: expect.arrayContaining([expect.objectContaining({ code: 'document', severity: 'error' })]),
    });
    expect(run.out).toMatch(message);
  });

  test('a file that is not there is refused; a missing argument is wrong usage', async () => {
    expect((await daybook('plan check nothing.json', { directory })).code).toBe(1);
    expect((await daybook('plan check', { directory })).code).toBe(2);
    expect((await daybook('plan prove x', { directory })).code).toBe(2);
  });

  test('every example plan is sound', async () => {
    const folder = join(import.meta.dirname, '..', '..', 'shared', 'plans', 'examples');
    const { readdirSync } = await import('node:fs');
    const examples = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(examples.length).toBeGreaterThan(5);
    for (const example of examples) {
      const run = await daybook(['plan', 'check', join(folder, example), '--json'], { directory });
      expect({ example, code: run.code, ...z.object({ ok: z.boolean() }).parse(run.json()) }).toMatchObject({
        example,
        code: 0,
        ok: true,
      });
    }
  });
});

test('plan schema prints a JSON Schema', async () => {
  const run = await daybook('plan schema', { directory });
  expect(run.code).toBe(0);
  expect(run.json()).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Daybook plan' });
});

describe('the life of a plan on the command line', () => {
  let setting: Setting;
  beforeAll(async () => {
    setting = await openSetting();
  });
  afterAll(() => setting.close());

  function as(principal: string, ...words: string[]): Promise<CommandRun> {
    return daybook(['plan', ...words, '--as', principal], {
      directory,
      database: setting.deps.database,
      effects: fixedEffects(),
    });
  }
  function reading(...words: string[]): Promise<CommandRun> {
    return daybook(['plan', ...words], { directory, database: setting.deps.database, effects: fixedEffects() });
  }

  test('submit, list, show, approve, activate, retire', async () => {
    const plan = file('team.json', planWithWarning());
    const submitted = await as(ANA, 'submit', plan, '--json');
    expect(submitted).toMatchObject({ code: 0 });
    const { planVersion } = z.object({ planVersion: z.string() }).parse(submitted.json());
    expect(submitted.json()).toMatchObject({
      ok: true,
      status: 'in_review',
      approvalsRequired: 1,
      diagnostics: [{ code: 'unused-parameter' }],
    });
    const id = planVersion.slice(7, 19);

    expect(
      z.object({ plans: z.array(z.unknown()) }).parse((await reading('list', '--json')).json()).plans,
    ).toMatchObject([{ planVersion, plan: 'team', status: 'in_review', warnings: 1 }]);
    expect((await reading('list')).out).toContain('team');
    const shown = await reading('show', id);
    expect(shown).toMatchObject({ code: 0 });
    for (const part of [
      'What changes',
      'Team is new',
      'unused-parameter',
      'there is nothing to compare',
      'One person other than the author',
    ])
      expect(shown.out).toContain(part);

    expect(await as(ANA, 'approve', id, '--acknowledge', 'unused-parameter')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is the author and cannot approve'),
    });
    expect(await as(BEN, 'approve', id)).toMatchObject({
      code: 1,
      err: expect.stringContaining('--acknowledge unused-parameter'),
    });
    expect(
      await as(BEN, 'approve', id, '--acknowledge', 'unused-parameter', '--why', 'spare comes next month'),
    ).toMatchObject({ code: 0 });
    expect((await reading('show', 'team', '--json')).json()).toMatchObject({
      status: 'approved',
      approvals: [{ approver: BEN, why: 'spare comes next month', valid: true }],
    });

    expect(await as(ANA, 'activate', 'team', '--from', '2026-13-01')).toMatchObject({ code: 2 });
    const activated = await as(ANA, 'activate', 'team', '--json');
    expect(activated.json()).toEqual({ planVersion, status: 'active', activeFrom: '2026-11-02' });
    expect(await as(ANA, 'retire', id)).toMatchObject({ code: 0 });
    expect(await as(ANA, 'retire', id)).toMatchObject({ code: 1, err: expect.stringContaining('is retired') });
  });

  test('an error keeps the draft and ends with 1; a rejection ends the review', async () => {
    const failed = await as(ANA, 'submit', file('faulty.json', faultyPlan()), '--json');
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.json()).toMatchObject({
      ok: false,
      reason: 'errors',
      diagnostics: [{ severity: 'error', line: 'data' }],
    });
    const text = await as(ANA, 'submit', 'faulty.json');
    expect(text.out).toContain('^^^^');
    await as(ANA, 'submit', file('other.json', { ...usagePlan('7'), plan: 'other' }));
    expect(await as(BENS_ROBOT, 'reject', 'other', '--why', 'not now')).toMatchObject({ code: 0 });
    expect(await as(ANA, 'submit', 'other.json')).toMatchObject({
      code: 1,
      err: expect.stringContaining('rejected before'),
    });
  });

  test('a backtest says when there is nothing to compare, and compares named customers', async () => {
    const plan = file('backtest.json', usagePlan('8'));
    expect(await reading('backtest', plan)).toMatchObject({
      code: 0,
      out: expect.stringContaining('nothing to compare'),
    });
    const named = await reading('backtest', plan, '--customer', 'acme', '--periods', '2026-08..2026-10', '--json');
    expect(named.json()).toMatchObject({
      periods: ['2026-08', '2026-09', '2026-10'],
      customers: { all: 1, payMore: 1 },
      rows: [{ customer: 'acme', period: '2026-08', old: null, new: '10000' }, {}, {}],
      changes: [{ where: 'parameter price_per_gb', what: 'value', new: '8 usd/GB' }, { where: 'parameter spare' }],
    });
    const text = await reading('backtest', plan, '--customer', 'acme', '--periods', '2026-08');
    expect(text.out).toContain('Pay more (1 customer)');
    expect(text.out).toContain('Platform fee +100.00 USD');
    expect(await reading('backtest', plan, '--customer', 'nobody')).toMatchObject({ code: 1 });
    expect(await reading('backtest', plan, '--periods', '2026-10..2026-08')).toMatchObject({ code: 2 });
    expect(await reading('backtest', plan, '--periods', 'autumn')).toMatchObject({ code: 2 });
  });

  test('nobody acts without a name, or with an unknown one, or without the role', async () => {
    expect(await reading('submit', file('team.json', usagePlan()))).toMatchObject({ code: 2 });
    expect(await as('person:nobody@example.com', 'submit', 'team.json')).toMatchObject({ code: 1 });
    expect(await as('person:vic@example.com', 'submit', 'team.json')).toMatchObject({ code: 1 });
  });
});
