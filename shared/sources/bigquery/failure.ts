import { z } from 'zod';
import type { Incomplete, IncompleteReason } from '../reading.ts';
import { RequestTimeout } from './client.ts';

/** What Google's client throws for an answer with an error status. */
const innerErrors = z.array(z.object({ reason: z.string().optional() }));
const apiError = z.union([
  z.object({ code: z.number(), message: z.string(), errors: innerErrors.default([]) }),
  /** A job that was taken and has failed at once: its errors come without a status. */
  z.object({ code: z.undefined().optional(), message: z.string(), errors: innerErrors.min(1) }),
]);

export type CallFailure =
  /** BigQuery answered: there is such a job already. */
  | { readonly kind: 'duplicate' }
  /** BigQuery answered, and the job will never give a result. */
  | { readonly kind: 'job_failed'; readonly incomplete: Incomplete }
  /** No answer, or one that says nothing of the job. */
  | { readonly kind: 'no_answer'; readonly incomplete: Incomplete };

/** Sorts what a call of Google's client threw. */
export function callFailure(error: unknown, jobId: string): CallFailure {
  const parsed = apiError.safeParse(error);
  if (!parsed.success) return { kind: 'no_answer', incomplete: transportFailure(error, jobId) };
  const { code, message, errors } = parsed.data;
  const reasons = errors.flatMap(({ reason }) => (reason === undefined ? [] : [reason]));
  if (code === 409) return { kind: 'duplicate' };
  const why = [code === undefined ? [] : `HTTP ${code}`, reasons].flat().join(', ');
  const seen = `BigQuery job ${jobId} failed (${why}): ${oneLine(message)}`;
  const reason: IncompleteReason = reasons.includes('bytesBilledLimitExceeded')
    ? 'bytes_limit_exceeded'
    : 'source_error';
  const incomplete: Incomplete = { kind: 'incomplete', reason, detail: `${seen}; ${adviceFor(code, reason)}` };
  const final = code === undefined || code === 400 || code === 404 || reason === 'bytes_limit_exceeded';
  return { kind: final ? 'job_failed' : 'no_answer', incomplete };
}

/** BigQuery's messages may span lines and quote the whole query. */
function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').slice(0, 400);
}

function adviceFor(code: number | undefined, reason: IncompleteReason): string {
  if (reason === 'bytes_limit_exceeded') return "narrow the source's query, or raise its maximumBytesBilled";
  if (code === 401 || code === 403) return 'give the service account the right to run jobs and read the dataset';
  return code !== undefined && (code >= 500 || code === 429) ? 'run the day again' : "correct the source's query";
}

function transportFailure(error: unknown, jobId: string): Incomplete {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof RequestTimeout) {
    const detail = `BigQuery gave ${text} for job ${jobId}; run the day again`;
    return { kind: 'incomplete', reason: 'source_timeout', detail };
  }
  // The client adds the response to an error that happened while it read one.
  if (error instanceof SyntaxError || (error instanceof Error && 'response' in error)) {
    const detail = `the answer for BigQuery job ${jobId} broke off or is not JSON (${text}); run the day again`;
    return { kind: 'incomplete', reason: 'malformed_response', detail };
  }
  const detail = `BigQuery cannot be reached for job ${jobId} (${text}); check its address and the network`;
  return { kind: 'incomplete', reason: 'source_unreachable', detail };
}
