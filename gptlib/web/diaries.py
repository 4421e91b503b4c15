"""Diaries: what somebody did, felt and will do, for no one else to read. world/grammar.py explains.

Who writes is never told, so the facts are about others and about things.
"""

from gptlib.web.kind import Kind
from gptlib.world.entry import names
from gptlib.world.grammar import event, plot

WEEKDAYS = names("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday")

EVENTS = {
    "dated": event(
        "",
        "{Weekday}",
        "{Weekday} evening",
        "{Weekday}, in bed",
        "{Weekday}, {a day} day",
    ),
}

PLOTS = [
    plot(
        "the quarrel",
        "friend: child, elder: family, thing: toy, high: high",
        """
        <dated>

        {Friend} and I [quarrelled|had a fight] over the {thing.look} {thing}.
        We [pulled and pulled|shouted at each other], until {elder} took it away.
        Now it is on top of {high}, and nobody may [touch|have] it.{thing.at=high}
        I am [cross|angry], because {friend} [started it|called me a goose|pulled my hair].
        [Tomorrow I will say sorry all the same[|, and perhaps we will get it back].|
        I shall not say sorry, and the {thing} can stay on {thing.at} [for ever|until Christmas].|
        But {friend} looked so sad that tomorrow I will [share|give up] the {thing.look} {thing}.]
    """,
    ),
    plot(
        "the confession",
        "elder: family, thing: household, room: indoors, spot: room.spots",
        """
        <dated>

        I was [dancing|skipping|playing ball] {in room} when {elder}'s {thing.look} {thing} fell and broke.
        I [swept up|gathered] the pieces and hid them {spot}.{thing.at=spot}{thing.room=room}
        Nobody [saw me|has noticed yet].{thing.owner=elder}{thing.state=broken}
        I feel [bad|sick|awful], because {thing.owner} [loved|was so proud of] that {thing}.
        [Tomorrow I will [tell the truth|own up] and show {him elder} what is {thing.at}.|
        What shall I do if somebody looks {thing.at}?|
        At supper {he elder} asked me why I was [so quiet|eating so little], and I nearly told the truth.]
    """,
    ),
    plot(
        "the secret",
        "friend third: child, gem: treasure, room: room, spot: room.spots",
        """
        <dated>

        I hid my {gem.look} {gem} {in room}, {spot}.{gem.at=spot}{gem.room=room}
        I told only {friend}, who [promised|swore] to keep the secret.
        [I am [happy|glad], because it is [nice|good] to share a secret.
        Tomorrow we will look {gem.at}, to see if the {gem.look} {gem} is still there.|
        [After supper|At bedtime] I looked {gem.at}, and the {gem} was gone!
        {Friend} had told {third} everything.{gem.at=}{gem.room=}{gem.holder=third}
        I am [sad|furious], because I trusted {friend}.
        Tomorrow I will [ask {gem.holder} for|get back] my {gem.look} {gem}[ and find a better place for it|].]
    """,
    ),
    plot(
        "the new neighbour",
        "new: child, elder: family, thing: toy, food: food",
        """
        <dated>

        A new {new.boy} called {new} has moved in [next door|across the street].
        {He new} was sitting on the steps with {a thing.look} {thing}.{thing.owner=new}
        I wanted to [say hello|go out], but I was too shy.
        [{Elder} gave me {a food} for {new}, so I had to go.{food.for=new}
        {He new} gave me a turn with the {thing}, and now I am [happy|glad], because I have a friend.
        Tomorrow we will play again.|
        So I [hid behind the curtain|only waved].
        Tomorrow I will be brave and ask {new} about the {thing.look} {thing}.]
    """,
    ),
    plot(
        "the rain",
        "elder: family, coat: rainwear, place: place",
        """
        {Weekday}, a [wet|grey|rainy] day

        {Elder} told me to take my {coat.look} {coat}, but I [forgot|would not].{elder.said=coat}
        {In place} it began to [rain|pour].
        I [ran|splashed] home, and there on the hook hung the {coat}, quite dry.
        I am cross with myself, because [I did not listen to {elder}|my socks are wet].
        [Tomorrow I will take the {coat.look} {coat}, even if the sun shines.|
        Now I have a [cold|cough|fever] and must stay in bed tomorrow.|
        {He elder} only smiled, and that made it worse.]
    """,
    ),
    plot(
        "the naughty dog",
        "elder: family, shoe: shoe, dog: dog, room: room, spot: room.spots",
        """
        <dated>

        {Dog.pet} the {dog} [stole|took|ran off with] my {shoe} again, so I had to hop.
        [At last I found the {shoe} {in room}, {spot}[, a little chewed|, wet through|].
        I was not angry for long, because {dog.pet} [looked so sorry|licked my hand].
        Tomorrow I will [shut my door|put my shoes on a high shelf].|
        {Elder} thinks that it is {in room}.{shoe.room=room}
        Tomorrow I will look for the {shoe} {spot}, because {dog.pet} often hides things there.
        Until then I must wear [one {shoe} and one sock|my old shoes].]
    """,
    ),
    plot(
        "stuck in a tree",
        "friend: child, thing: flyer, tree: tree, tool: reacher, room: store, spot: room.corners",
        """
        <dated>

        My {thing.look} {thing} got stuck in {tree}.{thing.at=tree}
        {Friend} [shook the trunk|threw sticks at it|jumped up and down], but that did not help.
        [Then I remembered {a tool} {in room}, {spot}.
        I [pushed|poked] at it with the {tool}, and down came the {thing.look} {thing}!{thing.at=}
        I am proud, [because it was my idea|and {friend} clapped for me].
        Tomorrow we will [play in the meadow|stay away from trees].|
        I am sad, because I can see it from my window, all alone in {thing.at}.
        There is {a tool} {in room}, {spot}.{tool.at=spot}{tool.room=room}
        Tomorrow I will try to [reach|get] the {thing.look} {thing} with that.]
    """,
    ),
    plot(
        "the borrowed hat",
        "friend: child, elder: family, hat: clothing",
        """
        {Weekday}, a cold day

        {Friend} lent me {friend.his} {hat.look} {hat}[, for I was shivering|].{hat.owner=friend}
        I [wore it home|kept it on] and forgot to give it back.
        [At supper|On the stairs] {elder} asked, "Whose is that?"
        [I went red, because {hat.owner} must have been cold without it.
        Tomorrow I will take back the {hat.look} {hat}[ and say sorry|, with a sweet inside].|
        I said that it was {hat.owner}'s and ran back, but {friend} let me keep it!{hat.owner=}
        I am [happy|glad], because I love the {hat.look} {hat}, and tomorrow I will wear it again.]
    """,
    ),
    plot(
        "the thief",
        "friend: child, gem: treasure, thief: thief, perch: perch",
        """
        <dated>

        {A thief} [stole|snatched] my {gem.look} {gem} from the [windowsill|garden table].
        {Friend} saw it fly to {perch}.{gem.holder=thief}{gem.at=perch}
        [I climbed a [long|rickety] ladder and took back the {gem.look} {gem}.{gem.holder=}{gem.at=}
        I was not afraid, because {friend} held the ladder.
        From tomorrow I will keep the {gem} [in a box|under my pillow|in my shoe].|
        We climbed up and found a nest with [two|three|four] chicks, and we left the {gem} on {gem.at}.
        I am not [sad|cross], because [the chicks need a toy, too|it is theirs now].|
        I am [sad|angry], because it was [from my aunt|my best one].
        Tomorrow {friend} will bring a ladder, and I will get it down from {gem.at}.]
    """,
    ),
    plot(
        "the seed",
        "giver: worker, seed: seed, garden: garden, spot: garden.spots",
        """
        Monday

        {Giver} the {giver.job} gave me {a seed} seed.{seed.giver=giver}
        I [planted|buried] it {in garden}, {spot}.{seed.at=spot}

        [Wednesday|Thursday]

        Nothing has come up, and I am [cross|sad], because I [water it|look] every day.
        "[Wait|Be patient]," says {seed.giver}.

        [Sunday

        A green shoot stands {seed.at}!
        I am so [proud|happy] that I [danced round it|ran to tell {seed.giver}].|Sunday

        A shoot came up {seed.at}, but a [snail|rabbit|goose] has eaten it.{seed.at=}
        Tomorrow I will ask {seed.giver} for another seed.]
    """,
    ),
]

DIARY = Kind("diary", 4, PLOTS, EVENTS, {"weekday": WEEKDAYS})
