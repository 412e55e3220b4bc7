import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Tracer } from './tracer.ts';

export interface ExportOptions {
  /** Base address of an OTLP/HTTP receiver; spans go to its /v1/traces. */
  readonly endpoint: string;
  /** OpenTelemetry's names. Google's receiver takes protobuf. */
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly serviceName: string;
  readonly project: string;
  readonly onLost: (reason: string) => void;
}

const TIMEOUT_MS = 3_000;

/** A tracer that sends spans by OTLP. The library is heavy for a cold start and loads only here. */
export async function openTracer(options: ExportOptions): Promise<Tracer> {
  const [{ openTelemetryTracer }, exporter] = await Promise.all([import('./open-telemetry.ts'), openExporter(options)]);
  return openTelemetryTracer({ ...options, exporter });
}

async function openExporter({ endpoint, protocol, project }: ExportOptions): Promise<SpanExporter> {
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const headers = new URL(endpoint).hostname.endsWith('.googleapis.com') ? await googleHeaders(project) : {};
  const configuration = { url, headers, timeoutMillis: TIMEOUT_MS };
  switch (protocol) {
    case 'http/protobuf':
      return new (await import('@opentelemetry/exporter-trace-otlp-proto')).OTLPTraceExporter(configuration);
    case 'http/json':
      return new (await import('@opentelemetry/exporter-trace-otlp-http')).OTLPTraceExporter(configuration);
    default:
      return protocol satisfies never;
  }
}

/** The function's own identity, renewed by Google's library as tokens expire. A failure costs the spans, not the work. */
async function googleHeaders(project: string): Promise<() => Promise<Record<string, string>>> {
  const { GoogleAuth } = await import('google-auth-library');
  const auth = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/trace.append' });
  return async () => {
    const token = await auth.getAccessToken().catch(() => null);
    return token ? { authorization: `Bearer ${token}`, 'x-goog-user-project': project } : {};
  };
}
