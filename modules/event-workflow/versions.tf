terraform {
  required_version = ">= 1.10"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.62" # aws_cloudwatch_log_resource_policy with a resource_arn
    }
  }
}
