output "connection_name" {
  description = "project:region:instance, as the connector takes it."
  value       = google_sql_database_instance.primary.connection_name
}

output "instance" {
  description = "Name of the instance."
  value       = google_sql_database_instance.primary.name
}

output "database" {
  description = "Name of the database."
  value       = google_sql_database.daybook.name
}

output "users" {
  description = "Function → the name that it signs in with."
  value       = { for name, user in google_sql_user.function : name => user.name }
}

output "network" {
  description = "Network of functions and database."
  value       = google_compute_network.network.id
}

output "subnetworks" {
  description = "Region → its subnetwork."
  value       = { for region, subnetwork in google_compute_subnetwork.region : region => subnetwork.id }
}
