variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "project_number" {
  description = "Number of the project; names Pub/Sub's own account."
  type        = string
}

variable "topics" {
  description = "Names of the topics, as in the manifests."
  type        = set(string)
}

variable "subscriptions" {
  description = "Name of a push subscription → its topic, receiver's address and deadline."
  type = map(object({
    topic                = string
    push_endpoint        = string
    ack_deadline_seconds = number
  }))

  validation {
    condition     = alltrue([for one in values(var.subscriptions) : one.ack_deadline_seconds >= 10 && one.ack_deadline_seconds <= 600])
    error_message = "Pub/Sub takes an acknowledge deadline from 10 to 600 seconds."
  }
}

variable "dead_letter_receiver" {
  description = "The function that keeps dead letters."
  type = object({
    function             = string
    push_endpoint        = string
    ack_deadline_seconds = number
  })
}

variable "publishers" {
  description = "Function → IAM member that publishes its facts."
  type        = map(string)
}

variable "push_service_account_email" {
  description = "Identity of the pushes."
  type        = string
}

variable "push_service_account_name" {
  description = "The same identity as a resource name."
  type        = string
}

variable "max_delivery_attempts" {
  description = "Deliveries after which a message is a dead letter."
  type        = number

  validation {
    condition     = var.max_delivery_attempts >= 5 && var.max_delivery_attempts <= 100
    error_message = "Pub/Sub takes from 5 to 100 delivery attempts."
  }
}

variable "retention_days" {
  description = "How long messages are kept for a replay, from 1 to 31 days."
  type        = number

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 31
    error_message = "Pub/Sub keeps messages from 1 to 31 days."
  }
}

variable "persistence_regions" {
  description = "Regions that messages may be stored in."
  type        = list(string)
}

variable "labels" {
  description = "Labels of topics and subscriptions."
  type        = map(string)
  default     = {}
}
