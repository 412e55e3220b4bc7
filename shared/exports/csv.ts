import { stringify } from 'csv-stringify/sync';
import type { ExportColumn } from './columns.ts';

/**
 * A cell that a spreadsheet would run: it begins, after spaces, with what starts a formula or a command, in ASCII or in
 * full width, or with a control character that some programs strip. https://owasp.org/www-community/attacks/CSV_Injection
 */
const RUNS_IN_A_SPREADSHEET = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u;

/** Text from outside with an apostrophe before it when a spreadsheet would run it. */
export function safeCell(text: string): string {
  return RUNS_IN_A_SPREADSHEET.test(text) ? `'${text}` : text;
}

/** The first record, with the names of the columns. */
export function csvHeader(columns: readonly ExportColumn<never>[]): string {
  return written([columns.map(({ name }) => name)]);
}

/** Records as RFC 4180 has them: CRLF at the end, quotes only where they are needed. An absent value is an empty cell. */
export function csvRecords<Row>(columns: readonly ExportColumn<Row>[], rows: readonly Row[]): string {
  return written(
    rows.map((row) =>
      columns.map(({ kind, value }) => {
        const text = value(row) ?? '';
        return kind === 'text' ? safeCell(text) : text;
      }),
    ),
  );
}

function written(records: readonly (readonly string[])[]): string {
  return stringify(
    records.map((record) => [...record]),
    // By itself the library quotes only the whole delimiter; RFC 4180 wants a lone CR or LF quoted too.
    { record_delimiter: 'windows', quoted_match: /[\r\n]/ },
  );
}
