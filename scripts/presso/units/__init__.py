"""Units: what has a Terraform state of its own, its files, and the folder that Terraform runs in."""
