output "uris" {
  description = "Function → address in this region."
  value       = { for name, function in module.function : name => function.uri }
}

output "jobs" {
  description = "Names of the Cloud Scheduler jobs of this region."
  value       = [for function in module.function : function.job]
}
