"""What leaves this computer and comes back: exports, backups, the report, FHIR, questionnaires."""
