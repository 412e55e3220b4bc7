output "topics" {
  description = "Names of the topics, the dead letters among them."
  value       = concat(sort([for topic in google_pubsub_topic.topic : topic.name]), [google_pubsub_topic.dead_letters.name])
}

output "subscriptions" {
  description = "Names of the subscriptions, the dead letters' own among them."
  value       = concat(sort([for one in google_pubsub_subscription.push : one.name]), [google_pubsub_subscription.dead_letters.name])
}
