"""Units: plan, apply and destroy; each unit has a Terraform state of its own."""
