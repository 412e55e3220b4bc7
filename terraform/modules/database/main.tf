# PostgreSQL, the source of financial truth, on a private address; and the network that the functions reach it through.

resource "google_compute_network" "network" {
  project                 = var.project_id
  name                    = var.name
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "region" {
  for_each = var.subnetworks

  project                  = var.project_id
  name                     = "${var.name}-${each.key}"
  region                   = each.key
  network                  = google_compute_network.network.id
  ip_cidr_range            = each.value
  private_ip_google_access = true
}

resource "google_compute_global_address" "services" {
  project       = var.project_id
  name          = "${var.name}-services"
  network       = google_compute_network.network.id
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 16
}

resource "google_service_networking_connection" "services" {
  network                 = google_compute_network.network.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services.name]
}

resource "google_sql_database_instance" "primary" {
  project             = var.project_id
  name                = var.name
  region              = var.region
  database_version    = var.database_version
  deletion_protection = var.deletion_protection

  settings {
    tier                        = var.tier
    edition                     = var.edition
    availability_type           = var.highly_available ? "REGIONAL" : "ZONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = var.disk_gb
    disk_autoresize             = true
    deletion_protection_enabled = var.deletion_protection
    user_labels                 = var.labels

    # A restored day is worthless without the minutes after it: the log of changes is kept beside the backups.
    backup_configuration {
      enabled                        = true
      start_time                     = "00:30"
      location                       = var.backup_location
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = var.recovery_days

      backup_retention_settings {
        retained_backups = var.backups
        retention_unit   = "COUNT"
      }
    }

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.network.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    # Sunday, before the daily aggregation of any region begins; a week after the first instances got it.
    maintenance_window {
      day          = 7
      hour         = 0
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled  = true
      record_application_tags = true
      query_plans_per_minute  = 5
      query_string_length     = 1024
    }

    dynamic "database_flags" {
      for_each = local.flags
      iterator = flag
      content {
        name  = flag.key
        value = flag.value
      }
    }
  }

  depends_on = [google_service_networking_connection.services]

  lifecycle {
    # Grown by autoresize.
    ignore_changes = [settings[0].disk_size]
  }
}

locals {
  flags = {
    "cloudsql.iam_authentication" = "on"
    "max_connections"             = tostring(var.max_connections)
    # A function that was killed in a transaction must not hold its locks; no statement of ours takes so long.
    "idle_in_transaction_session_timeout" = "60000"
    "statement_timeout"                   = "600000"
    "log_min_duration_statement"          = "5000"
    "log_lock_waits"                      = "on"
  }
}

resource "google_sql_database" "daybook" {
  project         = var.project_id
  name            = "daybook"
  instance        = google_sql_database_instance.primary.name
  deletion_policy = "ABANDON"
}

# Each function signs in as itself, with a token instead of a password.
resource "google_sql_user" "function" {
  for_each = var.service_accounts

  project         = var.project_id
  instance        = google_sql_database_instance.primary.name
  name            = trimsuffix(each.value, ".gserviceaccount.com")
  type            = "CLOUD_IAM_SERVICE_ACCOUNT"
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "administrator" {
  for_each = var.administrators

  project         = var.project_id
  instance        = google_sql_database_instance.primary.name
  name            = each.value
  type            = "CLOUD_IAM_USER"
  deletion_policy = "ABANDON"
}
