"""Streets, telephone numbers and mailboxes that belong to nobody."""

from random import Random

from bothways.commands.demo_district.model import Home, letters

CITY, STATE, POSTAL_CODE = "Cedar Hollow", "IA", "52999"  # no such town, and no such code

_STREETS = (
    "Alder Street", "Baptist Hill Road", "Bluestem Court", "Bobolink Lane", "Burr Oak Avenue",
    "Canning Factory Road", "Clover Street", "Creamery Lane", "Depot Street", "East Mill Street",
    "Elevator Road", "Fairground Avenue", "Foundry Street", "Goldfinch Drive", "Grange Road",
    "Hackberry Street", "Harvest Lane", "Ice House Road", "Jackson Street", "Kettle Pond Drive",
    "Linden Street", "Meadowlark Lane", "Milk Wagon Road", "North Main Street", "Old Ferry Road",
    "Orchard Street", "Packing House Road", "Prairie Street", "Quarry Road", "Railroad Street",
    "Sandpiper Court", "Sawmill Road", "South Main Street", "Sycamore Street", "Tannery Lane",
    "Threshing Lane", "Walnut Street", "Water Tower Road", "West Mill Street", "Willow Bend",
)  # fmt: skip
_BLOCKS = ("840 Depot Street", "1500 Fairground Avenue", "77 Packing House Road")
# 555-0100 to 555-0199 is set aside for fiction in every area code.
_AREAS = (
    "217", "219", "260", "309", "319", "402", "419", "507", "515", "563",
    "574", "608", "618", "641", "660", "712", "715", "765", "812", "920",
)  # fmt: skip


class Addresses:
    """Hands out each house, number and mailbox once, in an order that the seed decides."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = [f"({area}) 555-01{line:02}" for area in _AREAS for line in range(100)]
        random.shuffle(self._numbers)
        self._houses: set[str] = set()
        self._mailboxes: set[str] = set()
        self._flats = dict.fromkeys(_BLOCKS, 0)

    def house(self) -> Home:
        """A house in which nobody lives yet."""
        while True:
            street = f"{self._random.randrange(2, 1990)} {self._random.choice(_STREETS)}"
            if street not in self._houses and street not in _BLOCKS:
                self._houses.add(street)
                return Home(street)

    def flat(self, *, numbered: bool = True) -> Home:
        """A flat in one of the town's large houses; some families leave its number out."""
        block = self._random.choice(_BLOCKS)
        self._flats[block] += 1
        number = self._flats[block]
        return Home(f"{block}, Apt {number}" if numbered else block)

    def somewhere(self) -> Home:
        """A house, or a flat for about one family in eight."""
        chance = self._random.random()
        if chance < 0.10:
            return self.flat()
        return self.flat(numbered=False) if chance < 0.12 else self.house()

    def number(self) -> str:
        """A telephone number that is nobody's."""
        return self._numbers.pop()

    def mailbox(self, given: str, family: str) -> str:
        """An email address that reaches nobody."""
        plain = letters(f"{given[:1]}.{family}") or "family"
        domain = self._random.choice(("example.com", "example.net", "example.org"))
        mailbox, count = f"{plain}@{domain}", 1
        while mailbox in self._mailboxes:
            count += 1
            mailbox = f"{plain}{count}@{domain}"
        self._mailboxes.add(mailbox)
        return mailbox
