import { html } from 'hono/html';
import { COMMANDS } from '../../alerts/commands.ts';
import { type ExplainOutcome, explainInvoice } from '../../billing/explain.ts';
import type {
  CheckpointExplanation,
  LineExplanation,
  MetricExplanation,
  RateExplanation,
  Recomputation,
  ValueExplanation,
} from '../../billing/explanation.ts';
import { queryTexts } from '../evidence.ts';
import { formatAmount, formatCount, formatNumber, words } from '../format.ts';
import { invoiceIdOf } from '../identifiers.ts';
import { type Html, notFoundPage, type Page, type PageContext } from '../page.ts';
import { badge, code, command, facts, section, table, tableOr, trail } from '../parts.ts';
import { rateTable } from '../rate-table.ts';
import type { InvoiceAddress } from './invoice.ts';

type Explanation = Extract<ExplainOutcome, { kind: 'explained' }>['explanation'];

/** A line explained: amount ← formula ← quantities ← rows ← checkpoints ← query, computed anew on the way. */
export async function chargePage(
  { reader }: PageContext,
  address: InvoiceAddress & { readonly position: number },
): Promise<Page> {
  const invoiceId = invoiceIdOf(address);
  const outcome = await explainInvoice(reader, invoiceId);
  const line = outcome.kind === 'explained' ? outcome.explanation.lines[address.position] : undefined;
  if (outcome.kind === 'refused' || line === undefined) {
    const all = html`<a href="/runs/${address.period}">The invoices of ${address.period}</a>`;
    return notFoundPage(`There is no line ${address.position} on an invoice ${invoiceId}.`, all);
  }
  const { explanation } = outcome;
  const metrics = line.values.filter((value) => value.kind === 'metric');
  const body = html`${trail([
    ['Runs', '/runs'],
    [address.period, `/runs/${address.period}`],
    [invoiceId, `/invoices/${invoiceId}`],
  ])}
<div class="head"><h1>${line.label}: ${formatAmount(BigInt(line.amountMinor), explanation.currency)}</h1>
<p class="muted">Line <code>${line.key}</code>${line.project === null ? '' : html` of project ${line.project}`}, days ${line.segment.from} up to, not including, ${line.segment.to}, under contract ${line.contract.contract}</p></div>
${section('1. The amount', amount(line, explanation))}
${section('2. What went into the formula', values(line))}
${line.rates.map((rate) => section(`Rate ${rate.name}`, rateTable(rate.rate, explanation.currency), rateNote(rate)))}
${metrics.length === 0 ? section('3. Usage', html`<p class="muted">The formula names no metric: no usage is in this line.</p>`) : ''}
${metrics.map((metric) => section(`3. Where ${metric.title} comes from`, usage(metric, explanation), metric.statement))}
${metrics.map((metric) => section(`4. What was asked for ${metric.title}`, queries(metric, explanation)))}
${section('Fixed when it was rated', digests(line))}
${section('The same on the command line', command(COMMANDS.explainInvoice(invoiceId)))}`;
  return { status: 200, title: `${line.label}, ${invoiceId}`, active: 'runs', body };
}

/** Whether the figure that was computed for this page is the billed one. */
function anew({ recomputed, matches }: Recomputation): Html {
  if (matches) return badge('computed anew: the same', 'good');
  return badge(recomputed === null ? 'cannot be computed anew' : `computed anew: ${recomputed}`, 'bad');
}

function amount(line: LineExplanation, { currency }: Explanation): Html {
  const rows = line.parts.map((part) => [
    part.label,
    part.quantity === null ? '–' : formatNumber(part.quantity),
    part.unitPrice === null ? '–' : formatNumber(part.unitPrice, 12),
    part.flat === null ? '–' : formatNumber(part.flat),
    formatNumber(part.exact, 12),
    formatAmount(BigInt(part.amountMinor), currency),
  ]);
  const columns = [
    { label: 'Part' },
    { label: 'Quantity', numeric: true },
    { label: 'Unit price', numeric: true },
    { label: 'Flat', numeric: true },
    { label: 'Exactly', numeric: true },
    { label: 'Amount', numeric: true },
  ] as const;
  return html`<p class="formula">${line.formula.text}</p>
${facts([
  [
    'Exactly',
    html`<code>${line.exact.billed}</code> ${currency.toUpperCase()}<span class="sub">${anew(line.exact)}</span>`,
  ],
  [
    'Rounded once, half away from zero',
    html`<strong>${formatAmount(BigInt(line.amountMinor), currency)}</strong><span class="sub">${anew(line.rounding)}</span>`,
  ],
])}
${rows.length === 0 ? '' : table('Parts of the line', columns, rows)}`;
}

