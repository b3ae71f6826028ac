"""Why a family is not reached: the first that applies, in this order."""

from enum import StrEnum


class Reason(StrEnum):
    NO_GUARDIAN = "no_guardian"
    NO_LAWFUL_CONTACT = "no_lawful_contact"
    NOT_ATTEMPTED = "not_attempted"
    NO_CONTACT_POINT = "no_contact_point"
    STOPPED = "stopped"
    NO_TRANSLATION = "no_translation"
    UNDELIVERED = "undelivered"
    WAITING = "waiting"
    NO_SIGN = "no_sign"

    @property
    def label(self) -> str:
        """For staff: what the school has not managed yet, never what a family failed to do."""
        return {
            "no_guardian": "we know no guardian",
            "no_lawful_contact": "nobody here may be contacted",
            "not_attempted": "we have not tried yet",
            "no_contact_point": "we have no way to reach them",
            "stopped": "they asked us to stop this way",
            "no_translation": "we have no words in their language",
            "undelivered": "nothing we sent arrived",
            "waiting": "sent, still time for a sign",
            "no_sign": "sent, no sign that it was seen",
        }[self.value]
