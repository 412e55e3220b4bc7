import type { Command } from 'commander';
import { checkPlan } from '../plans/check/check.ts';
import type { Diagnostic } from '../plans/diagnostic.ts';
import { parsePlanDocument, planJsonSchema } from '../plans/plan-document.ts';
import { type Quote, quote } from '../rating/quote.ts';
import { addCommand, type Registration, run } from './commands.ts';
import type { CommandIo } from './io.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { countText, diagnosticsText, type Formulas } from './plan-diagnostics-text.ts';
import { readJsonFile, requireJsonFile } from './plan-file.ts';
import { figure, grouped } from './terminal/figures.ts';
import type { Style } from './terminal/style.ts';
import { indent, plain, table } from './terminal/table.ts';

/** The commands that need a plan file and nothing else. */
export function registerPlanFiles(group: Command, registration: Registration): void {
  const { io } = registration;
  addCommand(group, 'check <file>', 'what the static check finds in a plan; exit code 1 when there is an error').action(
    run(registration, (file: string) => check(io, file)),
  );
  addCommand(group, 'quote <file> <usage>', 'what a usage would cost under a plan, line by line')
    .addHelpText('after', QUOTE_HELP)
    .action(run(registration, (file: string, usage: string) => quoteFiles(io, file, usage)));
  addCommand(group, 'schema', 'the JSON Schema of a plan file, for editors').action(run(registration, () => schema()));
}

const QUOTE_HELP = `
USAGE is a JSON file: {"usage": {"requests": "12000000"}} or {"projects": {"p1": {"requests": "1"}}},
with optional "activeDays", "periodDays" and "parameters". Numbers are text. Metrics that are left out are 0.`;

function check(io: CommandIo, file: string): CommandOutcome {
  const reading = readJsonFile(io, file);
  switch (reading.kind) {
    case 'refused':
      return reading;
    case 'no_json':
      return checked([documentError(reading.detail)], new Map());
    case 'read': {
      const document = parsePlanDocument(reading.json);
      if (document.kind === 'refused') return checked(document.diagnostics, new Map());
      return checked(checkPlan(document.plan), new Map(document.plan.lines.map((line) => [line.key, line.formula])));
    }
    default:
      return reading satisfies never;
  }
}

function documentError(message: string): Diagnostic {
  return { code: 'document', severity: 'error', line: null, start: null, end: null, message };
}

function checked(diagnostics: readonly Diagnostic[], formulas: Formulas): CommandOutcome {
  const ok = !diagnostics.some(({ severity }) => severity === 'error');
  return {
    kind: ok ? 'done' : 'failed',
    value: { ok, diagnostics },
    text: (style) => {
      const verdict = ok ? style.good('The plan is sound') : style.bad('The plan cannot bill');
      const summary = `${verdict}: ${countText(diagnostics, style)}.`;
      return diagnostics.length === 0 ? summary : `${diagnosticsText(diagnostics, formulas, style)}\n\n${summary}`;
    },
  };
}

function quoteFiles(io: CommandIo, file: string, usageFile: string): CommandOutcome {
  const plan = requireJsonFile(io, file);
  if (plan.kind === 'refused') return plan;
  const usage = requireJsonFile(io, usageFile);
  if (usage.kind === 'refused') return usage;
  const outcome = quote(plan.json, usage.json);
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.problems.join('\n'));
  return { kind: 'done', value: outcome.quote, text: (style) => quoteText(outcome.quote, style) };
}

function quoteText(quoted: Quote, style: Style): string {
  const rows = quoted.lines.flatMap((line) => {
    const name = line.project === undefined ? line.label : `${line.label} (${line.project})`;
    return [
      [plain(name), quantity(line.quantity), figure(line.exact), style.bold(grouped(line.amount))],
      ...line.details.map((detail) => [
        style.dim(indent(plain(detail.label), 2)),
        style.dim(quantity(detail.quantity)),
        style.dim(figure(detail.exact)),
        style.dim(grouped(detail.amount)),
      ]),
    ];
  });
  const right = 'right' as const;
  const columns = [
    { title: 'line' },
    { title: 'quantity', align: right },
    { title: 'exact', align: right },
    { title: quoted.currency, align: right },
  ];
  const total = ['total', '', '', style.bold(grouped(quoted.total))];
  return table(columns, [...rows, total], style);
}

function quantity(text: string | null): string {
  return text === null ? '' : figure(text);
}

function schema(): CommandOutcome {
  const value = planJsonSchema();
  return { kind: 'done', value, text: () => JSON.stringify(value, null, 2) };
}
