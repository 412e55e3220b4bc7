variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "name" {
  description = "Name of the instance and of the network."
  type        = string
}

variable "region" {
  description = "Region of the instance."
  type        = string
}

variable "subnetworks" {
  description = "Region → range of the addresses that functions take there (a /24 or larger), like 10.10.0.0/24."
  type        = map(string)

  validation {
    condition     = alltrue([for range in values(var.subnetworks) : can(cidrhost(range, 0)) && tonumber(split("/", range)[1]) <= 26])
    error_message = "Each region needs a range of at least a /26: Cloud Run takes two addresses for each instance."
  }
}

variable "database_version" {
  description = "Version of PostgreSQL; the migrations are tested on 18."
  type        = string
  default     = "POSTGRES_18"
}

variable "tier" {
  description = "Machine of the instance, like db-custom-2-7680 (processors, MB of memory)."
  type        = string
}

variable "edition" {
  description = "ENTERPRISE or ENTERPRISE_PLUS."
  type        = string
  default     = "ENTERPRISE"
}

variable "highly_available" {
  description = "Whether a standby in another zone takes over."
  type        = bool
}

variable "disk_gb" {
  description = "Disk to begin with; it grows by itself."
  type        = number
}

variable "max_connections" {
  description = "Connections that the server allows."
  type        = number
}

variable "backups" {
  description = "Daily backups that are kept."
  type        = number
}

variable "recovery_days" {
  description = "Days back to any instant of which the database can be recovered: 1 to 7, with ENTERPRISE_PLUS 35."
  type        = number
}

variable "backup_location" {
  description = "Where backups are kept; null for the multi-region nearest to the instance."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether neither Terraform nor the API may delete the instance."
  type        = bool
  default     = true
}

variable "service_accounts" {
  description = "Function → e-mail of its service account, which becomes a user of the database."
  type        = map(string)
}

variable "administrators" {
  description = "People who may sign in to migrate and to inspect, by e-mail."
  type        = set(string)
  default     = []
}

variable "labels" {
  description = "Labels of the instance."
  type        = map(string)
  default     = {}
}
