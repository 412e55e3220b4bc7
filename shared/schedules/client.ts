import type { protos } from '@google-cloud/scheduler';
import type { Effects } from '../effects/effects.ts';

export type ScheduleState = 'enabled' | 'paused' | 'disabled' | 'update_failed' | 'unknown';

/** Which job: its name is one in all locations. */
export interface ScheduleKey {
  readonly location: string;
  readonly name: string;
}

/** A job of Cloud Scheduler. */
export interface Schedule extends ScheduleKey {
  readonly cron: string;
  readonly timeZone: string;
  readonly state: ScheduleState;
  readonly nextAt: Date | null;
  readonly lastAttemptAt: Date | null;
  /** google.rpc.Code of the last attempt; 0 is well. */
  readonly lastCode: number;
}

export interface Schedules {
  /** All of them, by name. */
  list(): Promise<readonly Schedule[]>;
  /** null when there is no such job. */
  pause(job: ScheduleKey): Promise<Schedule | null>;
  resume(job: ScheduleKey): Promise<Schedule | null>;
  /** Fires the job now, beside its schedule. */
  run(job: ScheduleKey): Promise<Schedule | null>;
  close(): Promise<void>;
}

export interface SchedulesOptions {
  readonly projectId: string;
  /** Where jobs are kept: a region's job in its region. */
  readonly locations: readonly string[];
  /** `http://host:port` of the local scheduler; null for the cloud. */
  readonly endpoint: string | null;
}

const TIMEOUT_MS = 20_000;
/** google.rpc.Code. */
const NOT_FOUND = 5;

/** Opens Google's client, over REST, so that the same protocol reaches the cloud and the local scheduler. */
export async function openSchedules(options: SchedulesOptions, effects: Effects): Promise<Schedules> {
  const client = await openClient(options.endpoint);
  const parentOf = (location: string) => `projects/${options.projectId}/locations/${location}`;
  const call = { timeout: TIMEOUT_MS, maxRetries: 0 };
  const ask = async (verb: 'pause' | 'resume' | 'run', key: ScheduleKey): Promise<Schedule | null> => {
    const request = { name: `${parentOf(key.location)}/jobs/${key.name}` };
    try {
      const [job] = await effects.perform({ kind: 'http', name: `scheduler POST jobs:${verb}` }, () => {
        switch (verb) {
          case 'pause':
            return client.pauseJob(request, call);
          case 'resume':
            return client.resumeJob(request, call);
          case 'run':
            return client.runJob(request, call);
          default:
            return verb satisfies never;
        }
      });
      return scheduleOf(job);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === NOT_FOUND) return null;
      throw error;
    }
  };
  return {
    list: async () => {
      const found = await Promise.all(
        options.locations.map(async (location) => {
          const [jobs] = await effects.perform({ kind: 'http', name: 'scheduler GET jobs' }, () =>
            client.listJobs({ parent: parentOf(location) }, call),
          );
          return jobs.map(scheduleOf);
        }),
      );
      return found.flat().sort((a, b) => a.name.localeCompare(b.name, 'en'));
    },
    pause: (job) => ask('pause', job),
    resume: (job) => ask('resume', job),
    run: (job) => ask('run', job),
    close: () => client.close(),
  };
}

async function openClient(endpoint: string | null) {
  const { CloudSchedulerClient } = await import('@google-cloud/scheduler');
  if (endpoint === null) return new CloudSchedulerClient({ fallback: true });
  const { PassThroughClient } = await import('google-auth-library');
  const address = new URL(endpoint);
  return new CloudSchedulerClient({
    fallback: true,
    protocol: address.protocol.slice(0, -1),
    apiEndpoint: address.hostname,
    port: Number.parseInt(address.port || '80', 10),
    authClient: new PassThroughClient(),
  });
}

type Job = protos.google.cloud.scheduler.v1.IJob;

const STATES: Readonly<Record<string, ScheduleState>> = {
  ENABLED: 'enabled',
  PAUSED: 'paused',
  DISABLED: 'disabled',
  UPDATE_FAILED: 'update_failed',
};

function scheduleOf({ name, schedule, timeZone, state, scheduleTime, lastAttemptTime, status }: Job): Schedule {
  // projects/P/locations/L/jobs/J
  const [, , , location = '', , id = ''] = name?.split('/') ?? [];
  return {
    location,
    name: id,
    cron: schedule ?? '',
    timeZone: timeZone ?? '',
    state: STATES[String(state)] ?? 'unknown',
    nextAt: momentOf(scheduleTime),
    lastAttemptAt: momentOf(lastAttemptTime),
    lastCode: status?.code ?? 0,
  };
}

function momentOf(timestamp: Job['scheduleTime']): Date | null {
  const seconds = timestamp?.seconds;
  return seconds === null || seconds === undefined ? null : new Date(Number(seconds) * 1_000);
}
