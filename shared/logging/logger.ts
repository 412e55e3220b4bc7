import { type Call, currentCall } from '../tracing/current.ts';

/** Severities as Cloud Logging reads them from a JSON line. */
export type Severity = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';

/** Structured logging: one JSON object a line. Fields never carry secrets or whole messages. */
export interface Logger {
  log(severity: Severity, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface LoggerOptions {
  /** Google Cloud's project: a trace's name begins with it. */
  readonly project: string;
  /** Texts that no line may show, the longest first. A second guard: nothing should carry them here. */
  readonly withheld: readonly string[];
}

/** Keys and signed tokens by their form, whosever they are. */
const SECRET_FORMS =
  /\b(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9_]{6,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+|\b[Bb]earer +[\w.~+/=-]{12,}/g;
const WITHHELD = '[withheld]';

/** Writes lines that Cloud Logging parses: https://cloud.google.com/logging/docs/structured-logging */
export function jsonLogger(write: (line: string) => void, { project, withheld }: LoggerOptions): Logger {
  // As they would stand inside a JSON text.
  const hidden = withheld.map((text) => JSON.stringify(text).slice(1, -1));
  return {
    log: (severity, message, fields = {}) => {
      const entry = { severity, message, ...fields, ...callFields(currentCall(), project) };
      const line = hidden.reduce((text, secret) => text.replaceAll(secret, WITHHELD), JSON.stringify(entry, jsonValue));
      write(`${line.replace(SECRET_FORMS, WITHHELD)}\n`);
    },
  };
}

function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** What call a line belongs to: Cloud Logging shows it beside its trace, and finds it by its labels. */
function callFields(call: Call | undefined, project: string): Readonly<Record<string, unknown>> {
  if (call === undefined) return {};
  const { context, labels } = call;
  const ofTrace = context && {
    'logging.googleapis.com/trace': `projects/${project}/traces/${context.traceId}`,
    'logging.googleapis.com/spanId': context.spanId,
    'logging.googleapis.com/trace_sampled': true,
  };
  return { 'logging.googleapis.com/labels': labels, ...ofTrace };
}
