"""Terraform's language as text: values read from it and written into it, and the interface of a module."""
