# After its policy, without which SES would be refused.
output "topic_arn" {
  value      = aws_sns_topic.flow.arn
  depends_on = [aws_sns_topic_policy.flow]
}

output "queue_arn" {
  value = aws_sqs_queue.flow.arn
}

output "queue_url" {
  value = aws_sqs_queue.flow.url
}
