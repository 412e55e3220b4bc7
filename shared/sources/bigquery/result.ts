import { type Decimal, exactOf, parseDecimal } from '../../exact/decimal.ts';
import { Exact } from '../../exact/exact.ts';
import type { Incomplete, IncompleteReason } from '../reading.ts';
import type { ResultPage } from './job.ts';

export interface ProjectRow {
  readonly project: string;
  readonly quantity: Decimal;
  readonly exact: Exact;
  /** Rows of the table that the quantity was made of. */
  readonly rowCount: bigint;
}

export interface ControlTotals {
  readonly rowCount: bigint;
  readonly quantity: Exact;
  /** The newest arrival; undefined when the region has no row. */
  readonly watermark: Date | undefined;
  /** Rows without a day. */
  readonly unplacedRowCount: bigint;
}

type Parsed<T> = { readonly kind: 'parsed'; readonly value: T } | Incomplete;
type Row = ResultPage['rows'][number];

const EXACT_TYPES = ['NUMERIC', 'BIGNUMERIC', 'INTEGER', 'INT64', 'STRING'];
const WHOLE_TYPES = ['INTEGER', 'INT64'];

function incomplete(reason: IncompleteReason, detail: string): Incomplete {
  return { kind: 'incomplete', reason, detail };
}

/** Says what is wrong when a column is missing, or of a type that is not exact. */
function findWrongColumn(
  columns: ResultPage['columns'],
  wanted: Readonly<Record<string, readonly string[]>>,
): Incomplete | undefined {
  for (const [name, types] of Object.entries(wanted)) {
    const type = columns.get(name);
    if (type !== undefined && types.includes(type)) continue;
    const seen = type === undefined ? `has no column ${name}` : `has ${name} as ${type}`;
    return incomplete('malformed_response', `the query's result ${seen}; it must be ${types.join(' or ')}`);
  }
  return undefined;
}

/** The rows of a page: each with its project and a quantity that is usage. */
export function parseProjectRows({ columns, rows }: ResultPage): Parsed<readonly ProjectRow[]> {
  const wrong = findWrongColumn(columns, { project: ['STRING'], quantity: EXACT_TYPES, row_count: WHOLE_TYPES });
  if (wrong !== undefined) return wrong;
  const parsed: ProjectRow[] = [];
  for (const row of rows) {
    const project = row.project ?? '';
    if (project === '')
      return incomplete('missing_label', 'a row of the query has no project; give every row of the table one');
    const quantity = parseQuantity(row, `project ${project}`);
    if (quantity.kind === 'incomplete') return quantity;
    const rowCount = parseWhole(row, 'row_count', `project ${project}`);
    if (rowCount.kind === 'incomplete') return rowCount;
    parsed.push({ project, ...quantity.value, rowCount: rowCount.value });
  }
  return { kind: 'parsed', value: parsed };
}

/** The one row of the control query. */
export function parseControlTotals({ columns, rows }: ResultPage): Parsed<ControlTotals> {
  const wrong = findWrongColumn(columns, {
    row_count: WHOLE_TYPES,
    quantity: EXACT_TYPES,
    watermark: WHOLE_TYPES,
    unplaced_row_count: WHOLE_TYPES,
  });
  if (wrong !== undefined) return wrong;
  const [row, ...others] = rows;
  if (row === undefined || others.length > 0) {
    return incomplete('malformed_response', `the control query gave ${rows.length} rows; it must give one`);
  }
  const rowCount = parseWhole(row, 'row_count', 'the control query');
  if (rowCount.kind === 'incomplete') return rowCount;
  const unplaced = parseWhole(row, 'unplaced_row_count', 'the control query');
  if (unplaced.kind === 'incomplete') return unplaced;
  const watermark = row.watermark === null ? undefined : parseWhole(row, 'watermark', 'the control query');
  if (watermark?.kind === 'incomplete') return watermark;
  // A sum over no rows is NULL.
  const empty = row.quantity === null && rowCount.value === 0n;
  const quantity = empty ? undefined : parseQuantity(row, 'the control query');
  if (quantity?.kind === 'incomplete') return quantity;
  return {
    kind: 'parsed',
    value: {
      rowCount: rowCount.value,
      quantity: quantity?.value.exact ?? Exact.zero,
      watermark: watermark === undefined ? undefined : new Date(Number(watermark.value) * 1_000),
      unplacedRowCount: unplaced.value,
    },
  };
}

function parseQuantity(row: Row, of: string): Parsed<{ readonly quantity: Decimal; readonly exact: Exact }> {
  const text = row.quantity ?? null;
  if (text === null) return incomplete('null_value', `the quantity of ${of} is NULL; correct the query or the table`);
  if (/^[+-]?(inf(inity)?|nan)$/i.test(text)) {
    return incomplete('not_a_number', `the quantity of ${of} is ${text}; correct the query or the table`);
  }
  const reading = parseDecimal(text);
  if (reading.kind === 'refused') return incomplete('malformed_response', `the quantity of ${of}: ${reading.detail}`);
  if (reading.value.startsWith('-')) {
    return incomplete(
      'negative_value',
      `the quantity of ${of} is ${text}, and usage cannot be negative; correct the table`,
    );
  }
  return { kind: 'parsed', value: { quantity: reading.value, exact: exactOf(reading.value) } };
}

function parseWhole(row: Row, column: string, of: string): Parsed<bigint> {
  const text = row[column] ?? null;
  if (text === null) return incomplete('null_value', `${column} of ${of} is NULL; correct the query`);
  if (!/^\d{1,18}$/.test(text))
    return incomplete('malformed_response', `${column} of ${of} is ${text}; it must be a count`);
  return { kind: 'parsed', value: BigInt(text) };
}
