import { html } from 'hono/html';
import { z } from 'zod';
import { COMMANDS } from '../../alerts/commands.ts';
import { contractListOfPlanVersion, planApprovalList, planVersionFind } from '../../database/queries.generated.ts';
import { type PlanDocument, parsePlanDocument } from '../../plans/plan-document.ts';
import { formatNumber } from '../format.ts';
import { type Html, notFoundPage, type Page, type PageContext } from '../page.ts';
import { badge, code, command, facts, instant, section, table, tableOr, trail } from '../parts.ts';
import { rateTable } from '../rate-table.ts';

type Version = NonNullable<(typeof planVersionFind)['row']>;

/** One version: its formulas, what the check found, who approved it, who is on it. */
export async function planVersionPage(
  { reader }: PageContext,
  { planVersion }: { readonly planVersion: string },
): Promise<Page> {
  const version = await reader.first(planVersionFind, { plan_version: planVersion });
  if (!version) return notFoundPage(`There is no plan version ${planVersion}.`, html`<a href="/plans">All plans</a>`);
  const [approvals, contracts] = await Promise.all([
    reader.rows(planApprovalList, { plan_version: planVersion }),
    reader.rows(contractListOfPlanVersion, { plan_version: planVersion }),
  ]);
  const reading = parsePlanDocument(JSON.parse(version.document));
  const body = html`${trail([['Plans', '/plans']])}
<div class="head"><div class="line"><h1>${reading.kind === 'refused' ? version.plan : reading.plan.title}</h1>${badge(version.status)}</div><p class="muted">${code(version.plan_version)}</p></div>
${section('Version', versionFacts(version))}
${reading.kind === 'refused' ? '' : document(reading.plan)}
${section('Findings of the check', findings(version))}
<div class="columns">${section('Approvals', approvalTable(approvals))}${section('Contracts on it', contractTable(contracts))}</div>
${section('Document', html`<details><summary>Show the canonical document</summary><pre class="query"><code>${version.document}</code></pre></details>`)}`;
  return { status: 200, title: `Plan ${version.plan}`, active: 'plans', body };
}

function versionFacts(version: Version): Html {
  return html`${facts([
    ['Plan', version.plan],
    ['Currency', version.currency.toUpperCase()],
    ['Author', html`${version.author}<span class="sub">${instant(version.submitted_at)}</span>`],
    ['Active from', version.active_from ?? 'not active'],
    ['Approvals required', version.approvals_required],
    ['Backtest', version.backtest_digest === null ? 'none yet' : code(version.backtest_digest)],
  ])}${version.status === 'in_review' ? html`<p class="muted">This page is read-only; approve with</p>${command(COMMANDS.approvePlan(version.plan_version))}` : ''}`;
}

function document(plan: PlanDocument): Html {
  const lines = plan.lines.map((line) => [
    html`${line.label}<span class="sub"><code>${line.key}</code>${line.per === undefined ? '' : ', for each project'}</span>`,
    html`<code class="wrap">${line.formula}</code>`,
    line.quantity ?? html`<span class="muted">–</span>`,
  ]);
  const parameters = Object.entries(plan.parameters).map(([name, { value, unit }]) => [
    html`<code>${name}</code>`,
    formatNumber(value, 40),
    unit,
  ]);
  const metrics = Object.entries(plan.metrics).map(([name, { unit, rollup }]) => [
    html`<code>${name}</code>`,
    unit,
    rollup,
  ]);
  return html`${section('Lines', table('Lines of the plan', [{ label: 'Line' }, { label: 'Formula' }, { label: 'Quantity shown' }], lines))}
<div class="columns">${section('Parameters', tableOr('None.', 'Parameters', [{ label: 'Name' }, { label: 'Value', numeric: true }, { label: 'Unit' }], parameters), 'A contract may override them.')}${section('Metrics', tableOr('None: a fixed price.', 'Metrics', [{ label: 'Name' }, { label: 'Unit' }, { label: 'Roll-up' }], metrics))}</div>
${Object.entries(plan.rates).map(([name, rate]) => section(`Rate ${name}`, rateTable(rate, plan.currency), `per ${rate.per}`))}`;
}

const findingSchema = z.array(
  z.object({ code: z.string(), severity: z.string(), line: z.string().nullish(), message: z.string() }),
);

function findings(version: Version): Html {
  const parsed = findingSchema.safeParse(version.diagnostics);
  if (!parsed.success)
    return html`<pre class="query"><code>${JSON.stringify(version.diagnostics, null, 2)}</code></pre>`;
  const rows = parsed.data.map((finding) => [
    badge(finding.severity, finding.severity === 'error' ? 'bad' : 'warning'),
    finding.line ?? 'the document',
    html`<span class="reason">${finding.message}</span>`,
    html`<code>${finding.code}</code>`,
  ]);
  return tableOr(
    'None.',
    'Findings',
    [{ label: 'Severity' }, { label: 'Line' }, { label: 'What' }, { label: 'Code' }],
    rows,
  );
}

function approvalTable(rows: readonly NonNullable<(typeof planApprovalList)['row']>[]): Html {
  const lines = rows.map((row) => [
    html`${row.approver}<span class="sub">as ${row.approved_as}</span>`,
    instant(row.approved_at),
    html`<span class="reason">${row.why}</span>`,
    row.valid ? 'counts' : html`<span class="muted">for an older backtest</span>`,
  ]);
  return tableOr(
    'Nobody has approved it.',
    'Approvals',
    [{ label: 'Who' }, { label: 'When' }, { label: 'Why' }, { label: 'Valid' }],
    lines,
  );
}

function contractTable(rows: readonly NonNullable<(typeof contractListOfPlanVersion)['row']>[]): Html {
  const lines = rows.map((row) => [
    html`<a href="/customers/${row.customer_id}">${row.contract_id}</a>`,
    badge(row.status),
    row.mode,
    html`${row.starts_on} – ${row.ends_on ?? 'open'}`,
  ]);
  return tableOr(
    'None.',
    'Contracts',
    [{ label: 'Contract' }, { label: 'State' }, { label: 'Mode' }, { label: 'In force' }],
    lines,
  );
}
