import { z } from 'zod';

const queryText = z
  .string()
  .min(1)
  .max(20_000)
  .refine((text) => /@region\b/.test(text), 'must be limited to @region')
  .refine((text) => /@day\b/.test(text), 'must be limited to @day')
  .refine(
    (text) => /\bFOR\s+SYSTEM_TIME\s+AS\s+OF\s+@snapshot\b/i.test(text),
    'must read each table FOR SYSTEM_TIME AS OF @snapshot, so that reading again reads the same',
  );

/**
 * Where a metric comes from in BigQuery. Both queries take the parameters `@day` (DATE), `@region` (STRING) and
 * `@snapshot` (TIMESTAMP), and name their tables without project and dataset: those follow from the region.
 */
export const bigQuerySourceSchema = z.strictObject({
  kind: z.literal('bigquery'),
  /**
   * One row per project: `project` STRING, `quantity` (NUMERIC, BIGNUMERIC, INT64 or STRING, never FLOAT64), `row_count`
   * INT64: how many rows of the table it was made of.
   */
  query: queryText,
  /**
   * One row, from another way to read the same: `row_count` INT64 and `quantity` of the whole day; `watermark` INT64:
   * the newest arrival in the region in seconds since 1970, or NULL; `unplaced_row_count` INT64: rows whose day is NULL.
   */
  controlQuery: queryText,
  /** By region: the location of its dataset, the dataset, and its project when it is not the deployment's own. */
  regions: z.record(
    z.string().min(1).max(100),
    z.strictObject({
      location: z.string().min(1).max(100),
      dataset: z.string().regex(/^\w{1,1024}$/, 'write a dataset name of letters, digits and underscores'),
      project: z
        .string()
        .regex(/^[a-z][a-z0-9:.-]{4,61}[a-z0-9]$/, 'write a project id like my-project')
        .optional(),
    }),
  ),
  /** A whole number of bytes; a query that would read more is refused by BigQuery. */
  maximumBytesBilled: z.string().regex(/^[1-9]\d{0,17}$/, 'write a whole number of bytes'),
  /** How long after the day's end rows may still stream in; an earlier snapshot is refused. */
  settleSeconds: z
    .int()
    .min(0)
    .max(7 * 86_400),
});

export type BigQuerySource = z.output<typeof bigQuerySourceSchema>;
