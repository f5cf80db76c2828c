"""SES: the configuration set that every mail of Postroom names, and where its events go."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from deploy.aws import desired
from deploy.aws.comparison import differing
from deploy.aws.resource import Account, Found, is_missing, judged

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import EventDestinationTypeDef


@dataclass(frozen=True, slots=True)
class ConfigurationSet:
    """Its options are AWS's own. Whoever has paused it had a reason, and `up` does not undo it."""

    account: Account

    @property
    def title(self) -> str:
        return f"SES configuration set {self._name}"

    @property
    def _name(self) -> str:
        return self.account.blueprint.name

    def find(self) -> Found | None:
        try:
            shown = self.account.clients.sesv2.get_configuration_set(
                ConfigurationSetName=self._name
            )
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        return judged(self.account, self.title, shown.get("Tags"))

    def make(self) -> None:
        self.account.clients.sesv2.create_configuration_set(
            ConfigurationSetName=self._name, Tags=self.account.tags
        )

    def mend(self) -> None:
        self.account.clients.sesv2.tag_resource(
            ResourceArn=self.account.blueprint.configuration_set_arn, Tags=self.account.tags
        )

    def delete(self) -> None:
        self.account.clients.sesv2.delete_configuration_set(ConfigurationSetName=self._name)


@dataclass(frozen=True, slots=True)
class EventDestination:
    """Others that the set has are left alone."""

    account: Account

    @property
    def title(self) -> str:
        return f"SES event destination {desired.EVENT_DESTINATION}"

    @property
    def _set(self) -> str:
        return self.account.blueprint.name

    def find(self) -> Found | None:
        shown = self._shown()
        if shown is None:
            return None
        wanted = desired.event_destination(self.account.blueprint)
        return Found(differs=differing(wanted, shown))

    def make(self) -> None:
        self.account.clients.sesv2.create_configuration_set_event_destination(
            ConfigurationSetName=self._set,
            EventDestinationName=desired.EVENT_DESTINATION,
            EventDestination=desired.event_destination(self.account.blueprint),
        )

    def mend(self) -> None:
        self.account.clients.sesv2.update_configuration_set_event_destination(
            ConfigurationSetName=self._set,
            EventDestinationName=desired.EVENT_DESTINATION,
            EventDestination=desired.event_destination(self.account.blueprint),
        )

    def delete(self) -> None:
        self.account.clients.sesv2.delete_configuration_set_event_destination(
            ConfigurationSetName=self._set, EventDestinationName=desired.EVENT_DESTINATION
        )

    def _shown(self) -> "EventDestinationTypeDef | None":
        try:
            listed = self.account.clients.sesv2.get_configuration_set_event_destinations(
                ConfigurationSetName=self._set
            )["EventDestinations"]
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        return next((one for one in listed if one["Name"] == desired.EVENT_DESTINATION), None)
