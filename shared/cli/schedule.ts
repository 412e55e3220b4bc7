import { auditAppendOperation } from '../database/queries.generated.ts';
import { openSchedules, type Schedule, type Schedules } from '../schedules/client.ts';
import {
  type ActingSession,
  addActingCommand,
  addCommand,
  type Registration,
  runActing,
  runReading,
} from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';
import { instant } from './terminal/figures.ts';
import type { Style } from './terminal/style.ts';
import { plain, table } from './terminal/table.ts';

type Verb = 'pause' | 'resume' | 'run';

interface ActOptions {
  readonly as?: string;
  readonly why: string;
}

const DONE: Readonly<Record<Verb, string>> = { pause: 'paused', resume: 'resumed', run: 'fired now' };

export function registerSchedule(registration: Registration): void {
  const group = registration.program.command('schedule').description('the jobs of Cloud Scheduler');
  addCommand(group, 'list', 'every job: when it fires, whether it is paused, how its last attempt ended').action(
    runReading<[]>(registration, (session) => withSchedules(session, list)),
  );
  const act = (verb: Verb, description: string) =>
    addActingCommand(group, verb, description)
      .argument('<job>', 'its name, like sweep-outbox or aggregate-usage-europe-west1')
      .requiredOption('--why <reason>', 'kept in the audit log')
      .action(
        runActing<[string, ActOptions]>(registration, ['operator'], (session, job, { why }) =>
          withSchedules(session, (schedules) => change(session, schedules, verb, job, why)),
        ),
      );
  act('pause', 'stop a job from firing until it is resumed; what it fired goes on');
  act('resume', 'let a paused job fire again; firings that it missed are not made up for');
  act('run', 'fire a job now, beside its schedule; every function bears it');
}

async function withSchedules(
  { configuration, effects }: Session,
  work: (schedules: Schedules) => Promise<CommandOutcome>,
): Promise<CommandOutcome> {
  const { projectId, schedulerLocations: locations, schedulerEndpoint: endpoint } = configuration;
  if (locations.length === 0) {
    return refused(
      'configuration',
      'SCHEDULER_LOCATIONS is not set: say where jobs are kept, like europe-west1,us-central1.',
    );
  }
  const schedules = await openSchedules({ projectId, locations, endpoint }, effects);
  try {
    return await work(schedules);
  } catch (error) {
    const reason = error instanceof Error ? plain(error.message).slice(0, 300) : String(error);
    return refused(
      'scheduler_unavailable',
      `Cloud Scheduler did not do it: ${reason}. See the jobs with daybook schedule list.`,
    );
  } finally {
    await schedules.close();
  }
}

async function list(schedules: Schedules): Promise<CommandOutcome> {
  const jobs = await schedules.list();
  return { kind: 'done', value: { jobs }, text: (style) => listText(jobs, style) };
}

function listText(jobs: readonly Schedule[], style: Style): string {
  if (jobs.length === 0) return 'No jobs.';
  const rows = jobs.map(({ name, cron, timeZone, state, nextAt, lastAttemptAt, lastCode }) => [
    name,
    `${cron} ${timeZone}`,
    state === 'enabled' ? style.good(state) : style.warning(state),
    nextAt === null ? '' : instant(nextAt),
    lastAttemptAt === null
      ? 'never'
      : `${instant(lastAttemptAt)}${lastCode === 0 ? '' : style.bad(` failed (${lastCode})`)}`,
  ]);
  const titles = ['job', 'fires', 'state', 'next', 'last attempt'].map((title) => ({ title }));
  return table(titles, rows, style);
}

/** The log says that it was asked for before it is done: an act without its entry cannot be. */
async function change(
  { database, actor }: ActingSession,
  schedules: Schedules,
  verb: Verb,
  job: string,
  why: string,
): Promise<CommandOutcome> {
  const before = (await schedules.list()).find(({ name }) => name === job);
  if (before === undefined)
    return refused('unknown_job', `There is no job "${job.slice(0, 100)}": see daybook schedule list.`);
  await database.transaction({ actor, why }, (transaction) =>
    transaction.rows(auditAppendOperation, {
      action: `schedule.${verb}`,
      subject: job,
      detail: JSON.stringify({ from: before.state, cron: before.cron }),
    }),
  );
  const after = await schedules[verb](before);
  if (after === null)
    return refused('unknown_job', `The job "${job.slice(0, 100)}" is gone: see daybook schedule list.`);
  return {
    kind: 'done',
    value: { job: after, did: verb },
    text: (style) => style.good(`${job} was ${DONE[verb]}; it is ${after.state}.`),
  };
}
