# SES tells a topic, which tells a queue, whose bad letters are put aside.

resource "aws_sns_topic" "flow" {
  name = "${var.name}-${var.flow}"
}

data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "SesTells"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.flow.arn]
    principals {
      type        = "Service"
      identifiers = ["ses.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [var.teller_arn]
    }
  }
}

resource "aws_sns_topic_policy" "flow" {
  arn    = aws_sns_topic.flow.arn
  policy = data.aws_iam_policy_document.topic.json
}

resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-${var.flow}-dead"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.flow.arn]
  })
}

resource "aws_sqs_queue" "flow" {
  name                       = "${var.name}-${var.flow}"
  message_retention_seconds  = 1209600
  visibility_timeout_seconds = var.visibility_seconds
  sqs_managed_sse_enabled    = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 15
  })
}

data "aws_iam_policy_document" "queue" {
  statement {
    sid       = "TopicSends"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.flow.arn]
    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_sns_topic.flow.arn]
    }
  }
}

resource "aws_sqs_queue_policy" "flow" {
  queue_url = aws_sqs_queue.flow.id
  policy    = data.aws_iam_policy_document.queue.json
}

resource "aws_sns_topic_subscription" "flow" {
  topic_arn            = aws_sns_topic.flow.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.flow.arn
  raw_message_delivery = true
}
