"""Amazon SQS, a standard queue: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues.html"""

from handoff.jobs.queues.sqs.queue import SqsQueue

__all__ = ["SqsQueue"]
