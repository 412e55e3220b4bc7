# What people watch, and what wakes them: from generated/metrics.json, where each signal states its unit, its alert and the
# part of the runbook that helps. The functions write every signal as a log line; Cloud Logging counts them.

resource "google_logging_metric" "signal" {
  for_each = var.metrics

  project         = var.project_id
  name            = each.value.metric.name
  description     = each.value.help
  filter          = each.value.metric.filter
  value_extractor = each.value.metric.valueExtractor

  label_extractors = each.value.metric.labelExtractors

  metric_descriptor {
    metric_kind  = each.value.metric.metricKind
    value_type   = each.value.metric.valueType
    unit         = each.value.unit
    display_name = each.value.title

    dynamic "labels" {
      for_each = each.value.metric.labelExtractors
      content {
        key        = labels.key
        value_type = "STRING"
      }
    }
  }

  dynamic "bucket_options" {
    for_each = each.value.metric.exponentialBuckets == null ? [] : [each.value.metric.exponentialBuckets]
    content {
      exponential_buckets {
        num_finite_buckets = bucket_options.value.numFiniteBuckets
        growth_factor      = bucket_options.value.growthFactor
        scale              = bucket_options.value.scale
      }
    }
  }
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.emails

  project      = var.project_id
  display_name = each.value
  type         = "email"
  labels       = { email_address = each.value }
  user_labels  = var.labels
}

locals {
  channels = [for channel in google_monitoring_notification_channel.email : channel.name]

  alerts = merge([
    for signal in keys(var.metrics) : {
      for name, alert in var.metrics[signal].alerts : name => merge(alert, { title = var.metrics[signal].title })
    }
  ]...)
}

resource "google_monitoring_alert_policy" "signal" {
  for_each = local.alerts

  project               = var.project_id
  display_name          = "Daybook: ${each.value.summary}"
  combiner              = "OR"
  severity              = upper(each.value.severity)
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = each.value.summary

    condition_prometheus_query_language {
      query               = each.value.promql
      duration            = "${each.value.durationSeconds}s"
      evaluation_interval = "60s"
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Daybook: ${each.value.summary}"
    content   = "What it means, how to check it and what to do: ${var.runbook_url}#${each.value.runbook}"
  }

  depends_on = [google_logging_metric.signal]
}

# The database has its own ways to fail, which no function may live to report.
resource "google_monitoring_alert_policy" "database" {
  for_each = {
    database-disk = {
      summary = "the database's disk is nearly full"
      query   = "max by (database_id) (cloudsql_googleapis_com:database_disk_utilization{database_id=\"${var.project_id}:${var.database}\"}) > 0.9"
    }
    database-connections = {
      summary = "the database runs out of connections"
      query   = "sum by (database_id) (cloudsql_googleapis_com:database_postgresql_num_backends{database_id=\"${var.project_id}:${var.database}\"}) > ${floor(var.max_connections * 0.85)}"
    }
    database-down = {
      summary = "the database is down"
      query   = "min by (database_id) (cloudsql_googleapis_com:database_up{database_id=\"${var.project_id}:${var.database}\"}) < 1"
    }
  }

  project               = var.project_id
  display_name          = "Daybook: ${each.value.summary}"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = each.value.summary

    condition_prometheus_query_language {
      query               = each.value.query
      duration            = "300s"
      evaluation_interval = "60s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Daybook: ${each.value.summary}"
    content   = "What it means, how to check it and what to do: ${var.runbook_url}#${each.key}"
  }
}

# A message that nobody takes: the receiver is down, or answers with an error each time.
resource "google_monitoring_alert_policy" "subscription" {
  project               = var.project_id
  display_name          = "Daybook: events are not taken"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = "the oldest event of a subscription waits for more than half an hour"

    condition_prometheus_query_language {
      query               = "max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{subscription_id=~\"${join("|", [for name in var.subscriptions : replace(name, ".", "\\\\.")])}\"}) > 1800"
      duration            = "300s"
      evaluation_interval = "60s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Daybook: events are not taken"
    content   = "What it means, how to check it and what to do: ${var.runbook_url}#events-not-taken"
  }
}

locals {
  # Twelve columns: three charts a row.
  charts = [
    for index, signal in keys(var.metrics) : {
      xPos   = (index % 3) * 16
      yPos   = floor(index / 3) * 16
      width  = 16
      height = 16
      widget = {
        title = var.metrics[signal].chart.title
        xyChart = {
          dataSets = [{ plotType = "LINE", timeSeriesQuery = { prometheusQuery = var.metrics[signal].chart.promql, unitOverride = var.metrics[signal].chart.unit } }]
        }
      }
    }
  ]
  logs_row = ceil(length(local.charts) / 3) * 16
}

resource "google_monitoring_dashboard" "jobs" {
  project = var.project_id
  dashboard_json = jsonencode({
    displayName = "Daybook"
    labels      = { for key in keys(var.labels) : key => "" }
    mosaicLayout = {
      columns = 48
      tiles = concat(local.charts, [{
        xPos   = 0
        yPos   = local.logs_row
        width  = 48
        height = 24
        widget = {
          title = "What failed"
          logsPanel = {
            filter        = "resource.type=\"cloud_run_revision\" AND severity>=WARNING AND resource.labels.service_name=(${join(" OR ", [for name in sort(var.functions) : "\"${name}\""])})"
            resourceNames = ["projects/${var.project_id}"]
          }
        }
      }])
    }
  })

  depends_on = [google_logging_metric.signal]
}

resource "google_billing_budget" "monthly" {
  count = var.monthly_budget == null || var.billing_account == null ? 0 : 1

  billing_account = var.billing_account
  display_name    = "Daybook in ${var.project_id}"

  budget_filter {
    projects = ["projects/${var.project_number}"]
  }

  amount {
    specified_amount {
      currency_code = var.budget_currency
      units         = tostring(floor(var.monthly_budget))
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  threshold_rules {
    threshold_percent = 1.2
    spend_basis       = "FORECASTED_SPEND"
  }

  all_updates_rule {
    monitoring_notification_channels = local.channels
    disable_default_iam_recipients   = false
  }
}
