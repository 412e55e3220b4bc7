import { Worker } from 'node:worker_threads';
import type { BillingPeriod } from '../../../shared/calendar/billing-period.ts';

export type TelemetryOrder =
  | { readonly kind: 'open'; readonly databaseUrl: string }
  /** The regions whose Prometheus is down from now on; the others are up. */
  | { readonly kind: 'outages'; readonly regions: readonly string[] }
  | { readonly kind: 'close' };

export type TelemetryAnswer =
  | { readonly kind: 'open'; readonly prometheusUrl: string; readonly bigQueryUrl: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string };

/** The stand-ins for Prometheus and BigQuery, over the generated telemetry of the demo, in a thread of their own. */
export interface TelemetryServers {
  readonly prometheusUrl: string;
  readonly bigQueryUrl: string;
  /** Takes the Prometheus of these regions down, and brings every other up. */
  setOutages(regions: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Telemetry that is being generated; it can be served once there is a database for the tables of BigQuery. */
export interface ComingTelemetry {
  open(databaseUrl: string): Promise<TelemetryServers>;
}

/** Begins to generate the period's telemetry and returns at once. */
export function startTelemetry(period: BillingPeriod): ComingTelemetry {
  const worker = new Worker(new URL('./telemetry-worker.ts', import.meta.url), { workerData: { period } });
  const failed = new Promise<never>((_resolve, reject) => worker.once('error', reject));
  // Whoever waits for an answer hears of it; without a waiter it must not end the process.
  failed.catch(() => undefined);
  let turn: Promise<unknown> = Promise.resolve();
  const ask = (order: TelemetryOrder): Promise<TelemetryAnswer> => {
    const answer = turn.then(() => {
      const answered = new Promise<TelemetryAnswer>((resolve) => worker.once('message', resolve));
      worker.postMessage(order);
      return Promise.race([answered, failed]);
    });
    turn = answer.catch(() => undefined);
    return answer;
  };
  return {
    open: async (databaseUrl) => {
      const answer = await ask({ kind: 'open', databaseUrl });
      if (answer.kind !== 'open') throw new Error(`The telemetry could not be served: ${JSON.stringify(answer)}`);
      return {
        prometheusUrl: answer.prometheusUrl,
        bigQueryUrl: answer.bigQueryUrl,
        setOutages: async (regions) => {
          await ask({ kind: 'outages', regions });
        },
        close: async () => {
          await ask({ kind: 'close' });
          await worker.terminate();
        },
      };
    },
  };
}
