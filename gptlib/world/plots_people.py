"""Plots in which people give, promise, quarrel and make up. grammar.py explains the notation."""

from gptlib.world.grammar import plot

PEOPLE = [
    plot(
        "the promise",
        "hero friend: child, elder: family, thing: food, place: place",
        """
        {Elder} was [ill in bed|very tired|busy at work] and longed for {a thing.look} {thing}.{elder.wants=thing}
        <promise hero elder thing>
        But {in place} {he hero} met {friend}, and they {place.did} until the sun was low.
        [Then {hero} remembered {elder} and the {elder.wants}.
        {He hero} [raced|rushed] to the shop and bought the last {thing.look} {hero.promised}.
        "You [kept your promise|did not forget]," said {elder}.{elder.wants=}{hero.promised=}{thing.holder=elder}|When {hero} ran to the shop, the last {elder.wants} was gone.
        "[I forgot all about it|Please forgive me]," {he hero} told {elder}.
        "[Tell me a story instead|Tomorrow is another day]," said {elder}.]
    """,
    ),
    plot(
        "the broken toy",
        "hero friend: child, elder: family, thing: gadget, tool: mender, room: store, spot: room.shelves",
        """
        <lend hero friend thing>, but <break friend thing>
        "There is some {tool} {in room}, {spot}," said {elder}.{tool.at=spot}
        ["[But w|W]hat will {thing.owner} say?" [asked|sighed|moaned] {friend}.|{Friend} wiped {friend.his} eyes.{friend.broke=thing}|]
        <mend friend thing tool>
        <return friend thing hero> and [told the truth|confessed].
        ["[It looks as good as new|I break things too]," said {hero}.|{Thing.owner} [did not mind at all|was angry, but not for long].]
    """,
    ),
    plot(
        "the swap",
        "hero friend: child, mine: toy, yours: instrument, place: place",
        """
        {Hero} had {a mine.look} {mine}, but {he hero} wanted {a yours}.{mine.holder=hero}{hero.wants=yours}
        One day {in place} {he hero} met {friend}, who had {a yours.look} one.{yours.holder=friend}
        "My {mine} for your {hero.wants}?" asked {hero}.
        [<swap hero friend mine yours>{hero.wants=}
        [That evening|At home], {mine.holder} took the {mine.look} {mine} and {mine.used}.
        {Yours.holder} took the {yours.look} {yours} and {yours.used}.|"Never," said {friend}, [but let {him hero} try it|and hugged the {yours.look} {yours}].
        So {mine.holder} went home with the {mine.look} {mine} and {mine.used}.]
    """,
    ),
    plot(
        "the birthday surprise",
        "hero friend: child, elder: family, gift: present, room: room, spot: room.spots",
        """
        {Elder} [wished for|longed for|dreamed of] {a gift.look} {gift}.{elder.wants=gift}
        {Hero} and {friend} [saved every penny|washed windows for a week], bought one and hid it {in room}, {spot}.{gift.at=spot}
        ["[Why are you whispering|What is the secret|What are you up to]?" asked {elder}.|It was hard to keep quiet for [a week|ten days|a whole month].|]
        On {elder}'s birthday {hero} looked {gift.at} and [brought|pulled] out the [parcel|present].
        {Elder} [tore off the paper|undid the ribbon] and [cried|gasped], "{A gift.look} {gift}!"{elder.wants=}{gift.at=}{gift.holder=elder}
    """,
    ),
    plot(
        "practice makes perfect",
        "hero friend: child, elder: family, inst: instrument",
        """
        {Elder} gave {hero} {a inst.look} {inst} [for Christmas|one summer|as a reward].{inst.giver=elder}
        At first it sounded like [a sick goose|a rusty gate|an angry cat|a squashed frog].
        [{Friend} [covered {friend.his} ears|laughed out loud|ran away], and {hero} almost gave up.|"[Stop|Not again|My poor ears]!" groaned {friend}.]
        "[Practise every day|Try again|Do not give up]," said {inst.giver}.
        At the [summer fair|school concert|village dance], {hero} [picked up|took] the {inst.look} {inst} and [made everybody dance|did not make one mistake].
        [Nobody clapped louder than {inst.giver}.|Even {friend} whistled and stamped.|{Inst.giver} wiped away a tear.|{Friend} asked for one more song.]
    """,
    ),
    plot(
        "the shared lunch",
        "hero friend: child, snack other: food, place: place",
        """
        [<when> {hero} and {friend} had a picnic {in place}.|{Hero} and {friend} sat down to eat {in place}.]
        {Friend} had [forgotten {friend.his} lunch|nothing to eat], so {hero} shared {hero.his} {snack.look} {snack}.{snack.giver=hero}
        The next day it was {snack.giver} who had nothing.
        ["I have not forgotten your {snack}," said {friend}.|{Friend} remembered the {snack.look} {snack}.]
        {He friend} cut {a other.look} {other} in two and gave {snack.giver} the bigger half.
    """,
    ),
    plot(
        "the race",
        "hero friend: child, prize: food, place: place",
        """
        "Nobody runs as fast as I do," [boasted|bragged|said] {hero}.
        "Then race me to {place} for {a prize.look} {prize}," said {friend}.{hero.going=place}
        {Hero} was soon far ahead[ and stopped to [take a nap|pick blackberries|chat with a neighbour|chase a butterfly].
        [{Friend} [never stopped|ran on and on|kept going].|]
        When {hero} [looked up|came running], {friend} had reached {hero.going}.{prize.holder=friend}|, and never looked back.
        {Friend} reached {hero.going} long after {hero}[, puffing|, limping|].{prize.holder=hero}]
        [But {prize.holder} shared the {prize.look} {prize}.|{Prize.holder} ate the {prize.look} {prize} all by {prize.holder.himself}.]{hero.going=}
    """,
    ),
    plot(
        "the quarrel",
        "hero friend: child, elder: family, thing: toy, high: high",
        """
        {Hero} and {friend} both wanted the {thing.look} {thing}.
        "[It is mine|I had it first|Let go]!" [shouted|yelled] {hero}, and pulled.
        {Elder} [took it and |]put it on top of {high}.{thing.at=high}{thing.holder=elder}
        [{Friend} [made a silly face|said sorry|began to laugh], and [so did {hero}|{hero} did too].
        So {thing.holder} took the {thing.look} {thing} down from {thing.at}.
        They [shared it|took turns] [until bedtime|all afternoon].{thing.at=}{thing.holder=}|They [sulked|glared at each other] until supper.
        And the {thing.look} {thing} stayed on {thing.at} [for a week|until they had both said sorry].]
    """,
    ),
    plot(
        "the new neighbour",
        "hero new: child, thing: toy, elder: family, food: food",
        """
        A new {new.boy} called {new} sat on the steps with {a thing.look} {thing}.{thing.owner=new}
        {Hero} [watched|waved] from the window, too shy to [speak|come out].
        "[Go on|Be brave]," said {elder}, "and take {him new} {a food}."
        {Hero} [crossed the street|went over] and held out the {food}.
        ["I like your {thing}," {he hero} [mumbled|said].|"Is that {thing} yours?" {he hero} asked.]
        [{Thing.owner} [grinned|smiled], held up the {thing.look} {thing} and let {him hero} {thing.use}.|<friends hero new>]
    """,
    ),
    plot(
        "the confession",
        "hero: child, elder: family, thing: household, room: indoors, spot: room.spots",
        """
        {Hero} was [juggling|dancing|playing ball] {in room} when {elder}'s {thing.look} {thing} fell and broke.{thing.owner=elder}
        {He hero} [swept up|gathered] the pieces and hid them {spot}.{thing.at=spot}
        "Where is my {thing}?" asked {thing.owner}.
        [{Hero} [went red|swallowed hard|began to cry{hero.broke=thing}] and took {him elder} to the pieces {thing.at}.
        "[Thank you for telling me|The truth is worth more]," said {elder}.|"Perhaps the cat knows," said {hero}.
        But {thing.owner} had already looked {thing.at}.
        "The cat has never told me a lie," {he elder} said.]
    """,
    ),
    plot(
        "the bedtime story",
        "hero: child, elder: family, beast: beast, place: field",
        """
        {Elder} told a story about {a beast.look} {beast} that lived {in place}.{beast.home=place}{beast.teller=elder}
        {Hero} [yawned and |]fell asleep [before the end|at the best part|in the middle].
        ["Does it still live {in beast.home}?" {he hero} asked [at breakfast|in the morning].
        "Of course," said {beast.teller}[, and winked|, buttering the toast|].
        [So|After breakfast] {hero} [set off|went] to look for the {beast.look} {beast}[, with a carrot in {hero.his} pocket|, and took a rope and an apple].|All night {he hero} dreamed of {beast.home}.
        "And what became of the {beast.look} {beast}?" {he hero} asked in the morning.
        "It [went home|lived happily ever after|fell asleep too]," said {beast.teller}.]
    """,
    ),
    plot(
        "the borrowed hat",
        "hero friend: child, elder: family, hat: clothing",
        """
        It was [cold|raining|snowing].
        <lend friend hero hat>.
        {Hero} [wore it home|kept it on all day] and forgot to give it back.
        ["Whose is [this|that]?" asked {elder} [at supper|the next day|on washing day].
        "It belongs to {hat.owner}," said {hat.holder}.|[A week later|On Sunday] {elder} found it [in the wash|under a chair].]
        <return hero hat friend>, [washed and ironed|with a sweet inside|but {friend} let {him hero} keep it{hat.holder=hero}].
    """,
    ),
    plot(
        "the name",
        "hero friend: child, pet: pet, called: called, place: place",
        """
        {Hero} had {a pet.look} {pet} without a name.{pet.owner=hero}
        ["Why not call it {called}?" asked {friend}.|"Call it {called}," said {friend}.|{Friend} looked at it and said, "{Called}!"]{pet.called=called}
        The next [day|morning|evening] the {pet} [was gone|ran away|slipped out].
        "{Pet.called}! {Pet.called}!" [shouted|called] {pet.owner}.
        [Something {pet.cried} {in place}, and the {pet.look} {pet} came running.|There was no answer, but at supper time the {pet.look} {pet} was back.|{Friend} heard it and brought the {pet.look} {pet} home.]
    """,
    ),
    plot(
        "the riddle",
        "hero friend: child, gem: treasure, food: fruit",
        """
        "I have {a gem} in one hand and {a food} in the other," said {hero}.{game.prize=gem}{game.other=food}
        "Which hand do you want?"
        "[Left|Right]," [guessed|said] {friend}[ quickly| after a while|].
        [It was the {game.prize}, and {he friend} did a little dance.{friend.wins=gem}|It was only the {game.other}.{friend.wins=food}]
        [So {he friend} went home with {a friend.wins}.|"Once more!" said {hero}, but {he friend} was gone, and so was the {friend.wins}.]
    """,
    ),
]
