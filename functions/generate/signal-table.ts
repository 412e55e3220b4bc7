import { type Alert, SIGNALS, type Signal } from '../../shared/operations/signals.ts';
import { fill } from './readme-parts.ts';

/** The README of shared/operations with the table of signals in it. */
export function fillSignals(readme: string): string {
  const rows = Object.entries(SIGNALS).map(([name, signal]: [string, Signal]) => {
    const labels = signal.labels.length === 0 ? '' : signal.labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${signal.kind}, ${signal.unit} | ${labels} | ${signal.help} | ${signal.alerts.map(alertText).join('; ')} |`;
  });
  const head = ['| signal | kind, unit | labels | what it says | asks for somebody |', '|---|---|---|---|---|'];
  return fill(readme, 'signals', [...head, ...rows].join('\n'));
}

function alertText({ severity, when, forMinutes, runbook }: Alert): string {
  const held = forMinutes === 0 ? '' : ` for ${forMinutes} min`;
  switch (when.kind) {
    case 'above':
      return `${severity}: above ${when.limit}${held} (\`${runbook}\`)`;
    case 'more_than':
      return `${severity}: more than ${when.limit} in ${when.inMinutes} min (\`${runbook}\`)`;
    case 'slower_than':
      return `${severity}: 95 % above ${when.limit}${held} (\`${runbook}\`)`;
    case 'silent':
      return `${severity}: silent${held} (\`${runbook}\`)`;
    default:
      return when satisfies never;
  }
}
