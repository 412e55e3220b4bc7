# What each module promises by itself.

mock_provider "google" {}

run "function" {
  command = apply

  module {
    source = "./modules/function"
  }

  variables {
    project_id            = "example-daybook"
    region                = "us-central1"
    name                  = "sweep-outbox"
    entry_point           = "sweep-outbox"
    description           = "Publishes what waits."
    source_archive        = { bucket = "source", object = "daybook.zip" }
    service_account_email = "fn-sweep-outbox@example-daybook.iam.gserviceaccount.com"
    environment           = { GOOGLE_CLOUD_PROJECT = "example-daybook" }
    secrets               = { STRIPE_API_KEY = "daybook-stripe-api-key" }
    memory                = "512Mi"
    timeout_seconds       = 60
    max_instances         = 1
    network               = "network"
    subnetwork            = "subnetwork"
    invokers              = { scheduler = "serviceAccount:daybook-scheduler@example-daybook.iam.gserviceaccount.com" }
    schedule              = { job_name = "sweep-outbox", cron = "* * * * *", service_account_email = "daybook-scheduler@example-daybook.iam.gserviceaccount.com" }
  }

  assert {
    condition     = google_cloudfunctions2_function.function.build_config[0].runtime == "nodejs24"
    error_message = "The runtime is the one that the packages are tested on."
  }

  assert {
    condition     = length(google_cloud_run_service_iam_member.invoker) == 1 && google_cloud_run_service_iam_member.invoker["scheduler"].role == "roles/run.invoker"
    error_message = "Only who is named may call it."
  }

  assert {
    condition     = google_cloud_scheduler_job.schedule[0].time_zone == "Etc/UTC" && google_cloud_scheduler_job.schedule[0].http_target[0].oidc_token[0].audience == google_cloudfunctions2_function.function.service_config[0].uri
    error_message = "Schedules are in UTC and present a token for this function."
  }

  assert {
    condition     = one(google_cloudfunctions2_function.function.service_config[0].secret_environment_variables).secret == "daybook-stripe-api-key"
    error_message = "Secrets are read from Secret Manager."
  }
}

run "events" {
  command = apply

  module {
    source = "./modules/events"
  }

  variables {
    project_id                 = "example-daybook"
    project_number             = "123456789012"
    topics                     = ["usage.checkpointed"]
    push_service_account_email = "daybook-push@example-daybook.iam.gserviceaccount.com"
    push_service_account_name  = "projects/example-daybook/serviceAccounts/daybook-push@example-daybook.iam.gserviceaccount.com"
    publishers                 = { aggregate-usage = "serviceAccount:fn-aggregate-usage@example-daybook.iam.gserviceaccount.com" }
    max_delivery_attempts      = 5
    retention_days             = 7
    persistence_regions        = ["us-central1"]
    subscriptions              = { "usage.checkpointed.validate-usage" = { topic = "usage.checkpointed", push_endpoint = "https://validate.example", ack_deadline_seconds = 60 } }
    dead_letter_receiver       = { function = "alert-failures", push_endpoint = "https://alert.example", ack_deadline_seconds = 60 }
  }

  assert {
    condition = alltrue([
      for one in google_pubsub_subscription.push :
      one.retain_acked_messages && one.expiration_policy[0].ttl == "" && one.retry_policy[0].minimum_backoff == "10s" && one.dead_letter_policy[0].max_delivery_attempts == 5 && one.push_config[0].oidc_token[0].audience == one.push_config[0].push_endpoint
    ])
    error_message = "Each subscription keeps what it acknowledged, never expires, backs off, has dead letters, and signs its pushes."
  }

  assert {
    condition     = google_pubsub_subscription.dead_letters.name == "dead-letters.alert-failures" && google_pubsub_subscription.dead_letters.expiration_policy[0].ttl == ""
    error_message = "The dead letters have a subscription of their own."
  }

  assert {
    condition     = google_pubsub_topic_iam_member.dead_letters_publisher.role == "roles/pubsub.publisher" && toset(keys(google_pubsub_subscription_iam_member.dead_letters_subscriber)) == toset(keys(google_pubsub_subscription.push)) && google_service_account_iam_member.push_token_creator.role == "roles/iam.serviceAccountTokenCreator"
    error_message = "Pub/Sub's own account can move messages to the dead letters and sign its pushes."
  }

  assert {
    condition     = keys(google_pubsub_topic_iam_member.publisher) == ["usage.checkpointed/aggregate-usage"]
    error_message = "Whoever commits facts may publish them."
  }
}

