# What must be deployed for every manifest, planned with a mocked provider. The values are the small example's.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

variables {
  project_id     = "example-daybook"
  home_region    = "us-central1"
  source_archive = "tests/archive.zip"

  regions = {
    us-central1     = { subnetwork_range = "10.20.0.0/24" }
    europe-west1    = { subnetwork_range = "10.20.1.0/24" }
    asia-northeast1 = { subnetwork_range = "10.20.2.0/24", scheduler_region = "asia-northeast2" }
  }

  database  = { tier = "db-custom-1-3840", max_connections = 300 }
  operators = ["group:billing@example.com"]
  usage     = { bigquery_datasets = [{ project = "example-telemetry", dataset = "usage" }], bigquery_mib_day = 1024 }
  alerts    = { emails = ["oncall@example.com"], billing_account = "000000-000000-000000", monthly_budget = 200 }
}

run "every_manifest_is_deployed" {
  command = apply

  assert {
    condition     = length(setsubtract(keys(local.manifests.functions), concat(keys(output.functions), flatten([for worker in values(output.workers) : keys(worker)])))) == 0
    error_message = "A function of the manifests is not deployed."
  }

  assert {
    condition     = length(output.workers) == 3 && alltrue([for worker in values(output.workers) : length(worker) == length(local.regional_functions)])
    error_message = "Each region has a worker with every regional function."
  }

  assert {
    condition     = toset(output.topics) == toset(concat(keys(local.manifests.topics), [local.manifests.deadLetters.topic]))
    error_message = "Each topic of the manifests exists, and the one of the dead letters."
  }

  assert {
    condition     = toset(output.subscriptions) == toset(concat(keys(local.subscriptions), ["${local.manifests.deadLetters.topic}.${local.dead_letter_function}"]))
    error_message = "Each subscription of the manifests exists, and the dead letters' own."
  }

  assert {
    condition = toset(output.jobs) == toset(concat(
      [for name, one in local.central_functions : name if one.cron != null],
      flatten([for name, one in local.regional_functions : [for region in keys(var.regions) : "${name}-${region}"]]),
    ))
    error_message = "Each schedule has its job, the regional ones in each region."
  }

  assert {
    condition     = length(module.access.emails) == length(local.manifests.functions)
    error_message = "Each function has an identity of its own."
  }

  assert {
    condition     = toset(keys(module.database.users)) == toset(keys(local.manifests.functions))
    error_message = "Each function can sign in to the database as itself."
  }

  assert {
    condition     = length(setsubtract(flatten([for signal in values(local.metrics) : keys(signal.alerts)]), module.observability.alerts)) == 0
    error_message = "Each alert of the signals has its policy."
  }

  assert {
    condition     = alltrue([for name in keys(local.functions) : strcontains(output.database_grants, module.database.users[name])])
    error_message = "Each function's database user is granted the application's role."
  }
}

run "only_stripes_webhooks_are_public" {
  command = plan

  assert {
    condition     = [for name, members in local.invokers : name if contains(values(members), "allUsers")] == ["receive-stripe-events"]
    error_message = "Nothing but the receiver of Stripe's webhooks may be called by everyone."
  }
}

run "no_secret_is_in_an_environment" {
  command = plan

  assert {
    condition     = alltrue([for name, environment in local.environments : length(setintersection(keys(environment), keys(local.secrets))) == 0])
    error_message = "Secrets come from Secret Manager, never from a variable."
  }

  assert {
    condition = alltrue([
      for name, one in local.manifests.functions : join(" ", sort(keys(local.functions[name].secrets))) == join(" ", sort(setsubtract(one.secrets, ["DATABASE_URL"])))
    ])
    error_message = "Each function reads the secrets that its manifest asks for, and no other."
  }
}

run "too_many_instances_are_refused" {
  command = plan

  variables {
    sizes = { price-usage = { max_instances = 500 } }
  }

  expect_failures = [check.connections_fit]
}

run "a_size_for_no_function_is_refused" {
  command = plan

  variables {
    sizes = { prize-usage = { max_instances = 5 } }
  }

  expect_failures = [var.sizes]
}

run "no_region_is_refused" {
  command = plan

  variables {
    regions = {}
  }

  expect_failures = [var.regions]
}

run "a_home_region_without_usage_has_a_subnetwork" {
  command = plan

  variables {
    home_region = "us-east4"
  }

  assert {
    condition     = local.subnetworks["us-east4"] == "10.20.0.0/24" && length(local.subnetworks) == 4
    error_message = "The home region needs a subnetwork even when no usage is billed in it."
  }
}
