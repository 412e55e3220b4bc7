import { setTimeout as delay } from 'node:timers/promises';
import type { LocalClock } from './clock.ts';
import { nextFiring } from './cron.ts';
import type { Job } from './jobs.ts';
import { type Ledger, openLedger } from './ledger.ts';

export interface SchedulerOptions {
  /** Where the scheduler keeps its record. */
  readonly databaseUrl: string;
  readonly jobs: readonly Job[];
  readonly clock: LocalClock;
  /** Nothing due at or before this instant is fired. */
  readonly firingsAfter: Date;
  readonly endpointOf: (functionName: string) => string;
}

/** One firing as it ended. */
export interface Fired {
  readonly job: Job;
  readonly scheduledFor: Date;
  /** The answer's status; 0 when there was none. */
  readonly status: number;
  readonly body: string;
}

const ATTEMPTS = 3;
const RETRY_AFTER_MS = 100;

/**
 * Cloud Scheduler's part in the local cloud: posts to functions with the due time in X-CloudScheduler-ScheduleTime. A
 * firing is recorded after its answer, so that a kill in between fires it again, with the same due time.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #ledger: Ledger;
  readonly #lastFired: Map<string, Date>;
  readonly #paused: Set<string>;

  private constructor(options: SchedulerOptions, ledger: Ledger, lastFired: Map<string, Date>, paused: Set<string>) {
    this.#options = options;
    this.#ledger = ledger;
    this.#lastFired = lastFired;
    this.#paused = paused;
  }

  /** Opens the record and sets the clock to where an earlier scheduler left it. */
  static async open(options: SchedulerOptions): Promise<Scheduler> {
    const ledger = await openLedger(options.databaseUrl);
    const reached = await ledger.time();
    if (reached) options.clock.moveTo(reached);
    const lastFired = new Map<string, Date>();
    for (const { name } of options.jobs) lastFired.set(name, (await ledger.lastFired(name)) ?? options.firingsAfter);
    return new Scheduler(options, ledger, lastFired, new Set(await ledger.paused()));
  }

  get jobs(): readonly Job[] {
    return this.#options.jobs;
  }

  /** The job's next firing that has not been answered. */
  due(job: Job): Date {
    return nextFiring(job.cron, this.#lastFired.get(job.name) ?? this.#options.firingsAfter);
  }

  /** The job's first firing at or after an instant, past what was fired already. */
  dueFrom(job: Job, from: Date): Date {
    const due = this.due(job);
    return due.getTime() >= from.getTime() ? due : nextFiring(job.cron, new Date(from.getTime() - 1));
  }

  /** The due time of the last firing that was answered; null before the first. */
  lastFired(job: Job): Date | null {
    const last = this.#lastFired.get(job.name) ?? this.#options.firingsAfter;
    return last.getTime() === this.#options.firingsAfter.getTime() ? null : last;
  }

  /** A paused job is not to be fired by its schedule. */
  isPaused(job: Job): boolean {
    return this.#paused.has(job.name);
  }

  async setPaused(job: Job, paused: boolean): Promise<void> {
    await this.#ledger.setPaused(job.name, paused);
    if (paused) this.#paused.add(job.name);
    // What was missed is not made up for: the next firing is the next from now.
    else if (this.#paused.delete(job.name)) this.#lastFired.set(job.name, this.#options.clock.now());
  }

  /** Fires now, beside the schedule, whose next firing stays what it is. */
  force(job: Job): Promise<Fired> {
    return this.#post(job, this.#options.clock.now());
  }

  /** Moves the clock to the due time, fires, and records the answer. Firings of the job before that time are passed over. */
  async fire(job: Job, scheduledFor: Date): Promise<Fired> {
    await this.moveTo(scheduledFor);
    const fired = await this.#post(job, scheduledFor);
    await this.#ledger.fired(job.name, scheduledFor, fired.status);
    this.#lastFired.set(job.name, scheduledFor);
    return fired;
  }

  /** Moves the clock on and remembers it. */
  async moveTo(instant: Date): Promise<void> {
    this.#options.clock.moveTo(instant);
    await this.#ledger.keepTime(this.#options.clock.now());
  }

  failures(): ReturnType<Ledger['failures']> {
    return this.#ledger.failures();
  }

  async close(): Promise<void> {
    await this.#ledger.keepTime(this.#options.clock.now());
    await this.#ledger.close();
  }

  async #post(job: Job, scheduledFor: Date): Promise<Fired> {
    for (let attempt = 1; ; attempt += 1) {
      const { status, body } = await this.#postOnce(job, scheduledFor);
      if ((status >= 200 && status < 500) || attempt === ATTEMPTS) return { job, scheduledFor, status, body };
      await delay(RETRY_AFTER_MS * attempt);
    }
  }

  async #postOnce(job: Job, scheduledFor: Date): Promise<{ status: number; body: string }> {
    const url = new URL(this.#options.endpointOf(job.functionName));
    if (job.region !== null) url.searchParams.set('region', job.region);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'user-agent': 'Google-Cloud-Scheduler',
          'x-cloudscheduler': 'true',
          'x-cloudscheduler-jobname': job.name,
          'x-cloudscheduler-scheduletime': scheduledFor.toISOString(),
        },
        signal: AbortSignal.timeout(job.timeoutSeconds * 1_000),
      });
      return { status: response.status, body: await response.text() };
    } catch (error) {
      return { status: 0, body: String(error) };
    }
  }
}
