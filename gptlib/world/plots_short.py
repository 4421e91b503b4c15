"""Short plots, of four or five sentences. grammar.py explains the notation."""

from gptlib.world.grammar import plot

SHORT = [
    plot(
        "the rain",
        "hero: child, elder: family, coat: rainwear, place: place",
        """
        "It will rain today," said {elder}, "so take your {coat.look} {coat}."{elder.said=coat}
        But {hero} [ran out without it|forgot|would not hear of it].
        {In place} the first drops fell.
        ["I should have taken the {elder.said}," [sighed|groaned] {hero}.|{Hero} splashed home from {place} with wet socks.]
        At home {elder} [said nothing|smiled] and pointed to the hook, where the {coat.look} {coat} hung, quite dry.
    """,
    ),
    plot(
        "the password",
        "hero friend: child, word wrong: called, place: place",
        """
        {Hero} and {friend} [built a den of branches|made a tent of blankets] {in place}.{den.at=place}
        "The password is {word}," [said|whispered] {hero}.{den.password=word}
        The next [morning|afternoon] {friend} came back to {den.at}.
        "Who goes there?" [asked|called] {hero}.
        ["{Den.password}," whispered {friend}, and was let in.|"{Wrong}," said {friend}, but only "{Den.password}" would do.]
    """,
    ),
    plot(
        "the bet",
        "hero friend: child, mine yours: food, place: place",
        """
        "I bet you {a mine.look} {mine} that it rains," said {hero}.{hero.bet=mine}
        "And I bet you {a yours.look} {yours} that it does not," said {friend}.{friend.bet=yours}
        They sat {in place} and watched the [clouds|sky].
        [It poured before supper, and {hero} got the {yours.look} {friend.bet}.{yours.holder=hero}|Not a drop fell, and {friend} got the {mine.look} {hero.bet}.{mine.holder=friend}]
    """,
    ),
    plot(
        "the painting",
        "hero friend: child, elder: family, beast wrong: beast",
        """
        {Hero} painted {elder}'s {beast.look} {beast}.{beast.owner=elder}
        "What a fine {wrong}!" said {friend}.
        {Hero} [frowned|sighed] and made the [head|legs|eyes] [bigger|smaller].
        ["My {beast.look} {beast}!" cried {beast.owner} at once.|{Beast.owner} hung the picture of the {beast.look} {beast} on the wall.]
    """,
    ),
    plot(
        "the window",
        "hero friend: child, thing: toy, place: place",
        """
        From the window {hero} saw {friend} {in place} with {a thing.look} {thing}.{friend.at=place}{thing.holder=friend}
        "Wait for me!" [called|shouted] {hero}.
        {He hero} [put on one shoe|jumped down the stairs|left the porridge] and ran.
        [{In friend.at} {friend} held out the {thing.look} {thing} and let {him hero} {thing.use}.|When {hero} came to {friend.at}, {thing.holder} was gone, but the {thing.look} {thing} lay there with a note: "Your turn!"{thing.at=place}{thing.holder=}{friend.at=}]
    """,
    ),
]
