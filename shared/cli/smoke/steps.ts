import { addDays, utcDayOf } from '../../calendar/utc-day.ts';
import { planMigrations } from '../../database/migrate.ts';
import { regionListActive, usageSourceListActive } from '../../database/queries.generated.ts';
import { missingParts } from '../../events/inspect.ts';
import { openSchedules } from '../../schedules/client.ts';
import { sendAlert } from '../../slack/alert.ts';
import { openReaders } from '../../sources/readers.ts';
import { SQL_FOLDER, withLoginRole } from '../migrate.ts';
import type { Session } from '../session.ts';
import { counted } from '../terminal/table.ts';
import type { Deployed } from './deployed.ts';
import { failed, listed, notConfigured, ok, type StepOutcome } from './step.ts';

const SLACK_TIMEOUT_MS = 10_000;

/** The database answers, and has every migration of this version. */
export function databaseStep({ configuration }: Session): Promise<StepOutcome> {
  return withLoginRole(configuration, async (client) => {
    const plan = await planMigrations(client, SQL_FOLDER);
    const wrong = plan.filter(({ state }) => state !== 'applied').map(({ name, state }) => `${name} (${state})`);
    if (wrong.length > 0) return failed(`not as this version needs it: ${listed(wrong)}`, 'daybook migrate plan');
    return ok(`it answers, and has all ${counted(plan.length, 'migration')}`);
  });
}

/** Every topic and subscription of the manifests is there. */
export async function messagesStep({ configuration, effects }: Session, deployed: Deployed): Promise<StepOutcome> {
  const { projectId, pubSubEndpoint: endpoint } = configuration;
  const missing = await missingParts({ projectId, endpoint }, effects, deployed);
  const absent = [
    ...missing.topics.map((name) => `topic ${name}`),
    ...missing.subscriptions.map((name) => `subscription ${name}`),
  ];
  if (absent.length > 0)
    return failed(`missing: ${listed(absent)}`, 'terraform apply: it makes them from terraform/generated');
  return ok(
    `${counted(deployed.topics.length, 'topic')} and ${counted(deployed.subscriptions.length, 'subscription')} are there`,
  );
}

/** Every job is there, and fires. */
export async function schedulesStep(session: Session, deployed: Deployed): Promise<StepOutcome> {
  const { projectId, schedulerLocations: locations, schedulerEndpoint: endpoint } = session.configuration;
  if (locations.length === 0) {
    return notConfigured('nobody says where the jobs are', 'set SCHEDULER_LOCATIONS, like europe-west1,us-central1');
  }
  const schedules = await openSchedules({ projectId, locations, endpoint }, session.effects);
  try {
    const jobs = await schedules.list();
    const expected = deployed.jobs(await regionsOf(session));
    const missing = expected.filter((name) => !jobs.some((job) => job.name === name));
    if (missing.length > 0)
      return failed(`missing: ${listed(missing)}`, 'terraform apply; regions come from its variables');
    const resting = jobs
      .filter(({ name, state }) => expected.includes(name) && state !== 'enabled')
      .map(({ name }) => name);
    if (resting.length > 0)
      return failed(`not enabled: ${listed(resting)}`, `daybook schedule resume ${resting[0]} --why …`);
    return ok(`${counted(expected.length, 'job')} are there and enabled`);
  } finally {
    await schedules.close();
  }
}

async function regionsOf({ database, effects }: Session): Promise<readonly string[]> {
  const rows = await database.rows(regionListActive, { day: utcDayOf(effects.now()) });
  return rows.map(({ region }) => region);
}

/** Every source can be read for the last whole day. Nothing is kept. */
export async function sourcesStep(session: Session): Promise<StepOutcome> {
  const { configuration, effects, database } = session;
  const day = addDays(utcDayOf(effects.now()), -1);
  const openReader = openReaders(configuration, effects);
  const faults: string[] = [];
  let read = 0;
  for (const region of await regionsOf(session)) {
    for (const source of await database.rows(usageSourceListActive, { region, day })) {
      const reader = await openReader(source, effects.now());
      const reading = await reader.read(region, day, async () => undefined);
      read += 1;
      if (reading.kind === 'incomplete')
        faults.push(`${region}/${source.source_id}: ${reading.reason}: ${reading.detail}`);
    }
  }
  if (read === 0)
    return failed(`no source is active on ${day}`, 'add regions, metrics and sources, and have them approved');
  if (faults.length > 0) {
    return failed(
      `${faults.length} of ${read} cannot be read for ${day}: ${listed(faults, 2)}`,
      'daybook usage completeness says more; the source or its endpoint is not right',
    );
  }
  return ok(`${counted(read, 'source')} can be read for ${day}`);
}

/** A message arrives in Slack. */
export async function slackStep({ configuration, effects }: Session): Promise<StepOutcome> {
  const { slackWebhookUrl: webhookUrl } = configuration;
  if (webhookUrl === null) return notConfigured('there is no webhook', 'set SLACK_WEBHOOK_URL');
  const outcome = await sendAlert({ webhookUrl, timeoutMs: SLACK_TIMEOUT_MS }, effects, {
    severity: 'information',
    title: 'Daybook can reach this channel',
    where: configuration.projectId,
    why: 'daybook smoke tried it',
    recover: 'nothing to do',
  });
  if (outcome.kind === 'sent') return ok('a message was sent: look whether it is in the right channel');
  return failed(
    `no message was sent: ${outcome.reason}`,
    'make a new incoming webhook and put it into SLACK_WEBHOOK_URL',
  );
}
