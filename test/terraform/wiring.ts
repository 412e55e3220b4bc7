import type { Element } from './configuration.ts';

/** Something that must be there for every entry of the manifests, and what it must speak of. */
export interface Wire {
  readonly folder: string;
  readonly address: string;
  /** Texts that its arguments must hold; each is what ties it to the manifests or to its guard. */
  readonly holds: readonly string[];
}

/**
 * How an entry of generated/functions.json and generated/metrics.json becomes something deployed. Everything else in the
 * configuration serves these.
 */
export const WIRING: readonly Wire[] = [
  // A function, its identity, what it may do, and who may call it.
  {
    folder: '.',
    address: 'module.function',
    holds: ['local.central_functions', 'local.invokers', 'module.access.emails'],
  },
  {
    folder: '.',
    address: 'module.regional_worker',
    holds: ['var.regions', 'local.regional_functions', 'module.access.emails'],
  },
  {
    folder: 'modules/regional-worker',
    address: 'module.function',
    holds: ['var.functions', '?region=', 'serviceAccount:'],
  },
  {
    folder: 'modules/function',
    address: 'google_cloudfunctions2_function.function',
    holds: ['nodejs24', 'var.entry_point', 'var.service_account_email', 'secret.value'],
  },
  {
    folder: 'modules/function',
    address: 'google_cloud_run_service_iam_member.invoker',
    holds: ['var.invokers', 'roles/run.invoker'],
  },
  { folder: '.', address: 'module.access', holds: ['local.functions', 'local.secrets'] },
  { folder: 'modules/access', address: 'google_service_account.function', holds: ['var.functions', 'fn-'] },
  { folder: 'modules/access', address: 'google_service_account.scheduler', holds: [] },
  { folder: 'modules/access', address: 'google_service_account.push', holds: [] },
  { folder: 'modules/access', address: 'google_project_iam_member.function', holds: ['local.project_roles'] },
  {
    folder: 'modules/access',
    address: 'google_bigquery_dataset_iam_member.reader',
    holds: ['local.dataset_readers', 'roles/bigquery.dataViewer'],
  },
  { folder: 'modules/access', address: 'google_secret_manager_secret.secret', holds: ['var.secrets'] },
  {
    folder: 'modules/access',
    address: 'google_secret_manager_secret_iam_member.reader',
    holds: ['local.secret_readers', 'roles/secretmanager.secretAccessor'],
  },
  {
    folder: 'modules/access',
    address: 'google_cloud_quotas_quota_preference.bigquery_daily',
    holds: ['bigquery.googleapis.com', 'QueryUsagePerDay'],
  },
  // Its schedule.
  {
    folder: 'modules/function',
    address: 'google_cloud_scheduler_job.schedule',
    holds: ['Etc/UTC', 'var.schedule.cron', 'oidc_token', 'paused'],
  },
  // Topics, subscriptions, dead letters, and the rights that they need.
  {
    folder: '.',
    address: 'module.events',
    holds: ['local.topics', 'local.subscriptions', 'local.dead_letter_function', 'maxDeliveryAttempts'],
  },
  {
    folder: 'modules/events',
    address: 'google_pubsub_topic.topic',
    holds: ['var.topics', 'message_retention_duration'],
  },
  { folder: 'modules/events', address: 'google_pubsub_topic.dead_letters', holds: ['message_retention_duration'] },
  {
    folder: 'modules/events',
    address: 'google_pubsub_subscription.push',
    holds: [
      'var.subscriptions',
      'oidc_token',
      'retry_policy',
      'dead_letter_policy',
      'expiration_policy',
      'retain_acked_messages',
    ],
  },
  {
    folder: 'modules/events',
    address: 'google_pubsub_subscription.dead_letters',
    holds: ['oidc_token', 'retry_policy', 'expiration_policy'],
  },
  {
    folder: 'modules/events',
    address: 'google_pubsub_topic_iam_member.dead_letters_publisher',
    holds: ['roles/pubsub.publisher', 'local.service_agent'],
  },
  {
    folder: 'modules/events',
    address: 'google_pubsub_subscription_iam_member.dead_letters_subscriber',
    holds: ['google_pubsub_subscription.push', 'roles/pubsub.subscriber', 'local.service_agent'],
  },
  {
    folder: 'modules/events',
    address: 'google_service_account_iam_member.push_token_creator',
    holds: ['roles/iam.serviceAccountTokenCreator', 'local.service_agent'],
  },
  {
    folder: 'modules/events',
    address: 'google_pubsub_topic_iam_member.publisher',
    holds: ['var.publishers', 'roles/pubsub.publisher'],
  },
  // The database and each function's way into it.
  { folder: '.', address: 'module.database', holds: ['module.access.emails'] },
  {
    folder: 'modules/database',
    address: 'google_sql_database_instance.primary',
    holds: [
      'point_in_time_recovery_enabled',
      'deletion_protection',
      'private_network',
      'local.flags',
      'maintenance_window',
    ],
  },
  { folder: 'modules/database', address: 'google_sql_database.daybook', holds: [] },
  {
    folder: 'modules/database',
    address: 'google_sql_user.function',
    holds: ['var.service_accounts', 'CLOUD_IAM_SERVICE_ACCOUNT'],
  },
  {
    folder: 'modules/database',
    address: 'google_sql_user.administrator',
    holds: ['var.administrators', 'CLOUD_IAM_USER'],
  },
  { folder: 'modules/database', address: 'google_compute_network.network', holds: [] },
  {
    folder: 'modules/database',
    address: 'google_compute_subnetwork.region',
    holds: ['var.subnetworks', 'private_ip_google_access'],
  },
  { folder: 'modules/database', address: 'google_compute_global_address.services', holds: ['VPC_PEERING'] },
  { folder: 'modules/database', address: 'google_service_networking_connection.services', holds: [] },
  // What is watched.
  { folder: '.', address: 'module.observability', holds: ['local.metrics', 'var.alerts.emails'] },
  { folder: 'modules/observability', address: 'google_logging_metric.signal', holds: ['var.metrics'] },
  {
    folder: 'modules/observability',
    address: 'google_monitoring_alert_policy.signal',
    holds: ['local.alerts', 'local.channels', 'var.runbook_url'],
  },
  {
    folder: 'modules/observability',
    address: 'google_monitoring_alert_policy.database',
    holds: ['local.channels', 'var.runbook_url'],
  },
  {
    folder: 'modules/observability',
    address: 'google_monitoring_alert_policy.subscription',
    holds: ['local.channels', 'var.subscriptions'],
  },
  { folder: 'modules/observability', address: 'google_monitoring_notification_channel.email', holds: ['var.emails'] },
  { folder: 'modules/observability', address: 'google_monitoring_dashboard.jobs', holds: ['local.charts'] },
  {
    folder: 'modules/observability',
    address: 'google_billing_budget.monthly',
    holds: ['var.monthly_budget', 'threshold_rules'],
  },
  // What is deployed, and what it needs of the project.
  { folder: '.', address: 'google_storage_bucket.source', holds: ['public_access_prevention'] },
  { folder: '.', address: 'google_storage_bucket_object.source', holds: ['filesha256', 'var.source_archive'] },
  {
    folder: '.',
    address: 'google_project_service.api',
    holds: [
      'cloudfunctions.googleapis.com',
      'sqladmin.googleapis.com',
      'pubsub.googleapis.com',
      'cloudscheduler.googleapis.com',
    ],
  },
  { folder: '.', address: 'data.google_project.project', holds: [] },
];

/** What is missing of the wiring, and what stands in the configuration without being part of it. */
export function wiringFaults(elements: readonly Element[]): readonly string[] {
  const name = ({ folder, address }: { readonly folder: string; readonly address: string }) => `${folder}: ${address}`;
  const found = new Map(elements.map((element) => [name(element), JSON.stringify(element.body)]));
  const missing = WIRING.flatMap((wire) => {
    const text = found.get(name(wire));
    if (text === undefined) return [`${name(wire)} is gone`];
    return wire.holds.filter((held) => !text.includes(held)).map((held) => `${name(wire)} no longer speaks of ${held}`);
  });
  const known = new Set(WIRING.map(name));
  const undeclared = [...found.keys()]
    .filter((one) => !known.has(one))
    .map((one) => `${one} is not part of the wiring`);
  return [...missing, ...undeclared];
}
