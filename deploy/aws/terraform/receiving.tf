module "inbound" {
  source             = "./flow"
  name               = var.name
  flow               = "inbound"
  account            = local.account
  teller_arn         = local.receipt_rule_arn
  visibility_seconds = 120
}

resource "aws_s3_bucket" "mail" {
  bucket = local.bucket
}

resource "aws_s3_bucket_public_access_block" "mail" {
  bucket                  = aws_s3_bucket.mail.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "mail" {
  bucket = aws_s3_bucket.mail.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "mail" {
  bucket = aws_s3_bucket.mail.id
  rule {
    id     = "keep"
    status = "Enabled"
    filter {
      prefix = ""
    }
    expiration {
      days = var.keep_mail_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "SesPuts"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.mail.arn}/*"]
    principals {
      type        = "Service"
      identifiers = ["ses.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.receipt_rule_arn]
    }
  }
}

resource "aws_s3_bucket_policy" "mail" {
  bucket     = aws_s3_bucket.mail.id
  policy     = data.aws_iam_policy_document.bucket.json
  depends_on = [aws_s3_bucket_public_access_block.mail]
}

resource "aws_ses_receipt_rule_set" "postroom" {
  count         = var.rule_set == "" ? 1 : 0
  rule_set_name = var.name
}

resource "aws_ses_active_receipt_rule_set" "postroom" {
  count         = var.activate_rule_set ? 1 : 0
  rule_set_name = local.rule_set
  depends_on    = [aws_ses_receipt_rule_set.postroom]
}

# One action: each further one would tell of the mail once more.
resource "aws_ses_receipt_rule" "inbound" {
  name          = "${var.name}-inbound"
  rule_set_name = local.rule_set
  recipients    = [var.domain]
  enabled       = true
  scan_enabled  = true
  tls_policy    = "Optional"
  s3_action {
    bucket_name = aws_s3_bucket.mail.id
    topic_arn   = module.inbound.topic_arn
    position    = 1
  }
  depends_on = [aws_ses_receipt_rule_set.postroom, aws_s3_bucket_policy.mail]
}
