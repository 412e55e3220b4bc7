# Daybook on Google Cloud. What is deployed follows from generated/functions.json, which is written from the functions'
# manifests: a new function, topic, subscription or schedule needs nothing here.

provider "google" {
  project               = var.project_id
  region                = var.home_region
  user_project_override = true
  billing_project       = var.project_id
}

data "google_project" "project" {
  project_id = var.project_id
}

resource "google_project_service" "api" {
  for_each = toset([
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudquotas.googleapis.com",
    "cloudscheduler.googleapis.com",
    "cloudtrace.googleapis.com",
    "compute.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "servicenetworking.googleapis.com",
    "sqladmin.googleapis.com",
    "telemetry.googleapis.com",
  ])

  project            = var.project_id
  service            = each.value
  disable_on_destroy = false
}

module "access" {
  source = "./modules/access"

  project_id           = var.project_id
  functions            = { for name, one in local.functions : name => { purpose = one.purpose, uses = one.uses, roles = one.roles, secrets = one.secrets } }
  secrets              = local.secrets
  bigquery_datasets    = var.usage.bigquery_datasets
  bigquery_mib_per_day = var.usage.bigquery_mib_day
  contact_email        = one(slice(sort(var.alerts.emails), 0, 1))
  labels               = var.labels

  depends_on = [google_project_service.api]
}

module "database" {
  source = "./modules/database"

  project_id          = var.project_id
  name                = "daybook"
  region              = var.home_region
  subnetworks         = local.subnetworks
  tier                = var.database.tier
  edition             = var.database.edition
  highly_available    = var.database.highly_available
  disk_gb             = var.database.disk_gb
  max_connections     = var.database.max_connections
  backups             = var.database.backups
  recovery_days       = var.database.recovery_days
  backup_location     = var.database.backup_location
  deletion_protection = var.database.deletion_protection
  service_accounts    = module.access.emails
  administrators      = var.database.administrators
  labels              = var.labels

  depends_on = [google_project_service.api]
}

resource "google_storage_bucket" "source" {
  project                     = var.project_id
  name                        = "${var.project_id}-daybook-source"
  location                    = var.home_region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  labels                      = var.labels

  # An earlier archive is the way back; ninety days of them are kept.
  lifecycle_rule {
    condition {
      age                = 90
      num_newer_versions = 10
    }
    action {
      type = "Delete"
    }
  }

  versioning {
    enabled = true
  }

  depends_on = [google_project_service.api]
}

# The hash in the name makes another archive another object, and so a new revision of every function.
resource "google_storage_bucket_object" "source" {
  bucket = google_storage_bucket.source.name
  name   = "daybook-${filesha256(var.source_archive)}.zip"
  source = var.source_archive
}

# Every function that does not work for one region alone.
module "function" {
  source   = "./modules/function"
  for_each = local.central_functions

  project_id            = var.project_id
  region                = var.home_region
  name                  = each.key
  entry_point           = each.value.entry_point
  description           = each.value.purpose
  labels                = var.labels
  source_archive        = local.source_archive
  service_account_email = module.access.emails[each.key]
  environment           = local.environments[each.key]
  secrets               = each.value.secrets
  memory                = each.value.memory
  timeout_seconds       = each.value.timeout_seconds
  min_instances         = each.value.min_instances
  max_instances         = each.value.max_instances
  concurrency           = each.value.concurrency
  network               = module.database.network
  subnetwork            = module.database.subnetworks[var.home_region]
  invokers              = local.invokers[each.key]

  schedule = each.value.cron == null ? null : {
    job_name              = each.key
    cron                  = each.value.cron
    service_account_email = module.access.scheduler.email
  }

  depends_on = [module.access]
}

module "regional_worker" {
  source   = "./modules/regional-worker"
  for_each = var.regions

  project_id       = var.project_id
  region           = each.key
  scheduler_region = each.value.scheduler_region
  labels           = var.labels
  source_archive   = local.source_archive
  network          = module.database.network
  subnetwork       = module.database.subnetworks[each.key]

  scheduler_service_account_email = module.access.scheduler.email

  functions = {
    for name, one in local.regional_functions : name => {
      entry_point           = one.entry_point
      description           = one.purpose
      cron                  = one.cron
      service_account_email = module.access.emails[name]
      environment           = local.environments[name]
      secrets               = one.secrets
      memory                = one.memory
      timeout_seconds       = one.timeout_seconds
      min_instances         = one.min_instances
      max_instances         = one.max_instances
      concurrency           = one.concurrency
    }
  }

  depends_on = [module.access]
}

module "events" {
  source = "./modules/events"

  project_id                 = var.project_id
  project_number             = data.google_project.project.number
  topics                     = local.topics
  max_delivery_attempts      = local.manifests.deadLetters.maxDeliveryAttempts
  retention_days             = var.replay_days
  persistence_regions        = sort(distinct(concat([var.home_region], keys(var.regions))))
  push_service_account_email = module.access.push.email
  push_service_account_name  = module.access.push.name
  publishers                 = { for name, one in local.functions : name => module.access.members[name] if contains(one.uses, "postgres") }
  labels                     = var.labels

  subscriptions = {
    for name, one in local.subscriptions : name => {
      topic                = one.topic
      push_endpoint        = module.function[one.function].uri
      ack_deadline_seconds = max(10, min(600, local.functions[one.function].timeout_seconds))
    }
  }

  dead_letter_receiver = {
    function             = local.dead_letter_function
    push_endpoint        = module.function[local.dead_letter_function].uri
    ack_deadline_seconds = max(10, min(600, local.functions[local.dead_letter_function].timeout_seconds))
  }
}

module "observability" {
  source = "./modules/observability"

  project_id      = var.project_id
  functions       = keys(local.functions)
  metrics         = local.metrics
  emails          = var.alerts.emails
  runbook_url     = var.alerts.runbook_url
  billing_account = var.alerts.billing_account
  monthly_budget  = var.alerts.monthly_budget
  budget_currency = var.alerts.budget_currency
  project_number  = data.google_project.project.number
  database        = module.database.instance
  max_connections = var.database.max_connections
  subscriptions   = keys(local.subscriptions)
  labels          = var.labels

  depends_on = [google_project_service.api]
}

# Instances × connections must fit into the server, with room for people and for the server itself.
check "connections_fit" {
  assert {
    condition     = local.connections <= var.database.max_connections - 10
    error_message = "The functions may open ${local.connections} connections; max_connections is ${var.database.max_connections} and keeps 10 for people. Lower max_instances in sizes, or raise database.max_connections."
  }
}
