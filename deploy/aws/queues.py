"""SQS: a queue for each flow, and one for what could not be read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from deploy.aws import desired
from deploy.aws.blueprint import TAG, Flow
from deploy.aws.comparison import differing
from deploy.aws.resource import Account, Found, is_missing, judged

if TYPE_CHECKING:
    from deploy.aws.desired import QueueAttributes


@dataclass(frozen=True, slots=True)
class Queue:
    """`attributes` as SQS takes and tells them."""

    account: Account
    name: str
    attributes: "QueueAttributes"

    @property
    def title(self) -> str:
        return f"SQS queue {self.name}"

    def url(self) -> str | None:
        """None where there is no such queue."""
        try:
            return self.account.clients.sqs.get_queue_url(QueueName=self.name)["QueueUrl"]
        except ClientError as error:
            if is_missing(error):
                return None
            raise

    def find(self) -> Found | None:
        url = self.url()
        if url is None:
            return None
        sqs = self.account.clients.sqs
        shown = self._shown(url)
        tags = sqs.list_queue_tags(QueueUrl=url).get("Tags")
        return judged(self.account, self.title, tags, differing(self._wanted(shown), shown))

    def make(self) -> None:
        self.account.clients.sqs.create_queue(
            QueueName=self.name,
            Attributes=self.attributes,
            tags={TAG: self.account.blueprint.name},
        )

    def mend(self) -> None:
        url = self.url()
        if url is not None:
            sqs = self.account.clients.sqs
            sqs.tag_queue(QueueUrl=url, Tags={TAG: self.account.blueprint.name})
            sqs.set_queue_attributes(QueueUrl=url, Attributes=self._wanted(self._shown(url)))

    def _shown(self, url: str) -> "QueueAttributes":
        asked = self.account.clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return asked.get("Attributes", {})

    def _wanted(self, shown: "QueueAttributes") -> "QueueAttributes":
        """Without a key of KMS, where there is one: SNS may not use AWS's own."""
        return self.attributes | ({"KmsMasterKeyId": ""} if shown.get("KmsMasterKeyId") else {})

    def delete(self) -> None:
        """With what lies in it. SQS gives its name to nobody for a minute."""
        url = self.url()
        if url is not None:
            self.account.clients.sqs.delete_queue(QueueUrl=url)


def of_flow(account: Account, flow: Flow) -> Queue:
    return Queue(account, account.blueprint.queue(flow), desired.queue(account.blueprint, flow))


def dead_letters(account: Account, flow: Flow) -> Queue:
    """Before the queue that names it, or SQS refuses that one."""
    name = account.blueprint.dead_letters(flow)
    return Queue(account, name, desired.dead_letters(account.blueprint, flow))
