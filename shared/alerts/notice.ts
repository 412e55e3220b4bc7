import type { Alert, AlertOccasion } from '../slack/alert.ts';

/** An alert together with what it coalesces on: of several with one occasion only the first is told. */
export interface Notice {
  readonly occasion: AlertOccasion;
  readonly alert: Alert;
}
