resource "aws_sesv2_email_identity" "domain" {
  email_identity = var.domain
  dkim_signing_attributes {
    next_signing_key_length = "RSA_2048_BIT"
  }
}

resource "aws_sesv2_email_identity_mail_from_attributes" "bounce" {
  email_identity         = aws_sesv2_email_identity.domain.email_identity
  mail_from_domain       = "bounce.${var.domain}"
  behavior_on_mx_failure = "USE_DEFAULT_VALUE"
}

resource "aws_sesv2_configuration_set" "postroom" {
  configuration_set_name = var.name
}

module "feedback" {
  source             = "./flow"
  name               = var.name
  flow               = "feedback"
  account            = local.account
  teller_arn         = local.configuration_set_arn
  visibility_seconds = 30
}

resource "aws_sesv2_configuration_set_event_destination" "feedback" {
  configuration_set_name = aws_sesv2_configuration_set.postroom.configuration_set_name
  event_destination_name = "feedback"
  event_destination {
    enabled = true
    matching_event_types = [
      "SEND",
      "DELIVERY",
      "BOUNCE",
      "COMPLAINT",
      "REJECT",
      "DELIVERY_DELAY",
      "RENDERING_FAILURE",
    ]
    sns_destination {
      topic_arn = module.feedback.topic_arn
    }
  }
}
