"""The offline AWS provider for Terraform: the engine, and `services/` with a file for each AWS service."""

# Without AWS, a provider of this secret key plans as with AWS: computed values are unknown.
LEAVES_UNKNOWN = "unknown-until-apply"
# With one of these it predicts other values of what AWS sets by chance: versions of one digit, or of two.
OTHER_PREDICTIONS = ("other", "another")
