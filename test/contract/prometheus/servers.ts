import { PrometheusStandIn } from '../../local-cloud/prometheus/server.ts';
import type { GeneratedSeries } from '../../local-cloud/telemetry/telemetry.ts';
import { findPrometheus, startRealPrometheus } from './real-prometheus.ts';

/** A running server that holds the series; or why there is none on this machine. */
export type StartedServer =
  | { readonly kind: 'started'; readonly url: string; stop(): Promise<void> }
  | { readonly kind: 'missing'; readonly why: string };

/** Each is held to the same assertions. */
export const SERVERS: readonly { name: string; start(series: readonly GeneratedSeries[]): Promise<StartedServer> }[] = [
  { name: 'the stand-in', start: startStandIn },
  { name: 'a real Prometheus', start: startReal },
];

export async function startStandIn(series: readonly GeneratedSeries[]): Promise<StartedServer> {
  const server = new PrometheusStandIn(series);
  return { kind: 'started', url: await server.listen(), stop: () => server.close() };
}

export async function startReal(series: readonly GeneratedSeries[]): Promise<StartedServer> {
  const found = findPrometheus();
  if (found.kind === 'missing') return found;
  return { kind: 'started', ...(await startRealPrometheus(found, series)) };
}