run "an_acknowledge_deadline_beyond_pubsub_is_refused" {
  command = plan

  module {
    source = "./modules/events"
  }

  variables {
    project_id                 = "example-daybook"
    project_number             = "123456789012"
    topics                     = ["usage.checkpointed"]
    push_service_account_email = "push@example"
    push_service_account_name  = "push"
    publishers                 = {}
    max_delivery_attempts      = 5
    retention_days             = 7
    persistence_regions        = ["us-central1"]
    subscriptions              = { "usage.checkpointed.validate-usage" = { topic = "usage.checkpointed", push_endpoint = "https://validate.example", ack_deadline_seconds = 900 } }
    dead_letter_receiver       = { function = "alert-failures", push_endpoint = "https://alert.example", ack_deadline_seconds = 60 }
  }

  expect_failures = [var.subscriptions]
}

run "database" {
  command = apply

  module {
    source = "./modules/database"
  }

  variables {
    project_id       = "example-daybook"
    name             = "daybook"
    region           = "us-central1"
    subnetworks      = { us-central1 = "10.20.0.0/24" }
    tier             = "db-custom-1-3840"
    highly_available = true
    disk_gb          = 20
    max_connections  = 200
    backups          = 30
    recovery_days    = 7
    administrators   = ["engineer@example.com"]
    service_accounts = { sweep-outbox = "fn-sweep-outbox@example-daybook.iam.gserviceaccount.com" }
  }

  assert {
    condition     = google_sql_database_instance.primary.deletion_protection && google_sql_database_instance.primary.settings[0].deletion_protection_enabled
    error_message = "The financial truth is protected against deletion, in Terraform and in the API."
  }

  assert {
    condition     = google_sql_database_instance.primary.settings[0].backup_configuration[0].point_in_time_recovery_enabled && google_sql_database_instance.primary.settings[0].availability_type == "REGIONAL"
    error_message = "The database can be recovered to any instant, and has a standby."
  }

  assert {
    condition     = !google_sql_database_instance.primary.settings[0].ip_configuration[0].ipv4_enabled && google_sql_database_instance.primary.settings[0].ip_configuration[0].ssl_mode == "ENCRYPTED_ONLY"
    error_message = "The database has no public address and takes encrypted connections alone."
  }

  assert {
    condition     = one([for flag in google_sql_database_instance.primary.settings[0].database_flags : flag.value if flag.name == "cloudsql.iam_authentication"]) == "on"
    error_message = "Functions sign in with their identity."
  }

  assert {
    condition     = keys(google_sql_user.administrator) == ["engineer@example.com"]
    error_message = "People can sign in to migrate and to inspect."
  }

  assert {
    condition     = google_sql_user.function["sweep-outbox"].name == "fn-sweep-outbox@example-daybook.iam" && google_sql_user.function["sweep-outbox"].type == "CLOUD_IAM_SERVICE_ACCOUNT"
    error_message = "A service account's user is its e-mail without the last part."
  }
}

