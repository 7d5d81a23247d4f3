"""Terraform as a program: where it is found, how it runs, confined or not, and its JSON output."""
