import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CUSTOMERS } from '../local-cloud/telemetry/scenario.ts';
import { expectedBills } from './expected-invoices.ts';
import { type Kept, readKept, startLocalCloud, temporaryDirectory } from './local-stack.ts';

const MINUTES = 60_000;
const documentSchema = z.object({ lines: z.array(z.object({ amount: z.string() })), total: z.string() });

describe('the demo month, in a folder that only its owner may enter', () => {
  const directory = temporaryDirectory(0o700);
  let first: Awaited<ReturnType<typeof startLocalCloud>['ended']>;
  let kept: Kept;

  beforeAll(async () => {
    first = await startLocalCloud({ dataDirectory: directory.path }).ended;
    kept = await readKept(directory.path);
  }, 6 * MINUTES);
  afterAll(() => directory.remove());

  test('ends well and prints every customer with its total', () => {
    expect(first.stderr).toBe('');
    expect(first.code, first.stdout).toBe(0);
    for (const { name } of CUSTOMERS) expect(first.stdout).toContain(name);
    expect(first.stdout).toContain('12 invoices');
  });

  test('each invoice equals, line by line and to the cent, what the raw telemetry and the contract give', () => {
    const expected = expectedBills();
    const billed = new Map(
      kept.invoices.map((invoice) => [invoice.customer_id, documentSchema.parse(JSON.parse(invoice.document))]),
    );
    expect(billed.size).toBe(CUSTOMERS.length);
    for (const [customer, lines] of expected) {
      const amounts = billed.get(customer)?.lines.map((line) => BigInt(line.amount));
      expect({ customer, amounts: sorted(amounts ?? []) }).toEqual({ customer, amounts: sorted(lines) });
      expect(billed.get(customer)?.total).toBe(lines.reduce((sum, line) => sum + line, 0n).toString());
    }
  });

  test('Stripe has exactly one final invoice for each of ours, with the same total', () => {
    const totals = new Map(kept.stripe.map((invoice) => [invoice.id, BigInt(invoice.total)]));
    expect(kept.stripe.length).toBe(kept.invoices.length);
    for (const invoice of kept.invoices)
      expect(totals.get(invoice.stripe_invoice_id ?? '')).toBe(BigInt(invoice.total));
    expect(kept.stripe.filter(({ status }) => status !== 'open' && status !== 'paid')).toEqual([]);
  });

  test('says that the region that was down was retried', () => {
    expect(first.stdout).toMatch(/europe-west1, usage of 2026-10-13.*\n.*resolved/);
  });

  test('a second start goes on with the same data and doubles nothing', { timeout: 3 * MINUTES }, async () => {
    const second = await startLocalCloud({ dataDirectory: directory.path }).ended;
    expect(second.stderr).toBe('');
    expect(second.code, second.stdout).toBe(0);
    expect(second.stdout).toContain('Going on with the local cloud');
    expect(invoiceTable(second.stdout)).toBe(invoiceTable(first.stdout));
    expect(await readKept(directory.path)).toEqual(kept);
  });
});

function sorted(amounts: readonly bigint[]): bigint[] {
  return [...amounts].sort((a, b) => (a < b ? -1 : Number(a > b)));
}

function invoiceTable(stdout: string): string {
  return stdout.slice(stdout.indexOf('Invoices of'), stdout.indexOf('Done in'));
}
