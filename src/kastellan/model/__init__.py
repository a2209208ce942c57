"""What a cluster is: tables, Snapshot, Answer, Subject, Finding, Report; and their one-file form."""
