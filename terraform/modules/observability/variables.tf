variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "project_number" {
  description = "Number of the project; the budget is for it alone."
  type        = string
}

variable "functions" {
  description = "Names of the functions."
  type        = list(string)
}

variable "subscriptions" {
  description = "Names of the push subscriptions."
  type        = list(string)
}

variable "metrics" {
  description = "The signals, as generated/metrics.json describes them: log-based metric, chart and alerts of each."
  type        = any
}

variable "database" {
  description = "Name of the database instance."
  type        = string
}

variable "max_connections" {
  description = "Connections that the database allows."
  type        = number
}

variable "emails" {
  description = "Whom alerts are sent to."
  type        = set(string)

  validation {
    condition     = length(var.emails) > 0
    error_message = "Somebody must be told: name at least one address in alerts.emails."
  }
}

variable "runbook_url" {
  description = "Where the runbook is; each alert links to its own part."
  type        = string
}

variable "billing_account" {
  description = "Billing account of the budget; null for none."
  type        = string
  default     = null
}

variable "monthly_budget" {
  description = "Monthly budget in whole units of its currency; null for none."
  type        = number
  default     = null
}

variable "budget_currency" {
  description = "Currency of the billing account."
  type        = string
  default     = "USD"
}

variable "labels" {
  description = "Labels of channels, policies and the dashboard."
  type        = map(string)
  default     = {}
}
