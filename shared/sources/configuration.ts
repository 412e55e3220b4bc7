import { z } from 'zod';
import { bigQuerySourceSchema } from './bigquery/source.ts';
import { prometheusSourceSchema } from './prometheus/source.ts';

/** Where a metric comes from, whichever system it is read from. */
export const usageSourceSchema = z.discriminatedUnion('kind', [prometheusSourceSchema, bigQuerySourceSchema]);
