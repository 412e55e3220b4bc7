# One Cloud Run function from the shared source archive, with its schedule when it has one.
# It is private: the only callers are the ones that are named here.

resource "google_cloudfunctions2_function" "function" {
  project     = var.project_id
  location    = var.region
  name        = var.name
  description = var.description
  labels      = var.labels

  build_config {
    runtime     = "nodejs24"
    entry_point = var.entry_point

    source {
      storage_source {
        bucket = var.source_archive.bucket
        object = var.source_archive.object
      }
    }
  }

  service_config {
    available_memory                 = var.memory
    available_cpu                    = var.cpu
    timeout_seconds                  = var.timeout_seconds
    min_instance_count               = var.min_instances
    max_instance_count               = var.max_instances
    max_instance_request_concurrency = var.concurrency
    service_account_email            = var.service_account_email
    environment_variables            = var.environment
    ingress_settings                 = "ALLOW_ALL"
    all_traffic_on_latest_revision   = true

    # Only what has a private address goes through the network: the database.
    direct_vpc_egress = "VPC_EGRESS_PRIVATE_RANGES_ONLY"
    direct_vpc_network_interface {
      network    = var.network
      subnetwork = var.subnetwork
    }

    dynamic "secret_environment_variables" {
      for_each = var.secrets
      iterator = secret
      content {
        key        = secret.key
        project_id = var.project_id
        secret     = secret.value
        version    = "latest"
      }
    }
  }
}

# Cloud Run checks the caller's identity before the function sees the request.
resource "google_cloud_run_service_iam_member" "invoker" {
  for_each = var.invokers

  project  = var.project_id
  location = google_cloudfunctions2_function.function.location
  service  = google_cloudfunctions2_function.function.name
  role     = "roles/run.invoker"
  member   = each.value
}

resource "google_cloud_scheduler_job" "schedule" {
  count = var.schedule == null ? 0 : 1

  project          = var.project_id
  region           = coalesce(var.schedule.scheduler_region, var.region)
  name             = var.schedule.job_name
  description      = var.description
  schedule         = var.schedule.cron
  time_zone        = "Etc/UTC"
  attempt_deadline = "${max(15, min(1800, var.timeout_seconds))}s"

  # A firing that is lost for longer is caught up by the next one, or by hand: every function bears a repeat.
  retry_config {
    retry_count          = 3
    min_backoff_duration = "30s"
    max_backoff_duration = "300s"
    max_doublings        = 3
  }

  http_target {
    http_method = "POST"
    uri         = "${google_cloudfunctions2_function.function.service_config[0].uri}/${var.schedule.query}"

    oidc_token {
      service_account_email = var.schedule.service_account_email
      audience              = google_cloudfunctions2_function.function.service_config[0].uri
    }
  }

  # Operators pause and resume jobs from the console and the command line; an apply leaves that alone.
  lifecycle {
    ignore_changes = [paused]
  }
}
