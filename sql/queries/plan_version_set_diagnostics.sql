-- Records the check of a draft again. No row means that it is no draft any more, and its findings stand. Takes the checker's role.
update plan_versions set diagnostics = :diagnostics where plan_version = :plan_version and status = 'draft' returning plan_version;
