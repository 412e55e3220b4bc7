# What works in one region for the usage of that region: every function whose schedule fires once per region.

module "function" {
  source   = "../function"
  for_each = var.functions

  project_id            = var.project_id
  region                = var.region
  name                  = each.key
  entry_point           = each.value.entry_point
  description           = each.value.description
  labels                = merge(var.labels, { region = var.region })
  source_archive        = var.source_archive
  service_account_email = each.value.service_account_email
  environment           = each.value.environment
  secrets               = each.value.secrets
  memory                = each.value.memory
  timeout_seconds       = each.value.timeout_seconds
  min_instances         = each.value.min_instances
  max_instances         = each.value.max_instances
  concurrency           = each.value.concurrency
  network               = var.network
  subnetwork            = var.subnetwork

  invokers = { scheduler = "serviceAccount:${var.scheduler_service_account_email}" }

  schedule = {
    job_name              = "${each.key}-${var.region}"
    cron                  = each.value.cron
    query                 = "?region=${var.region}"
    scheduler_region      = var.scheduler_region
    service_account_email = var.scheduler_service_account_email
  }
}
