import type { Pool } from 'pg';
import { z } from 'zod';
import { type QueryParameter, translate, UntranslatableQuery } from './translate.ts';

/** The body of `jobs.insert`, as Google's client sends it for a query. */
export const jobInsertSchema = z.object({
  jobReference: z.object({ projectId: z.string(), jobId: z.string().regex(/^[\w-]{1,1024}$/), location: z.string() }),
  configuration: z.object({
    query: z.object({
      query: z.string(),
      useLegacySql: z.literal(false),
      defaultDataset: z.object({ datasetId: z.string(), projectId: z.string().optional() }),
      maximumBytesBilled: z.string().optional(),
      queryParameters: z
        .array(
          z.object({
            name: z.string(),
            parameterType: z.object({ type: z.string() }),
            parameterValue: z.object({ value: z.string() }),
          }),
        )
        .default([]),
    }),
  }),
});
export type JobInsert = z.output<typeof jobInsertSchema>;

export interface JobError {
  readonly reason: string;
  readonly message: string;
}

export interface Job {
  readonly insert: JobInsert;
  readonly parameters: readonly QueryParameter[];
  readonly outcome: Promise<
    | {
        readonly kind: 'done';
        readonly fields: readonly { name: string; type: string }[];
        readonly rows: (string | null)[][];
      }
    | { readonly kind: 'failed'; readonly error: JobError }
  >;
  /** How often the result is still not ready when it is asked for. */
  pollsLeft: number;
}

/** BigQuery bills at least this for a table that is read. */
const MINIMUM_BYTES_BILLED = 10_485_760n;

/** By the number of PostgreSQL's type. */
const FIELD_TYPES: ReadonlyMap<number, string> = new Map([
  [16, 'BOOLEAN'],
  [20, 'INTEGER'],
  [23, 'INTEGER'],
  [25, 'STRING'],
  [701, 'FLOAT'],
  [1043, 'STRING'],
  [1082, 'DATE'],
  [1700, 'NUMERIC'],
]);

export function startJob(pool: Pool, insert: JobInsert, error: JobError | undefined, polls: number): Job {
  const parameters = insert.configuration.query.queryParameters.map(({ name, parameterType, parameterValue }) => ({
    name,
    type: parameterType.type,
    value: parameterValue.value,
  }));
  const outcome: Job['outcome'] =
    error === undefined ? run(pool, insert, parameters) : Promise.resolve({ kind: 'failed', error });
  return { insert, parameters, outcome, pollsLeft: polls };
}

async function run(pool: Pool, insert: JobInsert, parameters: readonly QueryParameter[]): Job['outcome'] {
  const { query, defaultDataset, maximumBytesBilled } = insert.configuration.query;
  if (maximumBytesBilled !== undefined && BigInt(maximumBytesBilled) < MINIMUM_BYTES_BILLED) {
    const message = `Query exceeded limit for bytes billed: ${maximumBytesBilled}. ${MINIMUM_BYTES_BILLED} or higher required.`;
    return { kind: 'failed', error: { reason: 'bytesBilledLimitExceeded', message } };
  }
  const client = await pool.connect();
  try {
    const { text, values } = translate(query, parameters);
    await client.query('BEGIN READ ONLY');
    await client.query("SELECT set_config('search_path', quote_ident($1), true)", [defaultDataset.datasetId]);
    const result = await client.query({
      text,
      values: [...values],
      rowMode: 'array',
      types: { getTypeParser: () => (value: string) => value },
    });
    await client.query('COMMIT');
    const fields = result.fields.map(({ name, dataTypeID }) => ({ name, type: fieldType(name, dataTypeID) }));
    return {
      kind: 'done',
      fields,
      rows: result.rows.map((row: (string | null)[]) => row.map((value, index) => textOf(value, fields[index]?.type))),
    };
  } catch (error) {
    await client.query('ROLLBACK');
    if (error instanceof UntranslatableQuery || (error instanceof Error && 'severity' in error)) {
      return { kind: 'failed', error: { reason: 'invalidQuery', message: error.message } };
    }
    throw error;
  } finally {
    client.release();
  }
}

function fieldType(name: string, typeNumber: number): string {
  const type = FIELD_TYPES.get(typeNumber);
  if (type === undefined) throw new UntranslatableQuery(`Column ${name} has a type that this server cannot give`);
  return type;
}

/** BigQuery writes a NUMERIC without trailing zeros, and has at most nine decimals of it. */
function textOf(value: string | null, type: string | undefined): string | null {
  if (value === null || type !== 'NUMERIC' || !value.includes('.')) return value;
  const short = value.replace(/\.?0+$/, '');
  if (/\.\d{10,}$/.test(short)) throw new UntranslatableQuery(`NUMERIC ${value} has more than nine decimals`);
  return short;
}
