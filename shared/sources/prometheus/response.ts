import { z } from 'zod';

const labels = z.record(z.string(), z.string());
/** Seconds since 1970 with a millisecond fraction, and the value as Prometheus writes it. */
const sample = z.tuple([z.number(), z.string()]);

const vector = z.object({
  resultType: z.literal('vector'),
  result: z.array(z.object({ metric: labels, value: sample })),
});
const matrix = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ metric: labels, values: z.array(sample) })),
});

const success = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [vector, matrix]),
  warnings: z.array(z.string()).default([]),
  infos: z.array(z.string()).default([]),
});
const failure = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });

/** The body of `/api/v1/query`. Native histograms are not taken: they have no `value`. */
export const queryResponseSchema = z.discriminatedUnion('status', [success, failure]);

export type QueryResponse = z.output<typeof queryResponseSchema>;
export type VectorSample = z.output<typeof vector>['result'][number];
export type MatrixSeries = z.output<typeof matrix>['result'][number];
