/** Severities as Cloud Logging reads them from a JSON line. */
export type Severity = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';

/** Structured logging: one JSON object a line. Fields never carry secrets or whole messages. */
export interface Logger {
  log(severity: Severity, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Writes lines that Cloud Logging parses: https://cloud.google.com/logging/docs/structured-logging */
export function jsonLogger(write: (line: string) => void, fixed: Readonly<Record<string, unknown>> = {}): Logger {
  return {
    log: (severity, message, fields = {}) =>
      write(
        `${JSON.stringify({ severity, message, ...fixed, ...fields }, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))}\n`,
      ),
  };
}
