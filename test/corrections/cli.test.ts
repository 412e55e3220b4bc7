import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { daybook } from '../cli/command-line.ts';
import type { TestDatabase } from '../database/fixture.ts';
import {
  billOctober,
  comesLate,
  compareChanges,
  EFFECTS,
  openMonth,
  rateNovember,
  UNIT_PLAN,
  VOLUME_PLAN,
} from './setting.ts';

let db: TestDatabase;
afterEach(() => db.remove());

const ID = '2026-10/acme/adjustment/1';
const run = (words: string | readonly string[], directory?: string) =>
  daybook(words, { database: db.database, effects: EFFECTS, ...(directory === undefined ? {} : { directory }) });
const as = (who: string, words: string) => run([...words.split(' '), '--as', who, '--why', 'compared with the offer']);

describe('daybook adjustments', () => {
  const waiting = async () => {
    db = await openMonth(VOLUME_PLAN);
    await billOctober(db, { 'acme-app': '15' });
    await db.owner.query('delete from adjustment_policies');
    await comesLate(db, { 'acme-app': '16' });
  };

  test('list and show: what was billed, what is right, and that it waits', async () => {
    await waiting();
    const listed = await run('adjustments list');
    expect(listed.out).toContain('-70.00 USD');
    expect(listed.out).toContain('1 wait for a decision');
    const shown = await run(`adjustments show ${ID}`);
    for (const text of ['-150.00 USD', '80.00 USD', 'waits for a person', '2026-10/acme/usage'])
      expect(shown.out).toContain(text);
    expect((await run(`adjustments show ${ID} --json`)).json()).toMatchObject({
      status: 'proposed',
      totalMinor: '-7000',
      lines: [{ amountMinor: '-15000' }, { amountMinor: '8000' }],
    });
    expect((await run('adjustments show 2026-10/acme/adjustment/9')).code).toBe(1);
    expect((await run('adjustments list --status lost')).code).toBe(2);
  });

  test('approve: only by who may, with a reason; then the next invoice carries it, and invoice explain says so', async () => {
    await waiting();
    expect((await as('person:ana', `adjustments approve ${ID}`)).code).toBe(1);
    expect((await run(`adjustments approve ${ID} --as person:ben`)).code).toBe(2);
    const approved = await as('person:ben', `adjustments approve ${ID}`);
    expect(approved.out).toContain('next invoice carries it');
    expect((await as('person:fay', `adjustments reject ${ID}`)).err).toContain('is approved');
    await rateNovember(db, { 'acme-app': '10' });
    const explained = await run('invoice explain 2026-11/acme/usage');
    expect(explained.code).toBe(0);
    expect(explained.out).toContain(`${ID}  correction of 2026-10/acme/usage  -70.00 USD`);
    expect((await run('invoice explain 2026-10/acme/usage')).out).toContain(
      `${ID}: -70.00 USD, placed on 2026-11/acme/usage`,
    );
    expect((await run('invoice show 2026-11/acme/usage')).out).toContain('Correction of 2026-10');
  });

  test('reject leaves the invoice as it is', async () => {
    await waiting();
    expect((await as('person:fay', `adjustments reject ${ID}`)).out).toContain('the invoice stays as it is');
    expect((await run(['adjustments', 'apply', ID, '--as', 'person:ben'])).err).toContain('is rejected');
  });
});

describe('daybook contracts', () => {
  test('correct and approve-correction: the month is rated anew, and the facts go out', async () => {
    db = await openMonth(UNIT_PLAN);
    await billOctober(db, { 'acme-app': '5' });
    const directory = mkdtempSync(join(tmpdir(), 'daybook-'));
    writeFileSync(join(directory, 'terms.json'), '{"parameters": {"price": "8"}}');
    const words = [
      'contracts',
      'correct',
      'acme-1',
      '--period',
      '2026-10',
      '--overrides',
      'terms.json',
      '--as',
      'person:ana',
    ];
    expect((await run([...words, '--why', 'the offer'], directory)).out).toContain('drafted');
    const approved = await as('person:ben', 'contracts approve-correction acme-1 --period 2026-10');
    expect(approved.published.map(({ topic }) => topic)).toContain('period.changed');
    await compareChanges(db);
    expect((await run('adjustments list')).out).toContain('-10.00 USD');
    expect((await run('contracts show acme-1')).out).toContain('2026-10 #1');
  });

  test('change-mode, list, shadow-report: each says what is wrong and what to do', async () => {
    db = await openMonth(UNIT_PLAN);
    expect((await run('contracts list --mode usage')).out).toContain('acme-1');
    const refusals = [
      ['contracts change-mode acme-1 --to shadow --from 2026-11-15', 1, 'first day of a month'],
      ['contracts change-mode acme-1 --to shadow --from 2026-11-01', 1, 'needs a legacy plan version'],
      ['contracts change-mode nobody --to usage --from 2026-11-01', 1, 'no contract'],
      ['contracts change-mode acme-1 --to free --from 2026-11-01', 2, 'legacy, shadow, usage'],
      ['contracts roll-back acme-1', 1, 'no change of mode'],
    ] as const;
    for (const [words, code, message] of refusals) {
      const answer = await as('person:ana', words);
      expect(answer.code, words).toBe(code);
      expect(answer.err, words).toContain(message);
    }
    expect((await run('contracts shadow-report --period 2026-10')).out).toContain('No customer in shadow mode');
    expect((await run('contracts shadow-report --period 2026-12..2026-10')).code).toBe(2);
    expect((await run('contracts shadow-report --period now')).code).toBe(2);
  });
});
