import { createServer, type IncomingMessage } from 'node:http';
import { scheduleName } from '../../../functions/manifest.ts';
import { close, listen } from '../stack/listen.ts';
import type { Job } from './jobs.ts';
import type { Scheduler } from './scheduler.ts';

export interface SchedulerServer {
  /** Address for SCHEDULER_ENDPOINT. */
  readonly url: string;
  close(): Promise<void>;
}

/** Where the local jobs are kept, as SCHEDULER_LOCATIONS says it. */
export const LOCATION = 'local';

const JOBS = /^\/v1\/(projects\/[^/]+\/locations\/[^/]+)\/jobs$/;
const JOB = /^\/v1\/(projects\/[^/]+\/locations\/[^/]+)\/jobs\/([^/:]+)(?::(pause|resume|run))?$/;

interface Answer {
  readonly status: number;
  readonly body: object;
}

/**
 * The calls of Cloud Scheduler's REST interface that its Node client makes: list, get, pause, resume, run.
 * https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs
 */
export async function startSchedulerServer(scheduler: Scheduler): Promise<SchedulerServer> {
  const server = createServer((request, response) => {
    answer(request, scheduler).then(
      ({ status, body }) =>
        response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  const port = await listen(server, 0);
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) };
}

async function answer(request: IncomingMessage, scheduler: Scheduler): Promise<Answer> {
  request.resume();
  const { pathname } = new URL(request.url ?? '/', 'http://scheduler.invalid');
  const [, parent] = JOBS.exec(pathname) ?? [];
  if (request.method === 'GET' && parent !== undefined) {
    return { status: 200, body: { jobs: scheduler.jobs.map((job) => jobBody(scheduler, parent, job)) } };
  }
  const [, place, name, verb] = JOB.exec(pathname) ?? [];
  const job = scheduler.jobs.find(({ functionName, region }) => scheduleName(functionName, region) === name);
  if (place === undefined || job === undefined || (request.method === 'POST') !== (verb !== undefined)) {
    return { status: 404, body: { error: { code: 404, status: 'NOT_FOUND', message: `Job not found: ${pathname}` } } };
  }
  if (verb === 'pause') await scheduler.setPaused(job, true);
  if (verb === 'resume') await scheduler.setPaused(job, false);
  // Cloud Scheduler answers before the target does.
  if (verb === 'run') void scheduler.force(job);
  return { status: 200, body: jobBody(scheduler, place, job) };
}

function jobBody(scheduler: Scheduler, parent: string, job: Job): object {
  const last = scheduler.lastFired(job);
  return {
    name: `${parent}/jobs/${scheduleName(job.functionName, job.region)}`,
    schedule: job.cron,
    timeZone: 'Etc/UTC',
    state: scheduler.isPaused(job) ? 'PAUSED' : 'ENABLED',
    scheduleTime: scheduler.due(job).toISOString(),
    ...(last === null ? {} : { lastAttemptTime: last.toISOString() }),
    attemptDeadline: `${job.timeoutSeconds}s`,
  };
}
