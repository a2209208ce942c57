"""What a cluster is: tables, Snapshot, Answer, Subject, Finding, Report, and their file format."""
