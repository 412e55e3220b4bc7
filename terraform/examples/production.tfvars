# Three regions, up to ten thousand customers: a standby in another zone, longer recovery, more workers, warm receivers of
# Stripe's webhooks. About 1,000 USD a month; see CAPACITY.md.

project_id  = "example-daybook-production"
home_region = "us-central1"

regions = {
  us-central1     = { subnetwork_range = "10.30.0.0/24" }
  europe-west1    = { subnetwork_range = "10.30.1.0/24" }
  asia-northeast1 = { subnetwork_range = "10.30.2.0/24" }
}

source_archive = "../dist/daybook.zip"

database = {
  tier             = "db-custom-4-15360"
  edition          = "ENTERPRISE"
  highly_available = true
  disk_gb          = 100
  max_connections  = 400
  backups          = 60
  recovery_days    = 7
  administrators   = ["billing-engineer@example.com", "platform-engineer@example.com"]
}

sizes = {
  aggregate-usage       = { memory = "2Gi" }
  price-usage           = { max_instances = 20 }
  issue-invoices        = { max_instances = 16 }
  receive-stripe-events = { min_instances = 1, max_instances = 6 }
}

usage = {
  prometheus = { telemetry = "https://monitoring.googleapis.com/v1/projects/example-daybook-production/location/global/prometheus" }
  bigquery_datasets = [
    { project = "example-telemetry", dataset = "usage_us" },
    { project = "example-telemetry", dataset = "usage_eu" },
    { project = "example-telemetry", dataset = "usage_asia" },
  ]
  bigquery_mib_day = 1048576
}

domains = {
  console = "https://billing.example.com"
}

operators = ["group:billing@example.com", "group:finance@example.com"]

alerts = {
  emails          = ["billing-oncall@example.com", "finance-systems@example.com"]
  billing_account = "000000-000000-000000"
  monthly_budget  = 1200
}

replay_days = 14
