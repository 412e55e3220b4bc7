import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TestDatabase } from '../database/fixture.ts';
import { type CommandSurroundings, daybook } from './command-line.ts';
import { EFFECTS, ratedMonth } from './month.ts';

const ACME = '2026-10/acme/usage';

let db: TestDatabase;
beforeEach(async () => {
  db = await ratedMonth();
});
afterEach(() => db.remove());

const run = (words: string | readonly string[], surroundings: CommandSurroundings = {}) =>
  daybook(words, { database: db.database, effects: EFFECTS, ...surroundings });
const decide = (words: string, who: string) =>
  run([...words.split(' '), '--as', `person:${who}`, '--why', 'looked into it']);
const issued = () =>
  db.owner.query(`begin; set local session_replication_role = replica;
    update invoices set status = 'paid', stripe_invoice_id = invoice_id where status = 'approved';
    update billing_runs set status = 'issued'; commit`);

describe('invoice hold, release and approve', () => {
  test('one person holds, another releases; each says what comes next', async () => {
    expect(await decide(`invoice hold ${ACME}`, 'ben')).toMatchObject({
      code: 0,
      out: expect.stringContaining(`next: daybook invoice release ${ACME}`),
    });
    expect((await run('run show 2026-10')).out).toContain('by_hand: looked into it');
    expect(await decide(`invoice release ${ACME}`, 'ben')).toMatchObject({
      code: 1,
      err: expect.stringContaining('a second person must'),
    });
    expect(await decide(`invoice release ${ACME}`, 'fay')).toMatchObject({
      code: 0,
      out: expect.stringContaining('it goes on with its run'),
    });
  });

  test('released after the sign-off it is approved by a third person', async () => {
    await decide(`invoice hold ${ACME}`, 'ben');
    await decide('run approve 2026-10', 'ben');
    expect((await decide(`invoice release ${ACME}`, 'fay')).out).toContain('by a third person');
    expect(await decide(`invoice approve ${ACME}`, 'fay')).toMatchObject({ code: 1 });
    expect(await decide(`invoice approve ${ACME}`, 'ben')).toMatchObject({
      code: 0,
      out: expect.stringContaining('daybook run issue 2026-10'),
    });
  });

  test('without a reason, a role or an invoice nothing is done', async () => {
    expect(await run(['invoice', 'hold', ACME, '--as', 'person:ben', '--why', ' '])).toMatchObject({ code: 2 });
    expect(await decide(`invoice release ${ACME}`, 'ana')).toMatchObject({
      code: 1,
      err: expect.stringContaining('approver or finance'),
    });
    expect(await decide('invoice hold 2026-10/nobody/usage', 'ben')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no invoice'),
    });
  });
});

describe('run approve --reviewed', () => {
  test('takes the digest that run show hands out, and refuses another', async () => {
    const { out } = await run('run show 2026-10');
    const reviewed = /--reviewed ([0-9a-f]{16})/.exec(out)?.[1] ?? '';
    await decide(`invoice hold ${ACME}`, 'ben');
    expect(await decide(`run approve 2026-10 --reviewed ${reviewed}`, 'fay')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is not what was reviewed'),
    });
    expect(await decide('run approve 2026-10 --reviewed 12', 'fay')).toMatchObject({ code: 2 });
  });
});

describe('run close', () => {
  test('names what is open, leaves it by name, and is final', async () => {
    await decide(`invoice hold ${ACME}`, 'ben');
    await decide('run approve 2026-10', 'fay');
    await issued();
    const refused = await decide('run close 2026-10', 'fay');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining(`${ACME}  held`) });
    const exception = /exception:\d+/.exec(refused.err)?.[0] ?? '';
    expect(await decide(`run close 2026-10 --leave ${ACME} ${exception}`, 'fay')).toMatchObject({
      code: 0,
      out: expect.stringContaining(`left open: ${ACME}, ${exception}`),
    });
    expect((await run('run show 2026-10')).out).toContain('closed');
    expect(await decide('run close 2026-10', 'fay')).toMatchObject({ code: 1 });
  });
});

describe('run open', () => {
  test('is refused while the contract goes on', async () => {
    const { rows } = await db.owner.query(`select contract_id from contracts where customer_id = 'acme'`);
    const outcome = await run(['run', 'open', '--contract', rows[0].contract_id, '--as', 'person:fay']);
    expect(outcome).toMatchObject({ code: 1, err: expect.stringContaining('has not ended; end it first') });
  });
});

describe('rules', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'daybook-rules-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('bounds are proposed in a file, approved by another person, and listed', async () => {
    const terms = { maxLines: 50, maxTimesMedian: '3', medianOf: 6, medianFrom: 3, maxChange: '1', tolerance: '20' };
    writeFileSync(
      join(folder, 'rule.json'),
      JSON.stringify({ rule: 'usd-tight', kind: 'bounds', currency: 'usd', terms }),
    );
    expect(await decide(`rules propose ${join(folder, 'rule.json')}`, 'ana')).toMatchObject({
      code: 0,
      out: expect.stringContaining('next: daybook rules approve usd-tight'),
    });
    expect(await decide('rules approve usd-tight', 'ben')).toMatchObject({
      code: 0,
      out: expect.stringContaining('in force'),
    });
    expect((await run('rules list --json')).json()).toMatchObject({
      rules: [
        { rule: 'default-bounds', currency: '*', status: 'in_force' },
        { rule: 'usd-tight', status: 'in_force', approvers: ['person:ben'] },
      ],
    });
  });

  test('a file that is no rule is refused, with the place', async () => {
    writeFileSync(
      join(folder, 'rule.json'),
      JSON.stringify({ rule: 'x', kind: 'automatic_approval', terms: { limitsMinor: { usd: '1.5' }, maxChange: '0' } }),
    );
    expect(await decide(`rules propose ${join(folder, 'rule.json')}`, 'ana')).toMatchObject({
      code: 1,
      err: expect.stringContaining('limitsMinor'),
    });
    expect(await decide('rules retire-automatic-approval', 'fay')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no rule of automatic approval is in force'),
    });
  });
});
