import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { digest } from '../../shared/canonical/canonical-json.ts';
import { currency, minorUnits } from '../../shared/exact/currency.ts';
import { decodeForm } from '../../shared/stripe/form.ts';
import { planInvoiceRequests } from '../../shared/stripe/invoice-request.ts';
import { obligationKey, replacementKey } from '../../shared/stripe/obligation.ts';
import { line, lines, localInvoice, planned } from './invoices.ts';

const STEPS: readonly (readonly [number, readonly string[]])[] = [
  [0, []],
  [1, ['add_lines:1']],
  [100, ['add_lines:1']],
  [101, ['add_lines:1', 'add_lines:2']],
  [249, ['add_lines:1', 'add_lines:2', 'add_lines:3']],
  [250, ['add_lines:1', 'add_lines:2', 'add_lines:3']],
];

describe('the requests of an invoice', () => {
  test.each(STEPS)('%d lines: create, the lines in batches, finalize', (count, batches) => {
    const plan = planned(localInvoice({ lines: lines(count) }));
    expect(plan.requests.map((request) => request.step)).toEqual(['create', ...batches, 'finalize']);
    expect(plan.expected.lines).toHaveLength(count);
  });

  test('the draft takes nothing along: no pending items, no discount of the customer, no automatic advance', () => {
    const [create] = planned(localInvoice()).requests;
    expect(decodeForm(create?.body ?? '')).toEqual({
      auto_advance: 'false',
      collection_method: 'send_invoice',
      currency: 'usd',
      customer: 'cus_acme',
      days_until_due: '30',
      discounts: '',
      'metadata[daybook_customer_id]': 'acme',
      'metadata[daybook_generation]': '0',
      'metadata[daybook_invoice_id]': 'invoice-1',
      'metadata[daybook_period]': '2026-10',
      'metadata[daybook_series]': 'usage',
      pending_invoice_items_behavior: 'exclude',
    });
  });

  test('an automatic charge has no due days, and Stripe Tax is asked for only by setting', () => {
    const [create] = planned(
      localInvoice({ collection: { kind: 'charge_automatically' }, tax: 'stripe_tax' }),
    ).requests;
    const form = decodeForm(create?.body ?? '');
    expect(form).not.toHaveProperty('days_until_due');
    expect(form['automatic_tax[enabled]']).toBe('true');
  });

  test('promise 13: the same invoice is the same bytes, whatever the order of its members', () => {
    const { lines: ordered, ...rest } = localInvoice();
    const reversed = ordered.map(({ key, label, description, amount, metadata }) => ({
      metadata,
      amount,
      description,
      label,
      key,
    }));
    expect(planned({ lines: reversed, ...rest }).requests).toEqual(planned({ ...rest, lines: ordered }).requests);
    const metadata = { b: '2', a: '1', '10': '3' };
    const otherOrder = { '10': '3', a: '1', b: '2' };
    expect(planned(localInvoice({ lines: [line(0, { metadata })] }))).toEqual(
      planned(localInvoice({ lines: [line(0, { metadata: otherOrder })] })),
    );
  });

  test('promise 13: another process, time zone and locale make the same bytes', () => {
    const script = `
      import { planned, localInvoice, lines } from ${JSON.stringify(new URL('./invoices.ts', import.meta.url).href)};
      console.log(JSON.stringify(planned(localInvoice({ lines: lines(251) })).requests));`;
    const outputs = ['UTC', 'Pacific/Kiritimati'].map((zone) => {
      const env = { ...process.env, TZ: zone, LC_ALL: zone === 'UTC' ? 'C' : 'tr_TR.UTF-8' };
      const run = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', script], {
        env,
        encoding: 'utf8',
      });
      expect(run.stderr).toBe('');
      return run.stdout.trim();
    });
    expect(outputs).toEqual([outputs[0], JSON.stringify(planned(localInvoice({ lines: lines(251) })).requests)]);
  });

  test('a key that Stripe could not keep as it is stands there as its digest, and two such keys stay two lines', () => {
    const keys = ['requests:project 1 ', 'requests:project\t1', `requests:${'x'.repeat(500)}`];
    const odd = keys.map((key, index) => line(index, { key }));
    const { expected } = planned(localInvoice({ lines: odd }));
    expect(expected.lines.map(({ key }) => key)).toEqual(keys.map((key) => digest(key)));
    expect(expected.lines.map(({ metadata }) => metadata.daybook_line)).toEqual(keys.map((key) => digest(key)));
  });

  test('a label that ends in a space is rolled up like any other', () => {
    const many = Array.from({ length: 251 }, (_, index) => line(index, { label: 'API requests ' }));
    expect(planned(localInvoice({ lines: many })).expected.lines).toMatchObject([
      { key: `rolled_up:${digest('API requests ')}`, description: 'API requests  (251 lines)' },
    ]);
  });

  test('metadata without a value is left out, and control characters do not reach the invoice', () => {
    const odd = line(0, { description: '  a\u0000b\tc ', metadata: { empty: '', kept: ' x ' } });
    expect(planned(localInvoice({ lines: [odd] })).expected.lines).toEqual([
      { key: odd.key, description: 'a b c', amount: 100n, metadata: { daybook_line: odd.key, kept: 'x' } },
    ]);
  });
});

