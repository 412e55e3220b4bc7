# Topics, and one push subscription for each function that takes a topic's facts. What cannot be delivered goes to the
# dead letters, which have a subscription of their own; acknowledged messages are kept, so that a topic can be replayed.

locals {
  dead_letters = "dead-letters"
  # Pub/Sub itself moves messages to the dead letters and signs the tokens of its pushes, as this account.
  service_agent = "serviceAccount:service-${var.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_topic" "topic" {
  for_each = var.topics

  project                    = var.project_id
  name                       = each.value
  labels                     = var.labels
  message_retention_duration = "${var.retention_days * 86400}s"

  message_storage_policy {
    allowed_persistence_regions = var.persistence_regions
  }
}

resource "google_pubsub_topic" "dead_letters" {
  project                    = var.project_id
  name                       = local.dead_letters
  labels                     = var.labels
  message_retention_duration = "2678400s"

  message_storage_policy {
    allowed_persistence_regions = var.persistence_regions
  }
}

resource "google_pubsub_subscription" "push" {
  for_each = var.subscriptions

  project                    = var.project_id
  name                       = each.key
  topic                      = google_pubsub_topic.topic[each.value.topic].name
  labels                     = var.labels
  ack_deadline_seconds       = each.value.ack_deadline_seconds
  message_retention_duration = "${var.retention_days * 86400}s"
  retain_acked_messages      = true
  # Order would let one poison message hold up all that follow; every receiver checks versions instead.
  enable_message_ordering = false

  push_config {
    push_endpoint = each.value.push_endpoint

    oidc_token {
      service_account_email = var.push_service_account_email
      audience              = each.value.push_endpoint
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = var.max_delivery_attempts
  }

  expiration_policy {
    ttl = ""
  }
}

# The dead letters' own way to the people who decide about them. It has no further dead letters: it tries until it is taken.
resource "google_pubsub_subscription" "dead_letters" {
  project                    = var.project_id
  name                       = "${local.dead_letters}.${var.dead_letter_receiver.function}"
  topic                      = google_pubsub_topic.dead_letters.name
  labels                     = var.labels
  ack_deadline_seconds       = var.dead_letter_receiver.ack_deadline_seconds
  message_retention_duration = "2678400s"

  push_config {
    push_endpoint = var.dead_letter_receiver.push_endpoint

    oidc_token {
      service_account_email = var.push_service_account_email
      audience              = var.dead_letter_receiver.push_endpoint
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic_iam_member" "dead_letters_publisher" {
  project = var.project_id
  topic   = google_pubsub_topic.dead_letters.name
  role    = "roles/pubsub.publisher"
  member  = local.service_agent
}

resource "google_pubsub_subscription_iam_member" "dead_letters_subscriber" {
  for_each = google_pubsub_subscription.push

  project      = var.project_id
  subscription = each.value.name
  role         = "roles/pubsub.subscriber"
  member       = local.service_agent
}

resource "google_service_account_iam_member" "push_token_creator" {
  service_account_id = var.push_service_account_name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.service_agent
}

# The outbox is one queue: whoever commits facts may publish what an earlier crash left, of any topic.
resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = {
    for pair in setproduct(keys(google_pubsub_topic.topic), keys(var.publishers)) :
    "${pair[0]}/${pair[1]}" => { topic = pair[0], member = var.publishers[pair[1]] }
  }

  project = var.project_id
  topic   = google_pubsub_topic.topic[each.value.topic].name
  role    = "roles/pubsub.publisher"
  member  = each.value.member
}
