"""The offline AWS provider for Terraform: the engine, and `services/` with a file for each AWS service."""
