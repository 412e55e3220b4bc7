-- Adds a definition as a draft of the one who acts.
insert into usage_definitions (definition, kind, name, document, configuration, status, author, submitted_at)
values (:definition, :kind, :name, :document, :configuration?, 'draft', :author, :submitted_at);
