"""Plots in which people give, trade, promise, quarrel and make up. grammar.py explains the notation."""

from gptlib.world.telling import plot

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
        "You [kept your promise|did not forget]," said {elder}.|When {hero} ran to the shop, the last {elder.wants} was gone.
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
        ["[But w|W]hat will {thing.owner} say?" [asked|sighed|moaned] {friend}.|{Friend} wiped {friend.his} eyes.|]
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
        [<swap hero friend mine yours>
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
        {He elder} [tore off the paper|undid the ribbon] and [cried|gasped], "{A gift.look} {gift}!"
    """,
    ),
    plot(
        "baking day",
        "hero: child, elder: family, friend: relative, dish: dish, item: pantry",
        """
        {Elder} was baking {a dish.look} {dish}, but there was no {item} left.{elder.wants=item}
        "[Run|Go|Hurry] and ask {friend} for some," {he elder} told {hero}.{hero.going=friend}
        "[May I|Could we] have some {elder.wants}, please?" {he hero} asked at {hero.going}'s door.
        [{Friend} filled a {item.pot}, and {hero} [carried it home|ran back].{item.holder=hero}
        [Before long|Soon] the {dish.look} {dish} [came out of the oven|smelled wonderful].
        {Elder} sent the [first|biggest|best] helping to {hero.going}.|"I have none either," said {hero.going}.
        So the {dish.look} {dish} was made without {elder.wants}, and [nobody noticed|it was the best ever|only the birds ate it].]
    """,
    ),
    plot(
        "a chain of trades",
        "hero friend: child, one two: worker, food: food, tool: tool, prize: toy",
        """
        {Hero} wanted {a prize.look} {prize}, but all {he hero} had was {a food}.{hero.wants=prize}{food.holder=hero}
        {One} the {one.job} gave {him hero} an old {tool} for it.{tool.holder=hero}{food.holder=one}
        {Two} the {two.job} was looking for {a tool} and paid [three|four|five|ten] coins.{tool.holder=two}
        For the coins {friend} sold {him hero} {friend.his} {prize.look} {hero.wants}.{prize.holder=hero}
        ["[All that for|It began with] one {food}," said {prize.holder}[ happily| at bedtime|].|{Prize.holder} [ran|whistled] all the way home.]
        [{Food.holder} had eaten the {food} long ago.|]
    """,
    ),
    plot(
        "practice makes perfect",
        "hero friend: child, elder: family, inst: instrument",
        """
        {Elder} gave {hero} {a inst.look} {inst} [for Christmas|one summer|as a reward].{inst.from=elder}
        At first it sounded like [a sick goose|a rusty gate|an angry cat|a squashed frog].
        [{Friend} [covered {friend.his} ears|laughed out loud|ran away], and {hero} almost gave up.|"[Stop|Not again|My poor ears]!" begged {friend}.]
        "[Practise every day|Try again|Do not give up]," said {inst.from}.
        At the [summer fair|school concert|village dance], {hero} [picked up|took] the {inst.look} {inst} and [made everybody dance|did not make one mistake].
        [Nobody clapped louder than {inst.from}.|Even {friend} whistled and stamped.|{Inst.from} wiped away a tear.|{Friend} asked for one more song.]
    """,
    ),
    plot(
        "the letter",
        "hero: child, sender: family, getter: worker, mail: mail, place: place",
        """
        {Sender} gave {hero} a {mail} for {getter} the {getter.job}.{mail.from=sender}{mail.for=getter}
        But {getter.shop} was [closed|empty|locked].
        ["[Gone fishing|Out for lunch|Taking a rest], {in place}," said a note on the door.|"I saw {him getter} {in place}," said a neighbour.]{getter.at=place}
        [{Hero} [sighed|groaned|shrugged] and walked on.|]
        {In getter.at}, at last, sat {mail.for}, [eating a sandwich|half asleep|feeding the sparrows].
        [{Getter.he} read the {mail} [twice|aloud] and [laughed|smiled|blushed], for it came from {mail.from}.|{Getter.he} read it, put on {getter.his} hat and [ran|hurried] straight to {mail.from}.]
    """,
    ),
    plot(
        "the shared lunch",
        "hero friend: child, snack other: food, place: place",
        """
        [<when> {hero} and {friend} had a picnic {in place}.|{Hero} and {friend} sat down to eat {in place}.]
        {Friend} had [forgotten {friend.his} lunch|nothing to eat], so {hero} shared {hero.his} {snack.look} {snack}.{snack.from=hero}
        The next day it was {snack.from} who had nothing.
        ["I have not forgotten your {snack}," said {friend}.|{Friend} remembered the {snack.look} {snack}.]
        {He friend} cut {a other.look} {other} in two and gave {snack.from} the bigger half.
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
        {Friend} reached {hero.going} long after {him hero}[, puffing|, limping|].{prize.holder=hero}]
        [But {prize.holder} shared the {prize.look} {prize}.|{Prize.holder} ate the {prize.look} {prize} to the last crumb.]
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
        They [shared it|took turns] [until bedtime|all afternoon].|They [sulked|glared at each other] until supper.
        And the {thing.look} {thing} stayed on {thing.at} [for a week|until they had both said sorry].]
    """,
    ),
    plot(
        "the seed",
        "hero friend: child, giver: worker, seed: seed, spot: garden.spots, garden: garden",
        """
        {Giver} the {giver.job} gave {hero} {a seed} seed.{seed.from=giver}
        {He hero} [planted|buried] it {in garden}, {spot}.{seed.at=spot}
        For [weeks|a month|twenty days] nothing [came up|happened].
        ["[It is dead|Give up|You forgot the water]," said {friend}.|{Friend} laughed at {him hero}.|]
        "[Wait|Be patient]," said {seed.from}.
        [One morning, after the rain, a green shoot stood {seed.at}.
        {He hero} [ran to tell {seed.from}|danced round it|called it {friend}, for fun].|At last, {seed.at}, two leaves [peeped out|pushed up the soil].
        In autumn there was {a seed} [as tall as {friend}|that won a prize].|At last a shoot came up {seed.at}, but a [snail|rabbit|goose] ate it.
        So {seed.from} gave {him hero} another seed.]
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
        "the sick friend",
        "hero friend: child, wish: book, illness: illness, elder: family",
        """
        {Friend} had {a illness} and wished for {a wish.look} {wish}.{friend.has=illness}{friend.wants=wish}
        {Elder} [cooked|made] [hot|chicken|onion] soup, and {hero} carried it [down the lane|through the snow|across the road].
        [At the [corner|bridge|crossing] {he hero} remembered the {friend.wants} and [turned|went] back for it.|{He hero} did not forget the {friend.wants} either.]
        ["And this is for you too," said {hero}, and held out the {wish.look} {wish}.|{Friend} emptied the bowl and opened the {wish.look} {wish}.]
        [By [Friday|Sunday|Monday], the {friend.has} was [forgotten|only a memory].|The {friend.has} did not feel half so bad now.]
    """,
    ),
    plot(
        "the confession",
        "hero: child, elder: family, thing: household, room: indoors, spot: room.spots",
        """
        {Hero} was [juggling|dancing|playing ball] {in room} when {elder}'s {thing.look} {thing} fell and broke.{thing.owner=elder}
        {He hero} [swept up|gathered] the pieces and hid them {spot}.{thing.at=spot}
        [[All day|Until supper] {hero.his} tummy hurt.|]
        "Where is my {thing}?" asked {thing.owner}.
        [{Hero} [went red|swallowed hard|began to cry] and pointed: the pieces lay {thing.at}.
        "[Thank you for telling me|The truth is worth more]," said {elder}.|"Perhaps the cat knows," said {hero}.
        But {thing.owner} had already looked {thing.at}.
        "The cat has never told me a lie," {he elder} said.]
    """,
    ),
    plot(
        "the message",
        "hero friend third: child, thing wrong: food, place other: place",
        """
        "Tell {third} to bring {a thing} to {place}," {hero} told {friend}.{third.bring=thing}{third.going=place}
        {Friend} [ran|hopped|skipped] all the way, tripped over [a cat|a bucket|a root] and got muddled.
        "You are to take {a wrong} to {other}," {he friend} told {third}.
        ["[Are you sure|Really]?" asked {third}.|]
        [{Friend} [shut {friend.his} eyes|scratched {friend.his} head|thought hard].
        "No, {hero} wants {a third.bring}, and you must go to {third.going}!"|{He third} did so, and {hero} waited {in third.going} until dark, without {a third.bring}.]
    """,
    ),
    plot(
        "the shopping list",
        "hero: child, elder: family, one two three: food",
        """
        {Elder} sent {hero} out for {a one}, {a two} and {a three}.{hero.first=one}{hero.second=two}{hero.third=three}
        [On the way|In the street] {he hero} [chased a leaf|counted the dogs|met a brass band|watched the clouds].
        "What would you like?" asked the [grocer|shopkeeper|market woman].
        "{A hero.first}, {a hero.second} and..." said {hero}, and stopped.
        [{He hero} [counted on {hero.his} fingers|bit {hero.his} lip|looked at the ceiling].|]
        ["And {a hero.third}!" {he hero} shouted at last.|{He hero} came home without the {hero.third}, but {elder} only laughed.]
    """,
    ),
    plot(
        "two jobs",
        "hero friend: child, elder: family, tool: tool, beast: beast",
        """
        "{Hero}, bring me the {tool}," said {elder}, "and {friend}, feed the {beast.look} {beast}."{hero.brings=tool}{friend.feeds=beast}
        [But {hero} would rather|{Hero} wanted to] look after animals.
        {Friend} was afraid of the {friend.feeds}.
        So they swapped jobs[ behind {elder}'s back| in secret|].
        {Friend} brought the {hero.brings}, and the {beast.look} {beast} ate from {hero}'s hand.
        ["[Well done|Clever children]," [laughed|said] {elder}.|{Elder} pretended not to notice.]
    """,
    ),
    plot(
        "the contest",
        "hero friend: child, dish other: dish, judge: worker",
        """
        {Hero} made {a dish.look} {dish} for the village fair, and {friend} {a other.look} {other}.{dish.from=hero}{other.from=friend}
        {Judge} the {judge.job} was the judge.{fair.judge=judge}
        {He judge} [tasted|nibbled|chewed] for a [long|very long] time.
        ["The {dish.look} {dish} is the [sweetest|tastiest|finest]," said {fair.judge}.
        "But the {other.look} {other} is the [prettiest|biggest]!"
        So {dish.from} and {other.from} both won a [ribbon|medal|prize].|"The {other.look} {other} wins," said {fair.judge} at last.
        {Other.from} [cheered|bowed|blushed], and {dish.from} asked for a taste.]
    """,
    ),
    plot(
        "the bedtime story",
        "hero: child, elder: family, beast: beast, place: place",
        """
        {Elder} told a story about {a beast.look} {beast} that lived {in place}.{beast.home=place}{beast.from=elder}
        {Hero} [yawned and |]fell asleep [before the end|at the best part|in the middle].
        ["Does it still live {in beast.home}?" {he hero} asked [at breakfast|in the morning].
        "Of course," said {beast.from}[, and winked|, buttering the toast|].
        [So|After breakfast] {hero} [set off|went] to look for the {beast.look} {beast}[, with a carrot in {hero.his} pocket|].|All night {he hero} dreamed of {beast.home}.
        "And what became of the {beast.look} {beast}?" {he hero} asked in the morning.
        "It [went home|lived happily ever after|fell asleep too]," said {beast.from}.]
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
        <return hero hat friend>, [washed and ironed|with a sweet inside|but {friend} let {him hero} keep it].
    """,
    ),
    plot(
        "the stranger",
        "hero: child, place: place, worker: worker, side: side",
        """
        "Which way to {place}?" a [stranger|traveller|tourist] asked {hero}.{stranger.going=place}
        "Turn {side} at {worker.shop}," said {hero}.{stranger.turn=side}
        [The stranger walked off[, whistling|, humming|].|It was easy to find.|]
        [Soon|An hour later] the stranger was back and asked, "Was it left or right?"
        ["{Stranger.turn} at {worker.shop}, and then you are {in stranger.going}," {hero} [laughed|repeated|sighed].|{Hero} [laughed|sighed] and drew a map of the way to {stranger.going}.]
    """,
    ),
    plot(
        "saving up",
        "hero: child, elder: family, toy: toy, price: number",
        """
        {A toy.look} {toy} in the shop window cost {price} coins.{toy.price=price}
        {Hero} [swept floors|pulled weeds|ran errands|polished shoes] for {elder} and [saved every coin|spent nothing].
        ["How many do you need?" asked {elder}.
        "{Toy.price}," said {hero}[, counting again|, and sighed|].|It took [a week|a month|all summer].]
        On [Saturday|Tuesday|market day] {he hero} put all {toy.price} on the counter, took the {toy.look} {toy} home and {toy.used}.
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
        "the meeting",
        "hero friend: child, elder: family, place: place, hour: hour",
        """
        "Meet me {in place} at {hour} o'clock," {hero} told {friend}.{meeting.at=place}{meeting.hour=hour}{friend.meets=hero}
        {Friend} [wrote it on {friend.his} hand|tied a knot in {friend.his} handkerchief|said it over and over].
        ["When are you meeting {friend.meets}?" asked {elder}.
        "At {meeting.hour} o'clock, {in meeting.at}," said {friend}, and [ran|hurried off].|Then [a band marched past|a dog barked|lunch was ready], and it flew out of {friend.his} head.
        {Friend.meets} waited {in meeting.at} until [supper time|dark].]
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
