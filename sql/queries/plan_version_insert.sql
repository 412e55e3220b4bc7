-- Records a version as a draft with what the check found. Nothing when the content was submitted before. Takes the checker's role.
insert into plan_versions (plan_version, plan, document, currency, status, author, submitted_at, diagnostics)
values (:plan_version, :plan, :document, :currency, 'draft', :author, :submitted_at, :diagnostics)
on conflict (plan_version) do nothing
returning plan_version;
