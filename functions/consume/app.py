"""What Amazon SQS has for us: each record is one attempt of a message. One that failed stays in the queue."""

import handoff.cold_start

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from handoff.wiring import Wiring

wiring = Wiring("consume")
# An attempt that failed is no failure of this function, though it be the only one of its batch.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: Any) -> Any:
    """Which records to leave in the queue: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    consumer = wiring.consumer  # a setting that is wrong fails the whole, and is named in the log

    def consume(record: SQSRecord) -> None:
        seconds_left = context.get_remaining_time_in_millis() / 1000
        consumer.consume(record.raw_event, request_id=context.aws_request_id, seconds_left=seconds_left)

    return process_partial_response(event=event, record_handler=consume, processor=processor, context=context)


handoff.cold_start.started()
