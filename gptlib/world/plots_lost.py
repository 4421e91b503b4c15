"""Plots in which something is lost, hidden, stuck, stolen or found. grammar.py explains the notation."""

from gptlib.world.grammar import plot

LOST = [
    plot(
        "the forgotten toy",
        "hero friend: child, thing: toy, place: place, spot: place.spots",
        """
        <when> {hero} and {friend} {place.did} {in place}.
        <leave hero thing spot>[ and forgot all about it|].
        <miss hero thing>
        <point friend hero thing>
        [Sure enough, there [it was|lay the {thing.look} {thing}][, safe and sound|, a little dusty|].|And there the {thing.look} {thing} was[, just as {hero.he} had left it|].]{hero.misses=}
        [<thank hero friend>|]
    """,
    ),
    plot(
        "hide-and-seek",
        "seeker hider: child, place: place, spot wrong: place.spots",
        """
        [<when> {seeker} and {hider} played hide-and-seek {in place}.|"Let us play hide-and-seek," {seeker} said to {hider} {in place}.]
        {Hider} [crept away and |ran off and |]hid {spot}.{hider.at=spot}
        {Seeker} counted to [ten|twenty|fifty|a hundred] and looked {wrong}, but found [nobody|only a beetle|only an old boot|nothing at all].
        [[Just then|Then] somebody [sneezed|giggled|coughed|hiccupped].
        {Seeker} [spun round|turned|came closer] and looked {hider.at}.
        "[Found you|I see you|Got you], {hider}!" {he seeker} [shouted|laughed|sang].|After [an hour|a long search] {he seeker} [gave up|grew tired].
        {Hider}, still {hider.at}, [had fallen asleep|was very proud of {hider.himself}].]
    """,
    ),
    plot(
        "lights out",
        "hero friend: child, elder: family, light: light, room: store, spot: room.shelves",
        """
        <keep elder light room spot>.
        [One night|One winter night] [the wind howled|rain beat down|hail fell], and all the lamps went out.
        [{Hero} [squeezed {friend}'s hand|dived under a blanket|let out a squeak].|"I am not afraid," said {hero}[, but {hero.his} voice shook|].|]
        {Friend} [felt {friend.his} way|groped {friend.his} way|tiptoed] to {light.room} and felt about {light.at}.
        [Soon|A moment later] the {light.look} {light} was [glowing like a small moon|burning brightly|lighting up the house].
        [{Friend} made shadow animals until {elder} came home.|The storm did not seem so wild now.|They had supper by its light, like pirates.]{light.at=}{light.room=}
    """,
    ),
    plot(
        "the thief",
        "hero friend: child, gem: treasure, thief: thief, perch: perch",
        """
        {Hero} [laid|put|left] {hero.his} {gem.look} {gem} on the [windowsill|garden table|doorstep].{gem.owner=hero}
        [In a flash|Quick as a wink|At once], {a thief} [snatched|stole] it.{gem.holder=thief}
        {Friend} [saw the bird fly|followed the bird] as far as {perch}.{gem.at=perch}
        {Hero} [climbed|went up] a [long|tall|rickety] ladder.
        [In the {gem.holder}'s nest lay [two spoons|a fork|a broken necklace|a rusty key] and the {gem.look} {gem}.
        Since then {gem.owner} has kept the {gem} [in a little box|under lock and key|far away from {gem.at}].{gem.holder=hero}{gem.at=}|The {gem.holder} [screamed|flapped], but {hero} came down from {gem.at} with the {gem.look} {gem} in {hero.his} [fist|pocket].{gem.holder=hero}{gem.at=}|There sat the {gem.holder} with [two|three|four] chicks in a nest lined with moss.
        {He hero} smiled and let them keep the {gem.look} {gem}.]
    """,
    ),
    plot(
        "the lost pet",
        "hero friend: child, pet: pet, place: place, spot: place.spots",
        """
        <when> something {pet.cried} {spot} {in place}.{pet.at=spot}
        {Hero} [looked|crept closer] and saw {a pet.look} {pet}, [all alone|cold and hungry|lost and frightened].
        ["[Where is your home|Whose are you]?" {he hero} asked.|{He hero} gave it [some bread|a drink of water|half a sandwich].|]
        Then {friend} came and [cried|wailed|sobbed], "I have lost my {pet}!"{pet.owner=friend}{friend.misses=pet}{friend.lost=pet}
        ["Is this your {pet}?" asked {hero}.|"Then look {pet.at}," said {hero}, smiling.]
        [The {pet.look} {pet} came straight to {pet.owner}.|{Pet.owner} picked the {pet.look} {pet} up and laughed and cried at once.]{pet.at=}{pet.holder=friend}{friend.misses=}
    """,
    ),
    plot(
        "stuck in a tree",
        "hero friend: child, elder: family, thing: flyer, tree: tree, tool: reacher, room: store, spot: room.corners",
        """
        {Hero} and {friend}'s {thing.look} {thing} got stuck in {tree}.{thing.at=tree}
        [{Hero} [jumped|shook the trunk|threw sticks at it], but that did not help.|]
        "There is {a tool} {in room}, {spot}," [said|called] {elder}.{tool.at=spot}{tool.room=room}
        {Friend} ran to {tool.room} and [took|fetched] the {tool}.{tool.holder=friend}
        [With its help they got the {thing.look} {thing} [down from|out of] {thing.at}.|{He friend} pushed and poked, and down from {thing.at} came the {thing.look} {thing}[, two leaves and an old nest|].]{thing.at=}
        [Then {friend} threw it up again.{tool.at=}{tool.room=}|They put the {tool} back {tool.at}, [quite worn out|just in case].{tool.holder=}|{tool.at=}{tool.room=}]
    """,
    ),
    plot(
        "the key",
        "hero friend: child, box: chest, gem: treasure, room: room, place: place, spot: place.spots",
        """
        {In room} stood {a box.look} {box} that nobody could open.{box.at=room}
        <when> {hero} found a [rusty|tiny|brass] key {spot} {in place}.{key.at=spot}
        ["What about the {box} {in box.at}?" [asked|whispered] {friend}.|{Friend} thought of the {box} {in box.at}.]
        [The lock went click|The key turned with a creak], and in the {box.look} {box} lay {a gem.look} {gem}!{gem.at=box}
        [They took turns to hold it.{gem.at=}|"But who left the key {key.at}?" {friend} wondered.|It had waited there for a hundred years.]{key.at=}
    """,
    ),
    plot(
        "the hat in the water",
        "hero friend: child, hat: clothing, water: water, dog: dog",
        """
        [A gust of wind|The wind|A sudden breeze] blew {hero}'s {hat.look} {hat} into {water}.{hat.at=water}{hat.owner=hero}
        [It [floated|drifted|bobbed] away[ like a little boat| past the ducks|].|"My {hat}!" [cried|shouted] {hero}.|]
        {Friend} [whistled|called] for {dog.pet}, {friend.his} {dog}.{dog.owner=friend}
        {Dog.pet} [jumped|leapt|plunged] into {hat.at} and swam.
        [Soon {hat.owner} had the {hat.look} {hat} again, [dripping wet|soaked through|cold and wet].|Back came the {hat.look} {hat}, and {hat.owner} [hugged|kissed|patted] {dog.pet}.]{hat.at=}{hat.holder=hero}
        ["Good dog!" said {hero}, and {dog.pet} [barked happily|shook off the water|ran to {dog.owner}].|{Dog.owner} gave {dog.pet} a [biscuit|crust of bread|good rub].|]
    """,
    ),
    plot(
        "the sleepless night",
        "hero: child, elder: family, toy: cuddly, room: room, spot: room.spots",
        """
        {Hero} [played|had a tea party|built a den] {in room} and left {hero.his} {toy.look} {toy} {spot}.{toy.at=spot}{toy.room=room}
        [At bedtime|That night] {he hero} [could not sleep|lay wide awake|tossed and turned].
        "My {toy} is [gone|missing|lost]," {he hero} [sobbed|whispered|told {elder}].{hero.misses=toy}{hero.lost=toy}
        {Elder} [took a candle|put on a dressing gown|yawned], went to {toy.room} and looked {toy.at}.
        [With the {toy.look} {toy} in {hero.his} arms, {hero} fell asleep at once.|[Soon|A minute later] {hero} and the {toy.look} {toy} were [fast asleep|snoring].]{toy.at=}{toy.room=}{toy.holder=hero}{hero.misses=}
    """,
    ),
    plot(
        "the missing animal",
        "hero friend: child, elder: family, beast: beast, place: field",
        """
        [One evening|At feeding time|At sunset] {elder}'s {beast.look} {beast} was [missing|gone] from the barn.{beast.owner=elder}
        "I [heard|saw] it {in place} an hour ago," said {friend}.{beast.at=place}
        {Hero} took a [lantern|rope|stick] and [set off|walked out] into the [rain|dusk|mist].
        [At last, {in beast.at}, something {beast.cried}.|It was already dark {in beast.at} when something {beast.cried}.|Mud filled {hero.his} boots, but {in beast.at} {he hero} found tracks.]
        The {beast.look} {beast} was [stuck in a ditch, and {hero} pulled it out|caught in a fence, and {hero} set it free|caught in the brambles, and {hero} cut it loose|eating thistles, and not at all sorry].
        [{He hero} led it back to {beast.owner}[, step by step|].|{Beast.owner} [danced|wept|sang] for joy when they came home.]{beast.at=}
    """,
    ),
    plot(
        "the snowman",
        "hero friend: child, clothing: clothing, place: place",
        """
        [It snowed, and|After the first snow] {hero} and {friend} built a snowman {in place}.{snowman.at=place}
        {Friend} gave it {friend.his} own {clothing.look} {clothing}[ and a carrot nose|].{clothing.owner=friend}
        [The next day|A week later] {hero} came back to {snowman.at}, but the snowman was gone.{snowman.at=}
        [On the ground|In a puddle] lay the {clothing.look} {clothing}[, wet through|].{clothing.holder=hero}
        [{He hero} dried it by the fire.|"{Clothing.owner} will be missing this," {he hero} said.]
        <return hero clothing friend>, and they hoped for [more snow|a longer winter].
    """,
    ),
    plot(
        "the secret",
        "hero friend third: child, gem: treasure, food: food, place: place, spot: place.spots",
        """
        <when> <hide hero gem spot> {in place} and told only {friend}.{gem.owner=hero}{gem.area=place}
        {Friend} [promised|swore] to keep the secret.
        "[What did {gem.owner} say|What is the secret]?" asked {third}, [and offered {him friend} {a food}|and would not give up].
        [{Friend} [shook {friend.his} head|shut {friend.his} mouth tight|hummed a tune].
        [That evening|The next day] {gem.owner} looked {gem.at}, and the {gem.look} {gem} was still there.|{Friend} [sighed|gave in|could not resist] and told {him third} everything.
        [An hour later|By sunset] {third} was {in gem.area} with the {gem.look} {gem}.{gem.holder=third}{gem.at=}{third.at=place}
        {Gem.owner} [was furious|never told {friend} a secret again|cried all evening{hero.betrayed=friend}].]
    """,
    ),
    plot(
        "the wrong bag",
        "hero friend: child, thing: toy, other: book, place: place",
        """
        {In place}, {hero} and {friend} mixed up their [bags|baskets], which [looked just alike|were both brown].
        In {hero}'s was {a thing.look} {thing}, in {friend}'s {a other.look} {other}.{thing.owner=hero}{other.owner=friend}
        At home {hero} looked inside and [stared|gasped].
        ["This {other} [must be|is] {other.owner}'s!" {he hero} [said|cried].|There was no {thing}, only {a other.look} {other}.]
        [{Hero} ran back, and there stood {friend} with the {thing.look} {thing}.|Just then came a knock, and {other.owner} held out the {thing.look} {thing}.]
        [They [laughed|giggled] and swapped.|]
    """,
    ),
    plot(
        "the guessing game",
        "hero friend: child, gem: treasure, room: room, spot: room.spots",
        """
        {Hero} hid [something small|something shiny|a surprise] {in room}, {spot}.{prize.at=spot}{prize.room=room}
        "[Am I warm|Am I close|Is it here]?" asked {friend} in the doorway.
        "[Cold|Ice cold|Not yet]," said {hero}.
        {Friend} [walked|crawled|hopped] across {prize.room} until {hero} [shouted|cried], "[Hot|Boiling hot|Very hot]!"
        There, {prize.at}, was {a gem.look} {gem}.{gem.holder=friend}
        ["Keep it," said {hero}, "you have earned it."|"My turn to hide it," said {gem.holder}.]{prize.at=}{prize.room=}
    """,
    ),
    plot(
        "the naughty dog",
        "hero friend: child, elder: family, shoe: shoe, room: room, spot: room.spots, dog: dog",
        """
        {Dog.pet} the {dog} carried {hero}'s {shoe} into {room} and hid it {spot}.{shoe.at=spot}{shoe.room=room}
        "Who has seen my {shoe}?" [called|shouted] {hero}, hopping [on one leg|to breakfast|up and down].
        [{Friend} [looked in the coal bucket|blamed the wind].|]
        {Elder} knew {dog.pet} and went straight to {shoe.room}.
        There, {shoe.at}, [lay|was] the {shoe}[, a little chewed|, wet through|].
        [{Dog.pet} [yawned|lay down] and looked the other way.|"[Bad|Silly] dog!" [cried|laughed] {hero}.]{shoe.at=}{shoe.room=}
    """,
    ),
]
