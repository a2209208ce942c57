"""Values as text, Markdown and HTML. Nothing here counts, groups or judges."""
