# What the functions' manifests ask for, in the form that the modules take. generated/ is written by npm run generate.

locals {
  manifests = jsondecode(file("${path.module}/generated/functions.json"))
  metrics   = jsondecode(file("${path.module}/generated/metrics.json"))

  # Environment variable → the secret that it is read from. DATABASE_URL is none here: the functions sign in to the
  # database with their own identity, so that their address holds no password.
  secrets = {
    STRIPE_API_KEY         = var.secrets.stripe_api_key
    STRIPE_WEBHOOK_SECRETS = var.secrets.stripe_webhook_secrets
    SLACK_WEBHOOK_URL      = var.secrets.slack_webhook_url
  }

  functions = {
    for name, one in local.manifests.functions : name => {
      entry_point     = one.entryPoint
      purpose         = one.purpose
      caller          = one.caller
      public          = one.public
      per_region      = one.perRegion
      cron            = try(local.manifests.schedules[name].cron, null)
      timeout_seconds = one.timeoutSeconds
      uses            = one.uses
      roles           = one.roles
      secrets         = { for variable, secret in local.secrets : variable => secret if contains(one.secrets, variable) }
      memory          = try(coalesce(var.sizes[name].memory), "${one.memoryMiB}Mi")
      min_instances   = try(coalesce(var.sizes[name].min_instances), 0)
      max_instances   = try(coalesce(var.sizes[name].max_instances), one.maxInstances)
      concurrency     = try(coalesce(var.sizes[name].concurrency), one.concurrency)
    }
  }

  regional_functions = { for name, one in local.functions : name => one if one.per_region }
  central_functions  = { for name, one in local.functions : name => one if !one.per_region }

  topics        = toset(keys(local.manifests.topics))
  subscriptions = { for name, one in local.manifests.subscriptions : name => one if one.topic != local.manifests.deadLetters.topic }

  dead_letter_function = one([for name, one in local.manifests.functions : name if one.deadLetters])

  # Every region has its subnetwork; the home region too, when no usage is billed in it.
  subnetworks = merge(
    { (var.home_region) = var.home_subnetwork_range },
    { for region, one in var.regions : region => one.subnetwork_range },
  )

  source_archive = {
    bucket = google_storage_bucket.source.name
    object = google_storage_bucket_object.source.name
  }

  environments = {
    for name, one in local.functions : name => merge(
      {
        DATABASE_URL         = "postgres://${urlencode(module.database.users[name])}@localhost/${module.database.database}"
        DATABASE_INSTANCE    = module.database.connection_name
        DATABASE_POOL_SIZE   = tostring(local.manifests.connections.poolSize)
        GOOGLE_CLOUD_PROJECT = var.project_id
        PROMETHEUS_ENDPOINTS = jsonencode(var.usage.prometheus)
      },
      { for variable, value in { CONSOLE_URL = var.domains.console, OTEL_EXPORTER_OTLP_ENDPOINT = var.traces_endpoint } : variable => value if value != null },
    )
  }

  # Who may call what: the scheduler what it fires, Pub/Sub what it pushes to, people the console. Stripe cannot present an
  # identity of Google's: its webhooks are let through and proved by their signature.
  invokers = {
    for name, one in local.central_functions : name => merge(
      one.cron == null ? {} : { scheduler = module.access.scheduler.member },
      local.manifests.functions[name].trigger == "events" ? { push = module.access.push.member } : {},
      one.caller == "operators" ? { for member in var.operators : member => member } : {},
      one.public ? { everyone = "allUsers" } : {},
    )
  }

  connections = sum([
    for name, one in local.functions :
    one.max_instances * local.manifests.connections.poolSize * (one.per_region ? length(var.regions) : 1)
  ])
}
