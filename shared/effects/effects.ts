/** What an effect touches. `name` says which one, in a form that is stable over runs: `checkpoint_complete`, `POST /v1/invoices`. */
export interface Effect {
  readonly kind: 'sql' | 'http' | 'publish' | 'acknowledge' | 'timer';
  readonly name: string;
}

/**
 * The one seam between Daybook and the world. Clock, randomness, SQL, HTTP, publishing and acknowledging all pass
 * through an object of this shape that is handed in, so that a simulation can number, crash, delay and permute them.
 */
export interface Effects {
  /** The present instant. Rules never call it: they take days and instants as arguments. */
  now(): Date;
  /** A fresh random UUID. */
  uuid(): string;
  /** A random number in [0, 1), for jitter only. */
  fraction(): number;
  /** Runs one effect. A simulated seam may fail before `run`, after it, or not run it at all. */
  perform<T>(effect: Effect, run: () => Promise<T>): Promise<T>;
}
