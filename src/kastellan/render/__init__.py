"""Values as JSON documents, Markdown, HTML and service formats, for every surface. Nothing here counts, groups or judges."""
