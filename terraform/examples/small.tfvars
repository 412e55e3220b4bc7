# A first installation in three regions, for up to some hundred customers: the smallest dedicated machine for the database,
# no standby, everything else scales to zero. About 65 USD a month; see CAPACITY.md.

project_id  = "example-daybook"
home_region = "us-central1"

regions = {
  us-central1     = { subnetwork_range = "10.20.0.0/24" }
  europe-west1    = { subnetwork_range = "10.20.1.0/24" }
  asia-northeast1 = { subnetwork_range = "10.20.2.0/24" }
}

source_archive = "../dist/daybook.zip"

database = {
  tier             = "db-custom-1-3840"
  highly_available = false
  max_connections  = 200
  backups          = 14
  administrators   = ["billing-engineer@example.com"]
}

usage = {
  prometheus        = { telemetry = "https://monitoring.googleapis.com/v1/projects/example-daybook/location/global/prometheus" }
  bigquery_datasets = [{ project = "example-telemetry", dataset = "usage" }]
  bigquery_mib_day  = 102400
}

operators = ["group:billing@example.com"]

alerts = {
  emails          = ["billing-oncall@example.com"]
  billing_account = "000000-000000-000000"
  monthly_budget  = 200
}
