import { parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';
import { billingPeriod } from '../../../shared/calendar/billing-period.ts';
import { datasetOf, loadTransfers } from '../bigquery/load.ts';
import { BigQueryStandIn } from '../bigquery/server.ts';
import { PrometheusStandIn } from '../prometheus/server.ts';
import { REGIONS } from '../telemetry/scenario.ts';
import { generateTelemetry } from '../telemetry/telemetry.ts';
import type { TelemetryAnswer, TelemetryOrder } from './telemetry.ts';

/** The telemetry's own thread: it generates while the database starts, and answers queries beside the functions. */
if (parentPort === null) throw new Error('telemetry-worker.ts runs as a worker of stack/telemetry.ts');
const port = parentPort;
const { period } = workerData as { readonly period: string };

const telemetry = generateTelemetry(billingPeriod(period));
const prometheus = new PrometheusStandIn(telemetry.series);
let bigQuery: BigQueryStandIn | undefined;

async function carryOut(order: TelemetryOrder): Promise<TelemetryAnswer> {
  switch (order.kind) {
    case 'open':
      return {
        kind: 'open',
        prometheusUrl: await prometheus.listen(),
        bigQueryUrl: await openBigQuery(order.databaseUrl),
      };
    case 'outages':
      prometheus.mend();
      for (const region of order.regions) prometheus.fail({ fault: 'unavailable', region });
      return { kind: 'done' };
    case 'close':
      await prometheus.close();
      await bigQuery?.close();
      return { kind: 'done' };
    default:
      return order satisfies never;
  }
}

async function openBigQuery(databaseUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  for (const region of REGIONS) {
    await loadTransfers(
      client,
      datasetOf(region),
      telemetry.transfers.filter((row) => row.region === region),
    );
  }
  await client.end();
  bigQuery = new BigQueryStandIn({ connectionString: databaseUrl });
  return bigQuery.listen();
}

port.on('message', (order: TelemetryOrder) => {
  carryOut(order).then(
    (answer) => port.postMessage(answer),
    (error: unknown) => port.postMessage({ kind: 'failed', message: String(error) } satisfies TelemetryAnswer),
  );
});
