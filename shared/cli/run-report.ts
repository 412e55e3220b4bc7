import { resolve } from 'node:path';
import { readReport } from '../console/report/read-report.ts';
import { reportDocument } from '../console/report/report-document.ts';
import { writeFileOf } from './invoice-export.ts';
import type { CommandIo } from './io.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { RunName } from './run-argument.ts';
import type { Session } from './session.ts';

/** Writes what finance signs of a period's close as one HTML file that prints on A4. */
export async function reportRun(
  { database, effects }: Session,
  io: CommandIo,
  { runId, period }: RunName,
  { out }: { readonly out: string },
): Promise<CommandOutcome> {
  const report = await readReport(database, runId, period);
  if (report === undefined)
    return refused('no_run', `There is no run ${runId}: daybook usage completeness --period ${period} says why.`);
  const document = await reportDocument(report, effects.now());
  return writeFileOf(one(document), resolve(io.directory, out));
}

async function* one(text: string): AsyncGenerator<string> {
  yield text;
}
