output "emails" {
  description = "Function → e-mail of its service account."
  value       = { for name, account in google_service_account.function : name => account.email }
}

output "members" {
  description = "Function → the same as an IAM member."
  value       = { for name, account in google_service_account.function : name => account.member }
}

output "scheduler" {
  description = "Identity of Cloud Scheduler's calls."
  value       = { email = google_service_account.scheduler.email, member = google_service_account.scheduler.member }
}

output "push" {
  description = "Identity of Pub/Sub's pushes."
  value = {
    email  = google_service_account.push.email
    member = google_service_account.push.member
    name   = google_service_account.push.name
  }
}
