"""Plots in which somebody has something to do: errands, trades, messages. grammar.py explains the notation."""

from gptlib.world.grammar import plot

ERRANDS = [
    plot(
        "baking day",
        "hero: child, elder: family, friend: relative, dish: dish, item: pantry",
        """
        {Elder} was baking {a dish.look} {dish}, but there was no {item} left.{elder.wants=item}
        "[Run|Go|Hurry] and ask {friend} for some," {he elder} told {hero}.{hero.going=friend}
        "[May I|Could we] have some {elder.wants}, please?" {he hero} asked at {hero.going}'s door.
        [{Friend} filled a {item.pot}, and {hero} [carried it home|ran back].{item.holder=hero}
        [Before long|Soon] the {dish.look} {dish} [came out of the oven|smelled wonderful].
        {Elder} sent a plate of it to {hero.going}[, still warm|].{elder.wants=}{hero.going=}|"I have none either," said {hero.going}.
        So the {dish.look} {dish} was made without {elder.wants}, and [everybody pulled a face|it was gone in a minute].{hero.going=}]
    """,
    ),
    plot(
        "a chain of trades",
        "hero friend: child, one two: worker, food: food, tool: tool, prize: toy",
        """
        {Hero} wanted {a prize.look} {prize}, but all {he hero} had was {a food}.{hero.wants=prize}{food.holder=hero}
        {One} the {one.job} gave {him hero} an old {tool} for it.{tool.holder=hero}{food.holder=one}
        {Two} the {two.job} was looking for {a tool} and paid [three|four|five|ten] coins.{tool.holder=two}
        With the coins {he hero} bought {a prize.look} {hero.wants} from {friend}.{prize.holder=hero}{hero.wants=}
        ["[All that for|It began with] one {food}," said {prize.holder}[ happily| at bedtime|].|{Prize.holder} [ran|whistled] all the way home.]
        [{Food.holder} had eaten the {food} long ago.|]
    """,
    ),
    plot(
        "the letter",
        "hero: child, sender: family, getter: worker, mail: mail, place: place",
        """
        {Sender} gave {hero} a {mail} for {getter} the {getter.job}.{mail.sender=sender}{mail.for=getter}
        But {getter.shop} was [closed|empty|locked].
        ["[Gone fishing|Out for lunch|Taking a rest], {in place}," said a note on the door.|"I saw {him getter} {in place}," said a neighbour.]{getter.at=place}
        [{Hero} [sighed|groaned|shrugged] and walked on.|]
        {In getter.at}, at last, sat {mail.for}, [eating a sandwich|half asleep|feeding the sparrows].
        [{Hero} held out the {mail}, and {mail.for} [laughed|smiled|beamed], for it came from {mail.sender}.|{Mail.for} read the {mail} [twice|aloud], put on {getter.his} hat and hurried straight to {mail.sender}.{getter.at=}]{mail.holder=getter}
    """,
    ),
    plot(
        "the seed",
        "hero friend: child, giver: worker, seed: seed, spot: garden.spots, garden: garden",
        """
        {Giver} the {giver.job} gave {hero} {a seed} seed.{seed.giver=giver}
        {He hero} [planted|buried] it {in garden}, {spot}.{seed.at=spot}
        For [days|a week|ten days] nothing [came up|happened].
        ["[It is dead|Give up|You forgot the water]," said {friend}.|{Friend} laughed at {him hero}.|]
        "[Wait|Be patient]," said {seed.giver}.
        [One morning, after the rain, a green shoot stood {seed.at}.
        {He hero} [ran to tell {seed.giver}|danced round it|called it {friend}, for fun].|At last, {seed.at}, two leaves [peeped out|pushed up the soil].
        In autumn there was {a seed} [as tall as {friend}|that won a prize].|At last a shoot came up {seed.at}, but a [snail|rabbit|goose] ate it.{seed.at=}
        So {seed.giver} gave {him hero} another seed, and that one grew [up to the roof|as tall as a tree].]
    """,
    ),
    plot(
        "the sick friend",
        "hero friend: child, wish: book, illness: illness, elder: family",
        """
        {Friend} had {a illness} and wished for {a wish.look} {wish}.{friend.has=illness}{friend.wants=wish}
        {Elder} [cooked|made] [hot|chicken|onion] soup, and {hero} carried it [down the lane|through the snow|across the road].
        At the [corner|bridge|crossing] {he hero} remembered the {friend.wants} and [turned|went] back for it.
        ["And this is for you too," said {hero}, and held out the {wish.look} {wish}.|{Friend} emptied the bowl and opened the {wish.look} {wish}.]{friend.wants=}{wish.holder=friend}
        [By [Friday|Sunday|Monday], the {friend.has} was [forgotten|only a memory].{friend.has=}|The {friend.has} did not feel half so bad now.]
    """,
    ),
    plot(
        "the message",
        "hero friend third: child, thing wrong: food, place other: place",
        """
        "Tell {third} to bring {a thing} to {place}," {hero} told {friend}.{third.brings=thing}{third.going=place}
        {Friend} [ran|hopped|skipped] all the way, tripped over [a cat|a bucket|a root] and got muddled.
        "You are to take {a wrong} to {other}," {he friend} told {third}.
        "[Are you sure|Really]?" asked {third}.
        [{Friend} [shut {friend.his} eyes|scratched {friend.his} head|thought hard].
        "No, {hero} wants {a third.brings}, and you must go to {third.going}!"|"Quite sure," said {friend}.
        So {third} went to {other}, and {hero} waited {in third.going} without {a third.brings}.]
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
        {Hero} made {a dish.look} {dish} for the village fair, and {friend} {a other.look} {other}.{dish.cook=hero}{other.cook=friend}
        {Judge} the {judge.job} was the judge.{fair.judge=judge}
        {He judge} [tasted|nibbled|chewed] for a [long|very long] time.
        ["The {dish.look} {dish} is the [sweetest|tastiest|finest]," said {fair.judge}.
        "But the {other.look} {other} is the [prettiest|lightest]!"
        So {dish.cook} and {other.cook} both won a [ribbon|medal|prize].|"The {other.look} {other} wins," said {fair.judge} at last.
        {Other.cook} [cheered|bowed|blushed], and {dish.cook} asked for a taste.]
    """,
    ),
    plot(
        "the stranger",
        "hero: child, place: place, worker: worker, side: side",
        """
        "Which way to {place}?" a [stranger|traveller|tourist] asked {hero}.{stranger.going=place}
        "Turn {side} at {worker.shop}," said {hero}.{stranger.turn=side}
        [The stranger walked off[, whistling|, humming|].|It sounded easy.|]
        [Soon|An hour later] the stranger was back and asked, "Was it left or right?"
        ["{Stranger.turn} at {worker.shop}, and then you are {in stranger.going}," {hero} [laughed|repeated|sighed], and came along to make sure.|{Hero} [laughed|sighed] and drew a map of the way to {stranger.going}.]
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
        On [Saturday|Tuesday|market day] {he hero} put all {toy.price} on the counter, carried the {toy.look} {toy} home and {toy.used}.{toy.holder=hero}
    """,
    ),
    plot(
        "the meeting",
        "hero friend: child, elder: family, place: place, hour: hour",
        """
        "Meet me {in place} at {hour} o'clock," {hero} told {friend}.{meeting.at=place}{meeting.hour=hour}{friend.meets=hero}
        {Friend} [tied a knot in {friend.his} handkerchief|said it over and over|nodded].
        ["When are you meeting {friend.meets}?" asked {elder}.
        "At {meeting.hour} o'clock, {in meeting.at}," said {friend}, and [ran|hurried off].
        {Friend.meets} was already there, [eating cherries|with two fishing nets|waving].|Then [a band marched past|a circus came by|the rain began], and the hour flew out of {friend.his} head.
        {Friend.meets} waited {in meeting.at} until [supper time|dark].
        "[Forgive me|I am so sorry]," said {friend} the next day, with a bag of cherries.]
    """,
    ),
]