function values(line: LineExplanation): Html {
  const rows = line.values.map((value) => [html`<code>${value.name}</code>`, figureOf(value), meaningOf(value)]);
  const columns = [{ label: 'Name' }, { label: 'Value', numeric: true }, { label: 'What it is' }] as const;
  return html`${tableOr('Nothing: the formula is a number.', 'Names in the formula', columns, rows)}
<p><a href="/plans/${line.plan.version}">${line.plan.title}, the plan version that it was rated by</a></p>`;
}

function figureOf(value: ValueExplanation): Html {
  const text = value.kind === 'metric' ? value.value.billed : value.value;
  return html`<span title="${text}">${formatNumber(text, 12)}</span>`;
}

function meaningOf(value: ValueExplanation): Html {
  switch (value.kind) {
    case 'metric':
      return html`${value.title}, ${value.unit} <span class="sub">${anew(value.value)}</span>`;
    case 'parameter':
      if (value.source === 'plan') return html`${value.unit}, of the plan`;
      return html`${value.unit}, of the contract<span class="sub">the plan says ${formatNumber(value.planValue, 12)}</span>`;
    case 'builtin':
      return html`${value.statement}`;
    default:
      return value satisfies never;
  }
}

function rateNote(rate: RateExplanation): string {
  return `per ${rate.rate.per}, of the ${rate.source}`;
}

function usage(metric: MetricExplanation, explanation: Explanation): Html {
  const checkpoints = new Map(explanation.checkpoints.map((checkpoint) => [checkpoint.name, checkpoint]));
  const rows = metric.rows.map((row) => [
    row.day,
    row.region,
    row.project,
    checkpointLink(row.checkpoint, checkpoints),
    html`<span title="${row.quantity}">${formatNumber(row.quantity)}</span>`,
  ]);
  const days = metric.days.map((day) => [day.day, html`<span title="${day.total}">${formatNumber(day.total)}</span>`]);
  const columns = [
    { label: 'Day' },
    { label: 'Region' },
    { label: 'Project' },
    { label: 'Checkpoint' },
    { label: 'Quantity', numeric: true },
  ] as const;
  return html`${facts([
    [
      'In the formula',
      html`<strong>${formatNumber(metric.value.billed)}</strong> ${metric.unit}<span class="sub">${anew(metric.value)}</span>`,
    ],
    ['Usage rows', formatCount(metric.rows.length)],
    ['Checkpoints', formatCount(metric.checkpoints.length)],
  ])}${waived(metric, explanation)}
<details><summary>Totals of the ${days.length} days, in the source’s unit</summary>${table('Totals of the days', [{ label: 'Day' }, { label: 'Total', numeric: true }], days)}</details>
${rows.length === 0 ? '' : html`<details><summary>Every row with its checkpoint</summary>${table(`Rows of ${metric.title}`, columns, rows)}</details>`}`;
}

function checkpointLink(name: string, checkpoints: ReadonlyMap<string, CheckpointExplanation>): Html {
  const found = checkpoints.get(name);
  return found === undefined ? html`${name}` : html`<a href="/checkpoints/${found.checkpointId}">${name}</a>`;
}

function waived(metric: MetricExplanation, { waivers }: Explanation): Html {
  const own = waivers.filter((waiver) => waiver.metric === metric.name);
  if (own.length === 0) return html``;
  const rows = own.map((waiver) => [
    `${waiver.region}, ${waiver.day}`,
    waiver.why,
    `${waiver.author}, approved by ${waiver.approver}`,
  ]);
  return table('Days billed without a figure', [{ label: 'Waived' }, { label: 'Why' }, { label: 'By' }], rows);
}

/** One text for each source and region: the days differ in their parameters, and each checkpoint shows its own. */
function queries(metric: MetricExplanation, { checkpoints }: Explanation): Html {
  const own = checkpoints.filter((checkpoint) => checkpoint.metric === metric.name);
  const samples = [...Map.groupBy(own, (checkpoint) => `${checkpoint.region}/${checkpoint.source}`).values()];
  return html`${samples.flatMap((group) =>
    group.slice(0, 1).map(
      (checkpoint) => html`<h3>${checkpoint.source} in ${checkpoint.region}</h3>
<p class="muted">As sent for <a href="/checkpoints/${checkpoint.checkpointId}">${checkpoint.name}</a> (${words(checkpoint.status)}), one of ${group.length}; the other days differ in their parameters.</p>
${queryTexts(checkpoint.queries)}`,
    ),
  )}`;
}

function digests(line: LineExplanation): Html {
  return facts([
    ['Formula', code(line.formula.digest)],
    ['Plan version', code(line.plan.version)],
    ['Parameters', code(line.plan.parametersDigest)],
    ['Usage', code(line.segment.usageDigest)],
  ]);
}
