output "alerts" {
  description = "Names of the alert policies: the signals' and those of the database and the subscriptions."
  value       = concat(sort(keys(local.alerts)), sort(keys(google_monitoring_alert_policy.database)), ["events-not-taken"])
}

output "dashboard" {
  description = "Id of the dashboard."
  value       = google_monitoring_dashboard.jobs.id
}
