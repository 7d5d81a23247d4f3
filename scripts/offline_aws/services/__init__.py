"""One file per AWS service: what its resource types and data sources are and do."""
