import { html } from 'hono/html';
import { readSignals } from '../../operations/read-signals.ts';
import { alarming, type Sample } from '../../operations/sample.ts';
import { type Alert, SIGNAL_NAMES, SIGNALS, type Signal, type SignalName } from '../../operations/signals.ts';
import { words } from '../format.ts';
import type { Html, Page, PageContext } from '../page.ts';
import { badge, section, tableOr } from '../parts.ts';
import { barsByName } from '../signal-chart.ts';

const BARS_SHOWN = 40;

/** How the machinery stands, by the same figures that the deployment's alerts are made of. */
export async function operationsPage({ reader, now }: PageContext): Promise<Page> {
  const samples = await readSignals(reader, now);
  const bySignal = Map.groupBy(samples, (sample) => sample.signal);
  const gauges = SIGNAL_NAMES.filter((name) => SIGNALS[name].kind === 'gauge');
  const body = html`<div class="head"><h1>Operations</h1>
<p class="muted">What <code>report-metrics</code> reports every five minutes, read now. Durations and counts of calls are in Cloud Monitoring, and in the log.</p></div>
${section('Above a limit', alarmTable(alarming(samples)))}
${gauges.map((name) => section(SIGNALS[name].title, signalPart(name, bySignal.get(name) ?? []), SIGNALS[name].help))}`;
  return { status: 200, title: 'Operations', active: 'operations', body };
}

function alarmTable(alarms: readonly { readonly sample: Sample; readonly alert: Alert }[]): Html {
  const rows = alarms.map(({ sample, alert }) => [
    html`${SIGNALS[sample.signal].title}<span class="sub">${labelText(sample)}</span>`,
    badge(alert.severity, alert.severity === 'critical' ? 'bad' : 'warning'),
    valueText(sample.signal, sample.value),
    alert.when.kind === 'above' ? valueText(sample.signal, alert.when.limit) : '',
    html`<span class="reason">${alert.summary}<span class="sub">runbook: ${alert.runbook}</span></span>`,
  ]);
  return tableOr(
    'Nothing is.',
    'Signals above a limit',
    [
      { label: 'Signal' },
      { label: 'Severity' },
      { label: 'Now', numeric: true },
      { label: 'Limit', numeric: true },
      { label: 'What it means' },
    ],
    rows,
  );
}

/** One figure as a number; several as bars and, for those who do not see them, in words. */
function signalPart(name: SignalName, samples: readonly Sample[]): Html {
  const [first] = samples;
  if (first === undefined) return html`<p class="muted">Nothing to report.</p>`;
  if (name === 'run_stage')
    return html`<p>${samples.map(({ labels }) => html`<a href="/runs/${labels.period}">${labels.period}</a> ${badge(labels.stage ?? '')} `)}</p>`;
  const signal: Signal = SIGNALS[name];
  if (signal.labels.length === 0) return html`<p class="value">${valueText(name, first.value)}</p>`;
  const shown = samples.slice(0, BARS_SHOWN);
  const text = shown.map((sample) => `${labelText(sample)}: ${valueText(name, sample.value)}`);
  const bars = shown.map((sample): [string, number] => [
    `${labelText(sample)}  ${valueText(name, sample.value)}`,
    sample.value,
  ]);
  return barsByName(`${SIGNALS[name].title}. ${text.join('; ')}`, bars, (value) => valueText(name, value));
}

function labelText({ labels }: Sample): string {
  return Object.values(labels).map(words).join(', ');
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function valueText(name: SignalName, value: number): string {
  const signal: Signal = SIGNALS[name];
  if (name.endsWith('_ratio')) return `${Math.floor(value * 100)} %`;
  if (signal.unit === '1') return value.toLocaleString('en-US');
  if (value >= 2 * DAY) return `${Math.round(value / DAY)} d`;
  if (value >= 2 * HOUR) return `${Math.round(value / HOUR)} h`;
  return value >= 2 * MINUTE ? `${Math.round(value / MINUTE)} min` : `${Math.round(value)} s`;
}
