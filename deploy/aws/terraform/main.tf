# What Postroom needs on an AWS account: the same as `python -m deploy.aws up` makes. Use one of the
# two. tests/unit/deploy/account/test_terraform.py holds this to deploy/aws/blueprint.py.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { postroom = var.name }
  }
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  ses       = "arn:${local.partition}:ses:${var.region}:${local.account}"
  rule_set  = var.rule_set == "" ? var.name : var.rule_set
  bucket    = var.bucket == "" ? "${var.name}-mail-${local.account}-${var.region}" : var.bucket

  # Names, not references: each is in the policy of what its resource needs first.
  configuration_set_arn = "${local.ses}:configuration-set/${var.name}"
  receipt_rule_arn      = "${local.ses}:receipt-rule-set/${local.rule_set}:receipt-rule/${var.name}-inbound"
}
