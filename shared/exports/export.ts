import type { Reader } from '../database/database.ts';
import { chargeListOfInvoices, invoiceListForExport } from '../database/queries.generated.ts';
import {
  type ExportColumn,
  type ExportedInvoice,
  type ExportedLine,
  INVOICE_COLUMNS,
  LINE_COLUMNS,
  type LineOfInvoice,
} from './columns.ts';
import { csvHeader, csvRecords } from './csv.ts';

export type ExportFormat = 'csv' | 'json';

export interface ExportRequest {
  readonly period: string;
  readonly format: ExportFormat;
  /** CSV: a record for each line instead of each invoice. JSON: the lines inside each invoice. */
  readonly lines: boolean;
}

/** Invoices that are in memory at a time, with their lines. */
const BATCH = 200;

interface Batch {
  readonly invoices: readonly ExportedInvoice[];
  readonly lines: ReadonlyMap<string, readonly ExportedLine[]>;
}

/**
 * The invoices of a period as text, part by part, in the byte order of their ids: the same data are the same bytes. UTF-8
 * without a mark. Superseded invoices are left out; void and held ones are in, with their state.
 */
export async function* exportInvoices(reader: Reader, request: ExportRequest): AsyncGenerator<string> {
  switch (request.format) {
    case 'csv':
      yield* exportCsv(reader, request);
      return;
    case 'json':
      yield* exportJson(reader, request);
      return;
    default:
      request.format satisfies never;
  }
}

async function* exportCsv(reader: Reader, { period, lines }: ExportRequest): AsyncGenerator<string> {
  yield csvHeader(lines ? LINE_COLUMNS : INVOICE_COLUMNS);
  for await (const batch of batchesOf(reader, period, lines)) {
    if (!lines) yield csvRecords(INVOICE_COLUMNS, batch.invoices);
    else
      yield csvRecords(
        LINE_COLUMNS,
        batch.invoices.flatMap((invoice) => linesOf(batch, invoice)),
      );
  }
}

async function* exportJson(reader: Reader, { period, lines }: ExportRequest): AsyncGenerator<string> {
  yield `{"period":${JSON.stringify(period)},"invoices":[`;
  let before = '';
  for await (const batch of batchesOf(reader, period, lines)) {
    for (const invoice of batch.invoices) {
      const own = lines ? { lines: linesOf(batch, invoice).map((line) => objectOf(OWN_LINE_COLUMNS, line)) } : {};
      yield `${before}\n${JSON.stringify({ ...objectOf(INVOICE_COLUMNS, invoice), ...own })}`;
      before = ',';
    }
  }
  yield '\n]}\n';
}

/** Inside its invoice a line does not repeat what the invoice says. */
const OWN_LINE_COLUMNS = LINE_COLUMNS.filter(({ name }) => !INVOICE_COLUMNS.some((column) => column.name === name));

function objectOf<Row>(columns: readonly ExportColumn<Row>[], row: Row): Readonly<Record<string, string | null>> {
  return Object.fromEntries(columns.map(({ name, value }) => [name, value(row)]));
}

function linesOf({ lines }: Batch, invoice: ExportedInvoice): readonly LineOfInvoice[] {
  return (lines.get(invoice.invoice_id) ?? []).map((line) => ({ invoice, line }));
}

async function* batchesOf(reader: Reader, period: string, withLines: boolean): AsyncGenerator<Batch> {
  for (let after = ''; ; ) {
    const invoices = await reader.rows(invoiceListForExport, { period, after, batch_size: BATCH });
    const ids = invoices.map(({ invoice_id }) => invoice_id);
    const lines = withLines && ids.length > 0 ? await reader.rows(chargeListOfInvoices, { invoice_ids: ids }) : [];
    if (invoices.length > 0) yield { invoices, lines: Map.groupBy(lines, ({ invoice_id }) => invoice_id) };
    const last = invoices.at(-1);
    if (last === undefined || invoices.length < BATCH) return;
    after = last.invoice_id;
  }
}
