# terraform output -json settings | jq -r 'to_entries[] | "\(.key)=\(.value)"' >> .env
output "settings" {
  description = "Of Postroom's environment."
  value = {
    POSTROOM_AWS_REGION         = var.region
    POSTROOM_CONFIGURATION_SET  = var.name
    POSTROOM_FEEDBACK_QUEUE_URL = module.feedback.queue_url
    POSTROOM_INBOUND_QUEUE_URL  = module.inbound.queue_url
    POSTROOM_DEFAULT_DOMAIN     = var.domain
  }
}

output "dns_records" {
  description = "To be set where the domain's DNS is kept."
  value = concat(
    [
      for token in aws_sesv2_email_identity.domain.dkim_signing_attributes[0].tokens :
      "${token}._domainkey.${var.domain} CNAME ${token}.dkim.amazonses.com"
    ],
    [
      "bounce.${var.domain} MX 10 feedback-smtp.${var.region}.amazonses.com",
      "bounce.${var.domain} TXT \"v=spf1 include:amazonses.com ~all\"",
      "${var.domain} MX 10 inbound-smtp.${var.region}.amazonaws.com",
      "_dmarc.${var.domain} TXT \"v=DMARC1; p=none\"",
    ],
  )
}

output "policy_arns" {
  description = "One for the role of each service."
  value       = local.policy_arns
}

output "role_arns" {
  description = "For the annotations of the service accounts; empty without oidc_provider_arn."
  value       = { for service, role in aws_iam_role.service : service => role.arn }
}
