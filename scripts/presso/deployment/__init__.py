"""Deployment: plan, apply and destroy units, judge extensions while that runs, report what became of them."""
