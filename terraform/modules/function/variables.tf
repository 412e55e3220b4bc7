variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "region" {
  description = "Where the function runs."
  type        = string
}

variable "name" {
  description = "Name of the function, as in the manifests; unique in the region."
  type        = string
}

variable "entry_point" {
  description = "Name that the function is registered under in the source archive."
  type        = string
}

variable "description" {
  description = "What the function does, in one sentence."
  type        = string
}

variable "labels" {
  description = "Labels of the function."
  type        = map(string)
  default     = {}
}

variable "source_archive" {
  description = "The object that holds the built archive. Its name carries the hash of its content."
  type = object({
    bucket = string
    object = string
  })
}

variable "service_account_email" {
  description = "Identity that the function runs as."
  type        = string
}

variable "environment" {
  description = "Environment variables; none of them is a secret."
  type        = map(string)
}

variable "secrets" {
  description = "Environment variable → id of the secret that it is read from."
  type        = map(string)
  default     = {}
}

variable "memory" {
  description = "Memory of an instance, like 512Mi."
  type        = string
}

variable "cpu" {
  description = "Processors of an instance; below 1 a concurrency above 1 is refused by Cloud Run."
  type        = string
  default     = "1"
}

variable "timeout_seconds" {
  description = "Longest time of one call; the deadline of its pushes and firings follows it."
  type        = number

  validation {
    condition     = var.timeout_seconds >= 10 && var.timeout_seconds <= 3600
    error_message = "A function may take from 10 to 3600 seconds."
  }
}

variable "min_instances" {
  description = "Instances that are kept warm."
  type        = number
  default     = 0
}

variable "max_instances" {
  description = "Most instances at once. Over all functions, instances × pool size stays below the database's max_connections."
  type        = number
}

variable "concurrency" {
  description = "Requests that one instance takes at once."
  type        = number
  default     = 1
}

variable "network" {
  description = "Network through which the database is reached."
  type        = string
}

variable "subnetwork" {
  description = "Subnetwork of the region that instances take their addresses from."
  type        = string
}

variable "invokers" {
  description = "Who may call the function: a fixed name → an IAM member."
  type        = map(string)
  default     = {}
}

variable "schedule" {
  description = "When Cloud Scheduler calls the function; null for none. query is empty or begins with a question mark."
  type = object({
    job_name              = string
    cron                  = string
    query                 = optional(string, "")
    scheduler_region      = optional(string)
    service_account_email = string
  })
  default = null
}
