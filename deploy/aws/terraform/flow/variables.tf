variable "name" {
  type = string
}

variable "flow" {
  description = "feedback or inbound."
  type        = string
}

variable "account" {
  type = string
}

variable "teller_arn" {
  description = "The configuration set or receipt rule that SES may tell for."
  type        = string
}

variable "visibility_seconds" {
  type = number
}
