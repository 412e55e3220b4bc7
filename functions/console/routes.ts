import { z } from 'zod';
import type { BillingPeriod } from '../../shared/calendar/billing-period.ts';
import {
  adjustmentNumberSchema,
  customerSchema,
  daySchema,
  invoiceParts,
  periodSchema,
  planVersionSchema,
  positionSchema,
  regionSchema,
  runSchema,
  sequenceSchema,
  sourceSchema,
} from '../../shared/console/identifiers.ts';
import type { Page, PageContext } from '../../shared/console/page.ts';
import { adjustmentPage } from '../../shared/console/pages/adjustment.ts';
import { adjustmentsPage } from '../../shared/console/pages/adjustments.ts';
import { auditPage } from '../../shared/console/pages/audit.ts';
import { cellPage } from '../../shared/console/pages/cell.ts';
import { chargePage } from '../../shared/console/pages/charge.ts';
import { checkpointPage } from '../../shared/console/pages/checkpoint.ts';
import { customerPage } from '../../shared/console/pages/customer.ts';
import { customersPage } from '../../shared/console/pages/customers.ts';
import { exceptionsPage } from '../../shared/console/pages/exceptions.ts';
import { invoicePage } from '../../shared/console/pages/invoice.ts';
import { operationsPage } from '../../shared/console/pages/operations.ts';
import { overviewPage } from '../../shared/console/pages/overview.ts';
import { planVersionPage } from '../../shared/console/pages/plan-version.ts';
import { plansPage } from '../../shared/console/pages/plans.ts';
import { reconciliationPage } from '../../shared/console/pages/reconciliation.ts';
import { reportPage } from '../../shared/console/pages/report.ts';
import { retentionPage } from '../../shared/console/pages/retention.ts';
import { runPage } from '../../shared/console/pages/run.ts';
import { runsPage } from '../../shared/console/pages/runs.ts';
import { shadowPage } from '../../shared/console/pages/shadow.ts';
import { usagePage } from '../../shared/console/pages/usage.ts';
import { sheetSchema } from '../../shared/console/paging.ts';
import type { PrincipalRole } from '../../shared/database/queries.generated.ts';
import { type ExportFormat, exportInvoices } from '../../shared/exports/export.ts';

type Opened =
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'download'; readonly download: Download }
  | { readonly kind: 'unknown'; readonly reason: string };

/** A file that is sent part by part as it is made. */
export interface Download {
  readonly fileName: string;
  readonly contentType: string;
  readonly parts: AsyncIterable<string>;
}

export interface Route {
  readonly method: 'GET';
  /** `:name` stands for one segment. */
  readonly pattern: string;
  /** The least role that may see it. */
  readonly role: PrincipalRole;
  /** Parses what stands in the address, and makes the page. */
  open(context: PageContext, address: Readonly<Record<string, string>>): Promise<Opened>;
}

function get<Schema extends z.ZodType>(
  pattern: string,
  role: PrincipalRole,
  schema: Schema,
  page: (context: PageContext, address: z.output<Schema>) => Promise<Page>,
): Route {
  return {
    method: 'GET',
    pattern,
    role,
    async open(context, address) {
      const parsed = schema.safeParse(address);
      if (!parsed.success)
        return { kind: 'unknown', reason: parsed.error.issues.map((issue) => issue.message).join('; ') };
      return { kind: 'page', page: await page(context, parsed.data) };
    },
  };
}

/** As {@link get}, for a file. What cannot be addressed is not found, as a page. */
function getFile<Schema extends z.ZodType>(
  pattern: string,
  role: PrincipalRole,
  schema: Schema,
  download: (context: PageContext, address: z.output<Schema>) => Download,
): Route {
  return {
    method: 'GET',
    pattern,
    role,
    async open(context, address) {
      const parsed = schema.safeParse(address);
      if (!parsed.success)
        return { kind: 'unknown', reason: parsed.error.issues.map((issue) => issue.message).join('; ') };
      return { kind: 'download', download: download(context, parsed.data) };
    },
  };
}

const CONTENT_TYPES = { csv: 'text/csv; charset=utf-8', json: 'application/json; charset=utf-8' } as const;

