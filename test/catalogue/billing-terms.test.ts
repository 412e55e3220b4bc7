import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BillingTerms } from '../../shared/catalogue/billing-terms.ts';
import { activateContract, approveContract, draftContract } from '../../shared/catalogue/contracts.ts';
import { EFFECTS, seedContracts } from '../billing/month.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';

let db: TestDatabase;
let planVersion: string;
beforeEach(async () => {
  db = await createTestDatabase();
  planVersion = await seedContracts(db, ['acme']);
  await db.owner.query(`insert into customers values ('birch', 'birch', null)`);
});
afterEach(() => db.remove());

const deps = () => ({ database: db.database, effects: EFFECTS });
const draft = (terms: BillingTerms, author = 'person:ana') =>
  draftContract(deps(), {
    ...{ contractId: 'birch-1', customerId: 'birch', mode: 'usage', usagePlanVersion: planVersion },
    ...{ startsOn: '2026-11-01', author },
    ...terms,
  });
const kept = async () =>
  (await db.owner.query(`select collection_method, days_until_due, tax from contracts where contract_id = 'birch-1'`))
    .rows;

describe('how a contract’s invoices are collected and taxed', () => {
  test('mailed, due after 30 days and without tax, unless it says otherwise', async () => {
    await draft({});
    expect(await kept()).toEqual([{ collection_method: 'send_invoice', days_until_due: 30, tax: 'none' }]);
    await draft({ collection: { method: 'charge_automatically' }, tax: 'stripe_tax' });
    expect(await kept()).toEqual([
      { collection_method: 'charge_automatically', days_until_due: null, tax: 'stripe_tax' },
    ]);
  });

  test.each([0, 366, 1.5])('due after %d days is refused', async (daysUntilDue) => {
    expect(await draft({ collection: { method: 'send_invoice', daysUntilDue } })).toMatchObject({
      kind: 'refused',
      reason: 'terms',
    });
  });

  test('the terms are approved with the contract and fixed from then on: the same again changes nothing, others are refused', async () => {
    const terms = { collection: { method: 'send_invoice', daysUntilDue: 14 } } as const;
    await draft(terms);
    const { rows } = await db.owner.query(`select diagnostics from contracts where contract_id = 'birch-1'`);
    const acknowledged = rows[0].diagnostics.map((finding: { code: string }) => finding.code);
    await approveContract(deps(), { contractId: 'birch-1', approver: 'person:ben', acknowledged, why: 'test' });
    expect(await draft(terms)).toMatchObject({ kind: 'unchanged', status: 'approved' });
    expect(await draft({ ...terms, tax: 'stripe_tax' })).toMatchObject({ kind: 'refused', reason: 'immutable' });
    await activateContract(deps(), { contractId: 'birch-1', actor: 'person:ana', why: 'test' });
    await db.owner.query(`begin; select set_config('daybook.actor', 'person:ana', true)`);
    const change = db.owner.query(`update contracts set days_until_due = 90 where contract_id = 'birch-1'`);
    await expect(change).rejects.toMatchObject({ code: 'DB002' });
    await db.owner.query('rollback');
  });

  test('promise 23: only the checker’s role writes them, and only for an author', async () => {
    await draft({});
    await db.owner.query('set role daybook_app');
    await expect(db.owner.query(`update contracts set tax = 'stripe_tax'`)).rejects.toMatchObject({ code: '42501' });
    await db.owner.query('reset role');
    await expect(
      db.owner.query(`update contracts set tax = 'stripe_tax' where contract_id = 'birch-1'`),
    ).rejects.toMatchObject({
      code: 'DB003',
    });
  });
});
