output "functions" {
  description = "Function → its address in the home region."
  value       = { for name, function in module.function : name => function.uri }
}

output "workers" {
  description = "Region → function → address."
  value       = { for region, worker in module.regional_worker : region => worker.uris }
}

output "jobs" {
  description = "Cloud Scheduler's jobs."
  value = sort(concat(
    compact([for function in module.function : function.job]),
    flatten([for worker in module.regional_worker : worker.jobs]),
  ))
}

output "topics" {
  description = "Pub/Sub's topics."
  value       = module.events.topics
}

output "subscriptions" {
  description = "Pub/Sub's subscriptions."
  value       = module.events.subscriptions
}

output "database" {
  description = "Connection name of the database, as the connector and the proxy take it."
  value       = module.database.connection_name
}

output "stripe_webhook_endpoint" {
  description = "Address to enter in Stripe as the webhook's endpoint."
  value       = try(one([for name, one in local.functions : module.function[name].uri if one.caller == "stripe"]), null)
}

output "database_grants" {
  description = "SQL that lets each function's identity act as the application's role, and as those that few may take; run it once after the first migration."
  value = join("\n", [
    for name, user in module.database.users :
    format("grant %s to \"%s\";", join(", ", concat(
      ["daybook_app"],
      name == "console" ? ["daybook_checker"] : [],
      contains(["console", "refresh-usage"], name) ? ["daybook_visibility"] : [],
    )), user)
  ])
}
