# A role for each service that calls AWS, for its service account in a cluster that has an OIDC provider
# (IRSA). Without oidc_provider_arn there are none.

locals {
  oidc_issuer = element(split(":oidc-provider/", var.oidc_provider_arn), 1)
  policy_arns = {
    api     = aws_iam_policy.api.arn
    sender  = aws_iam_policy.sender.arn
    status  = aws_iam_policy.status.arn
    inbound = aws_iam_policy.inbound.arn
  }
  roles = { for service, policy_arn in local.policy_arns : service => policy_arn if var.oidc_provider_arn != "" }
}

data "aws_iam_policy_document" "trust" {
  for_each = local.roles
  statement {
    sid     = "ServiceAccount"
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [var.oidc_provider_arn]
    }
    condition {
      test     = "StringEquals"
      variable = "${local.oidc_issuer}:sub"
      values   = ["system:serviceaccount:${var.kubernetes_namespace}:${each.key}"]
    }
    condition {
      test     = "StringEquals"
      variable = "${local.oidc_issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "service" {
  for_each           = local.roles
  name               = "${var.name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust[each.key].json
}

resource "aws_iam_role_policy_attachment" "service" {
  for_each   = local.roles
  role       = aws_iam_role.service[each.key].name
  policy_arn = each.value
}
