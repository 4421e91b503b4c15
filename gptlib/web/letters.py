"""Letters: what a child tells a relative. world/grammar.py explains the notation.

Who writes is shown by the signature, and only what stands behind it can say what is whose.
"""

from gptlib.web.kind import Kind
from gptlib.world.grammar import event, plot

EVENTS = {
    "dear": event(
        "elder",
        "Dear {elder},\n\nHow are you?",
        "Dear {elder},\n\nI hope you are well.",
        "Dear {elder},\n\nHere is my news.",
        "Dear {elder},\n\nI have so much to tell you.",
        "Dear {elder},\n\nI must tell you what happened.",
    ),
    "bye": event(
        "",
        "Write soon.",
        "Please write back.",
        "I miss you very much.",
        "I hope to see you soon.",
        "More on Sunday.",
    ),
    "sign": event(
        "me",
        "Love,\n\n{Me}",
        "Lots of love,\n\n{Me}",
        "With love from\n\n{Me}",
        "Your loving\n\n{Me}",
        "Love from {Me}",
    ),
}

PLOTS = [
    plot(
        "the forgotten toy",
        "elder: relative, friend me: child, thing: toy, place: place, spot: place.spots",
        """
        <dear elder>
        Yesterday {friend} and I {place.did} {in place}.
        I left my {thing.look} {thing} {spot}.{thing.at=spot}
        [At bedtime|After supper|In the middle of the night] I [noticed|saw] that it was missing.
        [This morning we looked {thing.at}, and there it was[, a little damp|, safe and sound|]!
        {Friend} says that I would forget my own [head|nose|feet].{thing.at=}

        <sign me>{thing.owner=me}|
        I am very sad, but it is raining and I may not go out.
        Tomorrow we will look for the {thing.look} {thing} {thing.at}.
        <bye>

        <sign me>{thing.owner=me}{thing.area=place}{me.misses=thing}{me.lost=thing}]
    """,
    ),
    plot(
        "the broken toy",
        "elder: relative, mender: family, friend me: child, thing: gadget, stuff: mender, "
        "room: store, spot: room.shelves",
        """
        <dear elder>
        {Friend} lent me {friend.his} {thing.look} {thing}[ on Sunday|].{thing.owner=friend}
        I [dropped it|sat on it|stepped on it], and it broke.{thing.state=broken}
        I was so [sad|unhappy] that I could not eat my [supper|soup|pudding].
        [{Mender} found some {stuff} {in room}, {spot}.{stuff.at=spot}
        With that we mended the {thing}, and nobody can see where it broke.
        Now {thing.owner} has [it|the {thing.look} {thing}] back, and we are still friends.

        <sign me>{thing.state=whole}{thing.holder=friend}{stuff.room=room}|
        It is still broken.
        How can I tell {thing.owner} what happened to the {thing.look} {thing}?
        [What would you do?|Please help me!]

        <sign me>{thing.holder=me}]{me.broke=thing}
    """,
    ),
    plot(
        "the swap",
        "elder: relative, friend me: child, mine: toy, yours: instrument, place: place",
        """
        <dear elder>
        [On Saturday|Yesterday|After school] I met {friend} {in place}.
        {He friend} had {a yours.look} {yours}, and I had my {mine.look} {mine}.
        "[Shall we swap?|Let us swap!]" I said.
        [So {friend} got the {mine.look} {mine}, and I got the {yours.look} {yours}.
        I took it home and {yours.used}.
        [Was that a good swap?|You must hear it soon!]

        <sign me>{mine.holder=friend}{yours.holder=me}|
        But {friend} [laughed|shook {friend.his} head|said no].
        I still have the {mine.look} {mine}, but I want {a yours} more than anything.
        <bye>

        <sign me>{mine.holder=me}{yours.holder=friend}{me.wants=yours}]
    """,
    ),
    plot(
        "the race",
        "elder: relative, friend me: child, prize: food, place: place",
        """
        <dear elder>
        {Friend} [said|told everybody] that nobody could run as fast as {friend.he} could.
        So we raced to {place} for {a prize.look} {prize}.
        [{Friend} was far ahead, but stopped to [have a nap|pick blackberries|chase a butterfly].
        I [never stopped|kept going], and I got to {place} first!
        The {prize.look} {prize} tasted [wonderful|better than ever].

        <sign me>{me.wins=prize}|
        I [lost a shoe|fell over a root|got a stitch] on the way.
        When I got to {place}, {friend} had the {prize.look} {prize} already.{friend.wins=prize}
        [But {he friend} gave me half of it.|Next time I will win!]

        <sign me>]
    """,
    ),
    plot(
        "baking day",
        "elder: relative, me: child, cook: family, shop: worker, dish: dish, item: pantry",
        """
        <dear elder>
        {Cook} wanted to make {a dish.look} {dish} for [my birthday|the fair|Sunday tea].{dish.cook=cook}
        But when {cook.he} began, there was no {item} left.{cook.wants=item}
        So I ran next door to {shop} the {shop.job} and asked for some.
        [{He shop} filled a {item.pot} for me.{item.giver=shop}{cook.wants=}
        The {dish.look} {dish} smelled wonderful[, as always|].
        I [kept a piece for you, but it is getting smaller|wish you could have had some].

        <sign me>|
        {He shop} had none either, so {cook} made the {dish} without.
        A {dish} without {cook.wants} is [strange|odd], and even the dog pulled a face.
        Next time you come, please bring us some {cook.wants}!

        <sign me>]
    """,
    ),
    plot(
        "the hat in the water",
        "elder: relative, friend me: child, hat: clothing, water: water, dog: dog",
        """
        Dear {elder},

        Thank you for the {hat.look} {hat}[ that you sent me|].{hat.giver=elder}
        [Today|Yesterday|On Sunday] the wind blew it into {water}.{hat.at=water}
        It [floated|drifted] away like a [little boat|leaf].
        Then {friend} whistled for {dog.pet}, {friend.his} {dog}.{dog.owner=friend}
        [{Dog.pet} [jumped|leapt] into {hat.at} and brought the {hat.look} {hat} back!{hat.at=}
        Now it is [drying by the stove|hanging on the line].

        <sign me>{hat.owner=me}|
        But {dog.pet} only [sat down|yawned] and looked at {hat.at}.
        I [was very sad|cried all evening].
        {Friend} says that a fish must be wearing the {hat.look} {hat} now.

        <sign me>{hat.owner=me}{me.lost=hat}]
    """,
    ),
    plot(
        "the lost pet",
        "elder: relative, friend me: child, pet: pet, place: field, spot: place.spots, "
        "name: called",
        """
        <dear elder>
        [Last week|Last Monday] something {pet.cried} {spot} {in place}.{pet.at=spot}
        It was {a pet.look} {pet}, [all alone|cold and hungry|shaking with fear].
        [I took it home and asked at every door.
        It was {friend}'s!{pet.owner=friend}
        {He friend} had [looked|searched] everywhere, but not {pet.at}.
        [We all cried for joy.|Now I may visit the {pet.look} {pet} every day.]

        <sign me>{pet.at=}{pet.holder=friend}|
        I have asked everybody, but nobody knows whose it is, so I may keep it.
        I call it {name}, and it [sleeps beside my bed|eats from my hand].{pet.called=name}
        You must come and meet {pet.called}!

        <sign me>{pet.at=}{pet.owner=me}]
    """,
    ),
    plot(
        "the bet",
        "elder: relative, friend me: child, mine yours: food, place: place",
        """
        <dear elder>
        {Friend} bet me {a yours.look} {yours} that it would rain [on Saturday|on Sunday].{friend.bet=yours}
        I bet {him friend} {a mine.look} {mine} that it would not.
        We sat {in place} and watched the [clouds|sky].
        [It poured before noon, and {friend} won my {mine.look} {mine}.{friend.wins=mine}
        [I was wet to the skin, too.|{He friend} ate it under an umbrella.]
        <bye>

        <sign me>|
        Not a drop fell, so I won the {yours.look} {friend.bet}.
        [{Friend} says it was the wrong kind of cloud.|I gave half of it to {friend}.]
        <bye>

        <sign me>{me.wins=yours}]{me.bet=mine}
    """,
    ),
    plot(
        "the party",
        "elder: relative, friend me: child, place: place, hour: hour, dish: dish, "
        "music: instrument",
        """
        Dear {elder},

        [Please come to my party on|I am having a party on] [Friday|Saturday|Sunday].
        It is {in place} and [begins|starts] at {hour} o'clock.{party.at=place}{party.hour=hour}
        {Friend} is bringing {a dish.look} {dish}.{friend.brings=dish}
        Could you bring your {music.look} {music}, so that we can dance?{elder.brings=music}
        [If it rains, we will all get wet.|There will be games, too.|Everybody wants to see you.]
        Do not forget: {in party.at}, at {party.hour} o'clock, and with the {elder.brings}!

        <sign me>{music.owner=elder}
    """,
    ),
    plot(
        "the sick friend",
        "elder: relative, friend me: child, wish: book, illness: illness",
        """
        <dear elder>
        {Friend} has {a illness} and must stay [in bed|at home] all week.{friend.has=illness}
        {He friend} [is bored|sighs all day] and wants {a wish.look} {wish}.{friend.wants=wish}
        I promised to find one.
        [I looked in [three shops|every shop], and now the {wish.look} {wish} is on {friend}'s bed.
        {He friend} says that the {friend.has} [is not so bad|does not matter] now.

        <sign me>{friend.wants=}{wish.holder=friend}|
        But I [cannot find one anywhere|have looked everywhere].
        Do you have {a wish.look} {friend.wants} that {friend} could borrow?
        [I would bring it back on Sunday.|We would be very careful with it.]

        <sign me>{me.promised=wish}]
    """,
    ),
]

LETTER = Kind("letter", 5, PLOTS, EVENTS)
