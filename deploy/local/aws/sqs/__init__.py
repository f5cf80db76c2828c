"""SQS: standard queues in memory, over the JSON protocol."""