function invoiceExport(format: ExportFormat, lines: boolean) {
  return ({ reader }: PageContext, { period }: { readonly period: BillingPeriod }): Download => ({
    fileName: `daybook-${period}-${lines && format === 'csv' ? 'lines' : 'invoices'}.${format}`,
    contentType: CONTENT_TYPES[format],
    parts: exportInvoices(reader, { period, format, lines }),
  });
}

const nothing = z.object({});
const ofPeriod = z.object({ period: periodSchema });
const optionalPeriod = { period: periodSchema.optional() };
const { issue, ...firstIssue } = invoiceParts;
const laterIssue = { ...firstIssue, issue: issue.unwrap() };

/** Every page of the console. What is not here does not exist. */
export const ROUTES: readonly Route[] = [
  get('/', 'viewer', nothing, overviewPage),
  get('/runs', 'viewer', nothing, runsPage),
  get('/runs/:run', 'viewer', z.object({ run: runSchema, sheet: sheetSchema }), runPage),
  get('/runs/:run/report', 'viewer', z.object({ run: runSchema }), reportPage),
  getFile('/runs/:period/invoices.csv', 'finance', ofPeriod, invoiceExport('csv', false)),
  getFile('/runs/:period/lines.csv', 'finance', ofPeriod, invoiceExport('csv', true)),
  getFile('/runs/:period/invoices.json', 'finance', ofPeriod, invoiceExport('json', true)),
  get('/invoices/:period/:customer/:series', 'viewer', z.object(firstIssue), invoicePage),
  get('/invoices/:period/:customer/:series/:issue', 'viewer', z.object(laterIssue), invoicePage),
  get(
    '/invoices/:period/:customer/:series/lines/:position',
    'viewer',
    z.object({ ...firstIssue, position: positionSchema }),
    chargePage,
  ),
  get(
    '/invoices/:period/:customer/:series/:issue/lines/:position',
    'viewer',
    z.object({ ...laterIssue, position: positionSchema }),
    chargePage,
  ),
  get('/usage', 'viewer', z.object(optionalPeriod), usagePage),
  get(
    '/usage/:region/:source/:day',
    'viewer',
    z.object({ region: regionSchema, source: sourceSchema, day: daySchema }),
    cellPage,
  ),
  get('/retention', 'viewer', nothing, retentionPage),
  get('/checkpoints/:checkpoint', 'viewer', z.object({ checkpoint: sequenceSchema }), checkpointPage),
  get('/customers', 'viewer', z.object({ sheet: sheetSchema }), customersPage),
  get('/customers/:customer', 'viewer', z.object({ customer: customerSchema, ...optionalPeriod }), customerPage),
  get('/reconciliation', 'viewer', nothing, reconciliationPage),
  get('/exceptions', 'viewer', nothing, exceptionsPage),
  get('/operations', 'viewer', nothing, operationsPage),
  get('/plans', 'viewer', nothing, plansPage),
  get('/plans/:planVersion', 'viewer', z.object({ planVersion: planVersionSchema }), planVersionPage),
  get('/shadow', 'viewer', z.object(optionalPeriod), shadowPage),
  get('/adjustments', 'viewer', nothing, adjustmentsPage),
  get(
    '/adjustments/:period/:customer/adjustment/:number',
    'viewer',
    z.object({ period: periodSchema, customer: customerSchema, number: adjustmentNumberSchema }),
    adjustmentPage,
  ),
  get('/audit', 'viewer', z.object({ before: sequenceSchema.optional() }), auditPage),
];

/** The route of a path with what its `:names` stand for; undefined when there is none. */
export function findRoute(
  path: string,
): { readonly route: Route; readonly parameters: Readonly<Record<string, string>> } | undefined {
  const segments = segmentsOf(path);
  if (segments === undefined) return undefined;
  for (const route of ROUTES) {
    const parameters = match(route.pattern.split('/'), segments);
    if (parameters !== undefined) return { route, parameters };
  }
  return undefined;
}

function segmentsOf(path: string): readonly string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) parameters[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return parameters;
}
