output "uri" {
  description = "Address of the function; also the audience of the tokens that it takes."
  value       = google_cloudfunctions2_function.function.service_config[0].uri
}

output "name" {
  description = "Name of the function."
  value       = google_cloudfunctions2_function.function.name
}

output "job" {
  description = "Name of its Cloud Scheduler job; null without a schedule."
  value       = one(google_cloud_scheduler_job.schedule[*].name)
}
