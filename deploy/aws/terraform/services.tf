# What each service may do: roles.tf makes roles of it, or attach it to your own. The webhooks need none.

data "aws_iam_policy_document" "api" {
  statement {
    sid       = "ReadMail"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.mail.arn}/*"]
  }
  statement {
    sid       = "TellGoneFromForbidden"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.mail.arn]
  }
}

data "aws_iam_policy_document" "sender" {
  statement {
    sid       = "Send"
    actions   = ["ses:SendEmail", "ses:SendRawEmail"]
    resources = ["${local.ses}:identity/${var.domain}", local.configuration_set_arn]
  }
  statement {
    sid       = "Look"
    actions   = ["ses:GetAccount"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "status" {
  statement {
    sid = "ReadFeedback"
    actions = [
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:ChangeMessageVisibility",
      "sqs:GetQueueAttributes",
    ]
    resources = [module.feedback.queue_arn]
  }
}

data "aws_iam_policy_document" "inbound" {
  statement {
    sid = "ReadNotices"
    actions = [
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:ChangeMessageVisibility",
      "sqs:GetQueueAttributes",
    ]
    resources = [module.inbound.queue_arn]
  }
  statement {
    sid       = "ReadMail"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.mail.arn}/*"]
  }
  statement {
    sid       = "TellGoneFromForbidden"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.mail.arn]
  }
}

resource "aws_iam_policy" "api" {
  name   = "${var.name}-api"
  policy = data.aws_iam_policy_document.api.json
}

resource "aws_iam_policy" "sender" {
  name   = "${var.name}-sender"
  policy = data.aws_iam_policy_document.sender.json
}

resource "aws_iam_policy" "status" {
  name   = "${var.name}-status"
  policy = data.aws_iam_policy_document.status.json
}

resource "aws_iam_policy" "inbound" {
  name   = "${var.name}-inbound"
  policy = data.aws_iam_policy_document.inbound.json
}
