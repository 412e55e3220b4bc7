import { html } from 'hono/html';
import { z } from 'zod';
import { billingRunList } from '../../database/queries.generated.ts';
import { formatAmount } from '../format.ts';
import type { Html, Page, PageContext } from '../page.ts';
import { badge, instant, section, tableOr } from '../parts.ts';

const totalsSchema = z.record(
  z.string(),
  z.object({ invoices: z.int(), held: z.int(), total: z.string().regex(/^-?\d+$/) }),
);

/** The totals that the reviewer was shown; empty while there are none or when they are not in a form that is known. */
export function reviewedTotals(
  text: string | null,
): readonly { readonly currency: string; readonly invoices: number; readonly held: number; readonly total: bigint }[] {
  const parsed = totalsSchema.safeParse(text === null ? {} : JSON.parse(text));
  if (!parsed.success) return [];
  return Object.entries(parsed.data).map(([currency, totals]) => ({
    currency,
    ...totals,
    total: BigInt(totals.total),
  }));
}

/** Every billing run. */
export async function runsPage({ reader }: PageContext): Promise<Page> {
  const runs = await reader.rows(billingRunList, {});
  const rows = runs.map((run): Html[] => {
    const totals = reviewedTotals(run.totals);
    const invoices = totals.reduce((sum, each) => sum + each.invoices, 0);
    return [
      html`<a href="/runs/${run.run_id}">${run.run_id}</a>`,
      badge(run.status),
      html`${totals.length === 0 ? '–' : invoices}`,
      html`${totals.map((each) => html`<span class="sub">${formatAmount(each.total, each.currency)}</span>`)}`,
      html`${run.approver ?? (run.approved_at === null ? '–' : 'a rule')}${run.approved_at === null ? '' : html`<span class="sub">${instant(run.approved_at)}</span>`}`,
    ];
  });
  const columns = [
    { label: 'Run' },
    { label: 'Stage' },
    { label: 'Invoices', numeric: true },
    { label: 'Total', numeric: true },
    { label: 'Signed off by' },
  ] as const;
  const list = tableOr(
    'No billing run yet: one is opened when the first usage of a period arrives.',
    'Billing runs',
    columns,
    rows,
  );
  const body = html`<div class="head"><h1>Billing runs</h1><p class="muted">A run is a period’s close: inputs, completeness, versions, totals and sign-off.</p></div>${section('All runs', list)}`;
  return { status: 200, title: 'Runs', active: 'runs', body };
}
