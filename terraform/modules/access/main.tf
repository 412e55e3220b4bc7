# Who is who, and who may do what. Each function has an identity of its own with what its manifest says that it uses,
# and nothing else. The values of secrets are added by hand: they never enter Terraform's state.

resource "google_service_account" "function" {
  for_each = var.functions

  project      = var.project_id
  account_id   = "fn-${each.key}"
  display_name = each.value.purpose
}

# Cloud Scheduler and Pub/Sub call the functions as these two.
resource "google_service_account" "scheduler" {
  project      = var.project_id
  account_id   = "daybook-scheduler"
  display_name = "Fires the schedules"
}

resource "google_service_account" "push" {
  project      = var.project_id
  account_id   = "daybook-push"
  display_name = "Pushes events to the functions"
}

locals {
  roles_of_all = ["roles/cloudtrace.agent", "roles/monitoring.metricWriter", "roles/logging.logWriter"]

  project_roles = merge([
    for name, function in var.functions : {
      for role in concat(local.roles_of_all, function.roles) :
      "${name}/${role}" => { function = name, role = role }
    }
  ]...)

  secret_readers = merge([
    for name, function in var.functions : {
      for variable, secret in function.secrets : "${name}/${variable}" => { function = name, secret = secret }
    }
  ]...)

  dataset_readers = merge([
    for name, function in var.functions : {
      for dataset in var.bigquery_datasets : "${name}/${dataset.project}.${dataset.dataset}" => merge(dataset, { function = name })
    } if contains(function.uses, "bigquery")
  ]...)
}

resource "google_project_iam_member" "function" {
  for_each = local.project_roles

  project = var.project_id
  role    = each.value.role
  member  = google_service_account.function[each.value.function].member
}

resource "google_bigquery_dataset_iam_member" "reader" {
  for_each = local.dataset_readers

  project    = each.value.project
  dataset_id = each.value.dataset
  role       = "roles/bigquery.dataViewer"
  member     = google_service_account.function[each.value.function].member
}

resource "google_secret_manager_secret" "secret" {
  for_each = toset(values(var.secrets))

  project   = var.project_id
  secret_id = each.value
  labels    = var.labels

  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = local.secret_readers

  project   = var.project_id
  secret_id = google_secret_manager_secret.secret[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member
}

# A query that reads too much is stopped by its own limit first; this stops a source that was configured wrongly.
resource "google_cloud_quotas_quota_preference" "bigquery_daily" {
  count = var.bigquery_mib_per_day == null ? 0 : 1

  parent        = "projects/${var.project_id}"
  name          = "daybook-bigquery-daily"
  service       = "bigquery.googleapis.com"
  quota_id      = "QueryUsagePerDay"
  contact_email = var.contact_email

  quota_config {
    preferred_value = var.bigquery_mib_per_day
  }
}
