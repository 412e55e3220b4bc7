variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "functions" {
  description = "Function → what it is for, the parts of the world that it uses, its roles on the project, and its secrets (environment variable → secret's id)."
  type = map(object({
    purpose = string
    uses    = list(string)
    roles   = list(string)
    secrets = map(string)
  }))

  validation {
    condition     = alltrue([for name in keys(var.functions) : length(name) <= 27])
    error_message = "A function's name has at most 27 characters: with fn- before it, it names a service account."
  }
}

variable "secrets" {
  description = "Environment variable → id of the secret in Secret Manager."
  type        = map(string)
}

variable "bigquery_datasets" {
  description = "Datasets that usage is read from."
  type = list(object({
    project = string
    dataset = string
  }))
  default = []
}

variable "bigquery_mib_per_day" {
  description = "Most that queries of the project may read in a day, in MiB; null leaves the quota alone."
  type        = number
  default     = null
}

variable "contact_email" {
  description = "Who is asked about a change of quotas."
  type        = string
}

variable "labels" {
  description = "Labels of the secrets."
  type        = map(string)
  default     = {}
}
