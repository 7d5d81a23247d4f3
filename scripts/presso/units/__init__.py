"""Units: plan, apply and destroy what has a Terraform state of its own."""