run "access" {
  command = apply

  module {
    source = "./modules/access"
  }

  variables {
    project_id        = "example-daybook"
    contact_email     = "oncall@example.com"
    secrets           = { STRIPE_API_KEY = "daybook-stripe-api-key", SLACK_WEBHOOK_URL = "daybook-slack-webhook-url" }
    bigquery_datasets = [{ project = "example-telemetry", dataset = "usage" }]
    functions = {
      issue-invoices  = { purpose = "Issues.", uses = ["postgres", "stripe"], roles = ["roles/cloudsql.client"], secrets = { STRIPE_API_KEY = "daybook-stripe-api-key" } }
      aggregate-usage = { purpose = "Reads.", uses = ["postgres", "bigquery"], roles = ["roles/bigquery.jobUser"], secrets = {} }
    }
  }

  assert {
    condition     = keys(google_secret_manager_secret_iam_member.reader) == ["issue-invoices/STRIPE_API_KEY"]
    error_message = "A secret is read by the functions that ask for it, and by no other."
  }

  assert {
    condition     = keys(google_bigquery_dataset_iam_member.reader) == ["aggregate-usage/example-telemetry.usage"]
    error_message = "Datasets are read by the functions that use BigQuery."
  }

  assert {
    condition     = contains(keys(google_project_iam_member.function), "issue-invoices/roles/cloudsql.client") && !contains(keys(google_project_iam_member.function), "issue-invoices/roles/bigquery.jobUser")
    error_message = "A function has the roles of its manifest, and no other's."
  }

  assert {
    condition     = length(google_secret_manager_secret.secret) == 2
    error_message = "Each secret exists; its value is added by hand."
  }
}

run "observability" {
  command = apply

  module {
    source = "./modules/observability"
  }

  variables {
    project_id      = "example-daybook"
    project_number  = "123456789012"
    functions       = ["sweep-outbox"]
    subscriptions   = ["usage.checkpointed.validate-usage"]
    database        = "daybook"
    max_connections = 200
    emails          = ["oncall@example.com"]
    runbook_url     = "https://runbook.example/RUNBOOK.md"
    billing_account = "000000-000000-000000"
    monthly_budget  = 200

    metrics = {
      outbox_lag_seconds = {
        title  = "Outbox lag"
        help   = "how long the oldest fact waits"
        unit   = "s"
        metric = { name = "daybook_outbox_lag_seconds", filter = "jsonPayload.signal=\"outbox_lag_seconds\"", metricKind = "DELTA", valueType = "DISTRIBUTION", valueExtractor = "EXTRACT(jsonPayload.value)", labelExtractors = {}, exponentialBuckets = { numFiniteBuckets = 64, growthFactor = 1.4, scale = 0.01 } }
        chart  = { title = "Outbox lag", unit = "s", promql = "outbox_lag_seconds" }
        alerts = { outbox-lag = { severity = "critical", summary = "facts wait in the outbox", promql = "outbox_lag_seconds > 600", durationSeconds = 300, runbook = "outbox-lag" } }
      }
    }
  }

  assert {
    condition     = google_monitoring_alert_policy.signal["outbox-lag"].severity == "CRITICAL" && endswith(google_monitoring_alert_policy.signal["outbox-lag"].documentation[0].content, "RUNBOOK.md#outbox-lag") && length(google_monitoring_alert_policy.signal["outbox-lag"].notification_channels) == 1
    error_message = "Each alert is sent to people, with the part of the runbook that helps."
  }

  assert {
    condition     = toset(keys(google_monitoring_alert_policy.database)) == toset(["database-connections", "database-disk", "database-down"])
    error_message = "The database is watched from outside."
  }

  assert {
    condition     = strcontains(google_monitoring_alert_policy.subscription.conditions[0].condition_prometheus_query_language[0].query, "usage\\\\.checkpointed\\\\.validate-usage")
    error_message = "Every subscription is watched for events that nobody takes."
  }

  assert {
    condition     = length(jsondecode(google_monitoring_dashboard.jobs.dashboard_json).mosaicLayout.tiles) == 2
    error_message = "The dashboard shows every signal, and what failed."
  }

  assert {
    condition     = length(google_billing_budget.monthly) == 1
    error_message = "A budget tells before the month is over."
  }
}