describe('an invoice that cannot be sent is refused, with the line and the reason', () => {
  test.each([
    ['no_stripe_customer', null, localInvoice({ stripeCustomerId: null })],
    ['invalid_due_days', null, localInvoice({ collection: { kind: 'send_invoice', daysUntilDue: 0 } })],
    ['negative_total', null, localInvoice({ lines: [line(0, { amount: minorUnits(-1n) })] })],
    ['duplicate_line_key', 'same', localInvoice({ lines: [line(0, { key: 'same' }), line(1, { key: 'same' })] })],
    [
      'not_representable',
      'requests/project-0',
      localInvoice({ currency: currency('kwd'), lines: [line(0, { amount: minorUnits(5124n) })] }),
    ],
    ['unsupported_currency', 'requests/project-0', localInvoice({ currency: currency('clf') })],
    ['invalid_text', 'requests/project-0', localInvoice({ lines: [line(0, { description: '\ud800' })] })],
    ['invalid_text', 'requests/project-0', localInvoice({ lines: [line(0, { metadata: { 'a[b]': 'c' } })] })],
    ['invalid_text', 'requests/project-0', localInvoice({ lines: [line(0, { description: 'x'.repeat(501) })] })],
    ['invalid_text', ' ', localInvoice({ lines: [line(0, { key: ' ' })] })],
    [
      'above_maximum_charge',
      null,
      localInvoice({
        collection: { kind: 'charge_automatically' },
        lines: [line(0, { amount: minorUnits(100_000_000n) })],
      }),
    ],
  ])('%s (line %s)', (reason, key, invoice) => {
    expect(planInvoiceRequests(invoice)).toMatchObject({ kind: 'refused', reason, line: key });
  });

  test('an invoice above the maximum charge can still be mailed and paid by transfer', () => {
    expect(planInvoiceRequests(localInvoice({ lines: [line(0, { amount: minorUnits(100_000_000n) })] })).kind).toBe(
      'planned',
    );
  });
});

describe('idempotency keys', () => {
  const obligation = { customerId: 'acme', period: '2026-10', series: 'usage', generation: 0 };

  test('belong to the obligation: another invoice id or other lines keep the key', () => {
    const keys = (overrides: object) =>
      planned(localInvoice(overrides)).requests.map((request) => request.idempotencyKey);
    expect(keys({ id: 'invoice-2' })).toEqual(keys({}));
    expect(keys({ lines: lines(2) })).toEqual(keys({ lines: lines(3) }));
  });

  test('differ by customer, period, series, generation and step, and separators in names cannot make two equal', () => {
    const keys = [
      obligationKey(obligation, 'create'),
      obligationKey(obligation, 'finalize'),
      obligationKey({ ...obligation, customerId: 'acme:2026-10' }, 'create'),
      obligationKey({ ...obligation, customerId: 'acme', period: '2026-10:usage', series: '' }, 'create'),
      obligationKey({ ...obligation, period: '2026-11' }, 'create'),
      obligationKey({ ...obligation, series: 'adjustment' }, 'create'),
      obligationKey({ ...obligation, generation: 1 }, 'create'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('stay within 255 characters', () => {
    const long = obligationKey({ ...obligation, customerId: 'ü'.repeat(300) }, 'create');
    expect(long.length).toBeLessThanOrEqual(255);
    expect(long).not.toBe(obligationKey({ ...obligation, customerId: 'ü'.repeat(301) }, 'create'));
  });

  test('a replacement follows from the dead key alone', () => {
    const first = replacementKey('daybook:acme:create');
    expect([first, replacementKey(first)]).toEqual([
      'daybook:acme:create:replacement-1',
      'daybook:acme:create:replacement-2',
    ]);
  });
});
