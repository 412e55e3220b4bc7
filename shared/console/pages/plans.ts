import { html } from 'hono/html';
import { planVersionList } from '../../database/queries.generated.ts';
import { formatCount, shortDigest } from '../format.ts';
import type { Html, Page, PageContext } from '../page.ts';
import { badge, code, instant, section, table } from '../parts.ts';

type Version = NonNullable<(typeof planVersionList)['row']>;

/** Every plan with its versions. */
export async function plansPage({ reader }: PageContext): Promise<Page> {
  const versions = await reader.rows(planVersionList, { plan: null });
  const plans = [...Map.groupBy(versions, (version) => version.plan)];
  const body = html`<div class="head"><h1>Plans</h1><p class="muted">A version is its content: it is named by the digest of its document and never changes.</p></div>
${plans.length === 0 ? section('Versions', html`<p class="muted">No plan has been submitted yet.</p>`) : plans.map(([plan, own]) => section(own[0]?.title ?? plan, versionTable(plan, own), plan))}`;
  return { status: 200, title: 'Plans', active: 'plans', body };
}

function versionTable(plan: string, versions: readonly Version[]): Html {
  const rows = versions.map((version) => [
    html`<a href="/plans/${version.plan_version}">${code(version.plan_version, shortDigest(version.plan_version))}</a>`,
    badge(version.status),
    version.currency.toUpperCase(),
    version.active_from ?? '–',
    html`${version.author}<span class="sub">${instant(version.submitted_at)}</span>`,
    html`${version.approvals_given} of ${version.approvals_required}`,
    findings(version),
  ]);
  const columns = [
    { label: 'Version' },
    { label: 'State' },
    { label: 'Currency' },
    { label: 'Active from' },
    { label: 'Author' },
    { label: 'Approvals' },
    { label: 'Findings' },
  ] as const;
  return table(`Versions of ${plan}`, columns, rows);
}

function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}

function findings(version: Version): Html {
  if (version.error_count === 0 && version.warning_count === 0) return html`<span class="muted">none</span>`;
  const errors =
    version.error_count === 0 ? '' : html`<span class="badge bad">${counted(version.error_count, 'error')}</span> `;
  const warnings =
    version.warning_count === 0
      ? ''
      : html`<span class="badge warning">${counted(version.warning_count, 'warning')}</span>`;
  return html`${errors}${warnings}`;
}
