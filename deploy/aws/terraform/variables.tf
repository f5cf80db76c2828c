variable "domain" {
  description = "That mail is from, and comes to: ALL mail to it comes to Postroom."
  type        = string
}

variable "region" {
  description = "Of SES, SQS, SNS and the bucket; one where SES receives mail."
  type        = string
}

variable "name" {
  description = "At the beginning of all names; the configuration set's whole name."
  type        = string
  default     = "postroom"
}

variable "activate_rule_set" {
  description = "One receipt rule set of a region is active: true ends any other. No default, as that could be somebody's mail."
  type        = bool
}

variable "rule_set" {
  description = "A receipt rule set that is there already, to put the rule into. Empty: one is made."
  type        = string
  default     = ""
}

variable "bucket" {
  description = "The name of the bucket of received mail. Empty: after name, account and region."
  type        = string
  default     = ""
}

variable "keep_mail_days" {
  description = "How long received mail is kept as it came."
  type        = number
  default     = 90
}

variable "oidc_provider_arn" {
  description = "Of the cluster that Postroom runs in: makes a role for each of its service accounts. Empty: none."
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[A-Za-z0-9./_-]+)?$", var.oidc_provider_arn))
    error_message = "Must be the ARN of an IAM OIDC provider."
  }
}

variable "kubernetes_namespace" {
  description = "Of the service accounts api, sender, status and inbound."
  type        = string
  default     = "postroom"
}
