import { html } from 'hono/html';
import { COMMANDS } from '../../alerts/commands.ts';
import { billingPeriod } from '../../calendar/billing-period.ts';
import { notFoundPage, type Page, type PageContext } from '../page.ts';
import { command, trail } from '../parts.ts';
import { readReport } from '../report/read-report.ts';
import { reportBody } from '../report/report-body.ts';

/** The run report on the console; printed, it is the same paper as the file. */
export async function reportPage({ reader }: PageContext, { run }: { readonly run: string }): Promise<Page> {
  const [period = ''] = run.split(':');
  const report = await readReport(reader, run, billingPeriod(period));
  if (!report) return notFoundPage(`There is no billing run ${run}.`, html`<a href="/runs">All runs</a>`);
  const body = html`<div class="screen">${trail([
    ['Runs', '/runs'],
    [run, `/runs/${encodeURIComponent(run)}`],
  ])}<p class="muted">Print this page, or make it a file:</p>${command(COMMANDS.reportRun(run))}</div>${reportBody(report)}`;
  return { status: 200, title: `Report of run ${run}`, active: 'runs', body };
}
