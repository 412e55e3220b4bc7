variable "project_id" {
  description = "Google Cloud project that everything lives in."
  type        = string
}

variable "home_region" {
  description = "Region of the database and of every function that does not work for one region alone."
  type        = string
}

variable "regions" {
  description = <<-EOT
    Regions whose usage is billed, each with a worker of its own: region → the range of addresses of its subnetwork and,
    where Cloud Scheduler is not offered in the region, the region of its jobs. The home region needs an entry in
    home_subnetwork_range only if it is not among these.
  EOT
  type = map(object({
    subnetwork_range = string
    scheduler_region = optional(string)
  }))

  validation {
    condition     = length(var.regions) > 0
    error_message = "Name at least one region whose usage is billed."
  }
}

variable "home_subnetwork_range" {
  description = "Range of the home region's subnetwork, when the home region is not one of the regions."
  type        = string
  default     = "10.20.0.0/24"
}

variable "database" {
  description = "Size and care of the database. recovery_days: 1 to 7, with ENTERPRISE_PLUS up to 35."
  type = object({
    tier                = string
    edition             = optional(string, "ENTERPRISE")
    highly_available    = optional(bool, true)
    disk_gb             = optional(number, 20)
    max_connections     = optional(number, 100)
    backups             = optional(number, 30)
    recovery_days       = optional(number, 7)
    backup_location     = optional(string)
    deletion_protection = optional(bool, true)
    administrators      = optional(set(string), [])
  })
}

variable "source_archive" {
  description = "Path of the archive that `npm run archive` has written."
  type        = string

  validation {
    condition     = endswith(var.source_archive, ".zip")
    error_message = "The archive is a .zip; npm run archive writes it and prints its path."
  }
}

variable "secrets" {
  description = "Ids of the secrets in Secret Manager. Their values are added by hand: see the runbook."
  type = object({
    stripe_api_key         = optional(string, "daybook-stripe-api-key")
    stripe_webhook_secrets = optional(string, "daybook-stripe-webhook-secrets")
    slack_webhook_url      = optional(string, "daybook-slack-webhook-url")
  })
  default = {}
}

variable "domains" {
  description = "Addresses that people know, when there are any: https://… of the console, for the links in alerts."
  type = object({
    console = optional(string)
  })
  default = {}
}

variable "sizes" {
  description = "Where a function needs another size than its manifest says: function → what differs."
  type = map(object({
    memory        = optional(string)
    min_instances = optional(number)
    max_instances = optional(number)
    concurrency   = optional(number)
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.sizes) : contains(keys(jsondecode(file("${path.module}/generated/functions.json")).functions), name)])
    error_message = "sizes names a function that has no manifest: see the table of functions in the README."
  }
}

variable "operators" {
  description = "Who may open the console: IAM members, like group:billing@example.com."
  type        = set(string)
  default     = []
}

variable "usage" {
  description = "Where usage is read from: names of Prometheus servers (as usage sources name them) and their addresses, and the BigQuery datasets."
  type = object({
    prometheus        = optional(map(string), {})
    bigquery_datasets = optional(list(object({ project = string, dataset = string })), [])
    bigquery_mib_day  = optional(number)
  })
  default = {}
}

variable "alerts" {
  description = "Whom Cloud Monitoring tells, and the monthly budget (in whole units of its currency; null for none)."
  type = object({
    emails          = set(string)
    runbook_url     = optional(string, "https://github.com/daybook/daybook/blob/main/terraform/RUNBOOK.md")
    billing_account = optional(string)
    monthly_budget  = optional(number)
    budget_currency = optional(string, "USD")
  })
}

variable "replay_days" {
  description = "How long Pub/Sub keeps messages for a replay: 1 to 31 days."
  type        = number
  default     = 7
}

variable "traces_endpoint" {
  description = "Where OpenTelemetry's spans go over OTLP; null for no traces."
  type        = string
  default     = "https://telemetry.googleapis.com"
}

variable "labels" {
  description = "Labels of everything that takes some."
  type        = map(string)
  default     = { application = "daybook" }
}
