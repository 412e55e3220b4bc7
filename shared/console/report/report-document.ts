import { html, raw } from 'hono/html';
import { formatInstant } from '../format.ts';
import { STYLE } from '../style.ts';
import type { RunReport } from './read-report.ts';
import { reportBody } from './report-body.ts';

/** The report as one file that needs nothing beside it: to be printed, mailed or kept. Nothing runs in it. */
export async function reportDocument(report: RunReport, now: Date): Promise<string> {
  const { run } = report;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Daybook run report ${run.run_id}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main>${reportBody(report)}</main>
<footer><span>Run ${run.run_id}, token ${run.fencing_token}</span><span>Made at ${formatInstant(now)}. All days are UTC.</span></footer>
</body>
</html>
`;
  return String(await document);
}
