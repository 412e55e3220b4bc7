import { type Alert, SIGNALS, type Signal, type SignalName } from './signals.ts';

/** One figure of a signal. Labels are those that the table lists for it. */
export interface Sample {
  readonly signal: SignalName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The sample that a call to another system makes. */
export function callSample(ended: {
  readonly system: string;
  readonly call: string;
  readonly status: string;
  readonly seconds: number;
}): Sample {
  const { system, call, status, seconds } = ended;
  return { signal: 'call_duration_seconds', labels: { system, call, status }, value: seconds };
}

/** The samples that are above a limit of their signal, with the alert that says so. Durations and counts are not judged here. */
export function alarming(samples: readonly Sample[]): readonly { readonly sample: Sample; readonly alert: Alert }[] {
  return samples.flatMap((sample) => {
    const signal: Signal = SIGNALS[sample.signal];
    return signal.alerts.flatMap((alert) =>
      alert.when.kind === 'above' && sample.value > alert.when.limit ? [{ sample, alert }] : [],
    );
  });
}
