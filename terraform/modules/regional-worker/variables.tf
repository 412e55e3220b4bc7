variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "region" {
  description = "Region whose usage is read, and where the worker runs."
  type        = string
}

variable "scheduler_region" {
  description = "Where the jobs live, when Cloud Scheduler is not offered in the region itself; null for the region."
  type        = string
  default     = null
}

variable "functions" {
  description = "Functions that fire once per region, by name."
  type = map(object({
    entry_point           = string
    description           = string
    cron                  = string
    service_account_email = string
    environment           = map(string)
    secrets               = map(string)
    memory                = string
    timeout_seconds       = number
    min_instances         = number
    max_instances         = number
    concurrency           = number
  }))
}

variable "labels" {
  description = "Labels of every function."
  type        = map(string)
  default     = {}
}

variable "source_archive" {
  description = "The object that holds the built archive."
  type = object({
    bucket = string
    object = string
  })
}

variable "network" {
  description = "Network through which the database is reached."
  type        = string
}

variable "subnetwork" {
  description = "Subnetwork of this region."
  type        = string
}

variable "scheduler_service_account_email" {
  description = "Identity that Cloud Scheduler calls with."
  type        = string
}
