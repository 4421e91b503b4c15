"""What the documents in English and French say: their words and their patterns, as tables.

A category of words is named after one of them, so that a pattern reads like one of its sentences:
"the {ball.size} {ball} is {table.at} the {table}". {tom} and {mia} are children, {two} is a number.
After "=" comes the French, with what translator.py works out between <>: <le ball size> is "la
petite balle", of the size that the English has told. An English adjective is an {x.size} if its
French stands before the noun, and an {x.look} if it stands after it. A line that ends in a
backslash goes on below.
"""

# A name | the nouns | the adjectives, of which each noun has those that gptlib.french finds apt.
THINGS = """
    cat     | cat, dog, rabbit, mouse, hamster          | small, old, young, white, black, brown
    duck    | duck, bird, frog, tortoise, hedgehog      | small, old, young
    horse   | horse, donkey, cow, goat, hen, duck, rabbit | small, big, old, young
    bear    | bear, wolf, fox, owl, squirrel            | small, big, old, young
    owl     | owl, cat, dog, rabbit, mouse, hamster, duck, bird, frog, tortoise, hedgehog, \
              horse, donkey, cow, goat, hen, bear, wolf, fox, squirrel | small, big, old, young
    ball    | ball, kite, doll, train, puppet, robot, drum, boat, hoop, balloon \
            | small, big, old, red, blue, green, yellow, white
    hat     | hat, coat, scarf, shirt, dress, glove, boot, shoe \
            | small, beautiful, old, red, blue, green, white, black
    coat    | coat, hat, scarf, shirt                   | beautiful, old, red, blue, green, black
    hammer  | hammer, shovel, ladder, axe, broom, brush, knife, rope | small, old, dirty, broken
    book    | book, umbrella, key, mirror, clock, ring, lamp, blanket | small, beautiful, old
    box     | box, bag, basket, bucket          | small, big, old, red, blue, heavy, empty, clean
    cup     | cup, plate, bottle, spoon         | small, white, blue, yellow, clean, dirty, broken
    apple   | apple, pear, orange, carrot, egg, cake, biscuit \
            | small, good, fresh, red, green, yellow, brown
    carrot  | carrot, onion, cabbage, bean              | small, good, fresh
    bread   | bread, soup, cheese, jam, honey           | good
    milk    | milk, water, tea                          | good, hot, cold, fresh
    table   | table, chair, bed, bench, shelf, carpet, door, window, wall |
    window  | window, door, box, bag, umbrella, book | small, old
    tree    | tree, hedge, bush, bench, wall, bridge    |
    forest  | forest, field, park, garden, village      |
    garden  | garden, kitchen, house, school, castle, barn, forest, park, field, village |
    baker   | baker, farmer, gardener, sailor, postman, teacher, witch, king, queen, boy, girl \
            | small, old, young, kind, happy, sad, tired
    mother  | mother, father, sister, brother, aunt, uncle, grandmother, grandfather |
"""
# A place | where one can be in it, or near it.
SPOTS = """
    table    | on, under, next to
    chair    | on, under, behind
    bed      | on, under, next to
    bench    | on, under, behind
    shelf    | on
    carpet   | on
    door     | behind, in front of
    window   | next to, in front of
    wall     | behind, in front of
    tree     | under, behind, near
    hedge    | behind, near, in front of
    bush     | behind, near, next to
    bridge   | on, under, near
    forest   | in, near
    field    | in, near
    park     | in, near
    garden   | in, near
    village  | in, near
    kitchen  | in
    house    | in, near, behind
    school   | in, near, behind
    castle   | in, near, behind
    barn     | in, near, behind
"""
PREPOSITIONS = """
    in          | dans
    on          | sur
    under       | sous
    behind      | derrière
    near        | près de
    next to     | à côté de
    in front of | devant
"""
# What people and animals do; again a name and what it stands for.
DEEDS = """
    sees   | see, follow
    finds  | find, hide, take, carry
    eats   | eat, buy
    sleeps | sleep, wait
    sings  | sing, dance, laugh, work
    opens  | open, close
    gives  | give, show, bring
"""
# What a list of words is about | the categories that they are from.
THEMES = """
    animals        | cat, duck, horse, bear
    toys           | ball
    tools          | hammer
    clothes        | hat
    things         | book, box, cup
    food           | apple, carrot
    places         | garden
    people         | baker
    food and drink | apple, carrot, bread, milk
    the house      | table
    the family     | mother
"""
COUNTED = ("animals", "toys", "tools", "clothes", "things", "food", "places", "people")
COLOURS = "red, blue, green, yellow, white, black, brown, grey, pink"

GENERAL = """
    the {ball.size} {ball.look} {ball} = <le ball size look>
    {a hat.look} {hat} = <un hat look>
    {two} {owl.size} {owl.many} = {two.deux} <many owl size>
    {tom}'s {book} = <le book> <de tom>
    {tom} and {tom.his} {mother} = {tom} et <son mother>
    the {baker.size} {baker} = <le baker size>
    the {cup.look} {cup} is {table.at} the {table} = <le cup look> est <at table>
    {tom} {sees} the {bear} = {tom} {sees.il} <le bear>
    the {baker} {sings} {garden.at} the {garden} = <le baker> {sings.il} <at garden>
    {tom} {finds} the {hammer.size} {hammer} = {tom} {finds.il} <le hammer size>
    the {box} is {box.look} = <le box> est <agreed box look>
"""
PHRASES = {
    "English and French": GENERAL,
    "A little phrase book": GENERAL,
    "Phrases for the kitchen": """
        I would like {a apple.look} {apple}, please = je voudrais <un apple look>, s'il vous plaît
        {two} {carrot.size} {carrot.many} = {two.deux} <many carrot size>
        some {bread} and some {milk} = <du bread> et <du milk>
        the {cup} is {cup.look} = <le cup> est <agreed cup look>
        {tom} is eating some {bread} = {tom} mange <du bread>
        the {milk} is {milk.look} = <le milk> est <agreed milk look>
        the {bread} is good = <le bread> est <agreed bread good>
        the {baker} {eats} {a apple} = <le baker> {eats.il} <un apple>
        the {cat} is {table.at} the {table} = <le cat> est <at table>
        here is the {cup.look} {cup} = voici <le cup look>
    """,
    "Phrases for the garden": """
        the {hammer.look} {hammer} = <le hammer look>
        {two} {carrot.size} {carrot.many} = {two.deux} <many carrot size>
        the {duck} {sleeps} {tree.at} the {tree} = <le duck> {sleeps.il} <at tree>
        the {duck.size} {duck} is {tree.at} the {tree} = <le duck size> est <at tree>
        I like the {duck.size} {duck} = j'aime <le duck size>
        {tom} is looking for the {hammer} = {tom} cherche <le hammer>
        the {cat} is not in the garden = <le cat> n'est pas dans le jardin
        {tom} and {mia} {sings.they} under the tree = {tom} et {mia} {sings.ils} sous l'arbre
        {tom}'s {box.look} {box} = <le box look> <de tom>
        here is {a apple.look} {apple} = voici <un apple look>
    """,
    "Phrases for the farm": """
        the {horse.size} {horse} = <le horse size>
        {two} {horse.size} {horse.many} = {two.deux} <many horse size>
        {tom} gives {a carrot} to the {horse} = {tom} donne <un carrot> <to horse>
        the farmer {sees} the {bear.size} {bear} = le fermier {sees.il} <le bear size>
        the {horse} {sleeps} {tree.at} the {tree} = <le horse> {sleeps.il} <at tree>
        there is {a horse.size} {horse} in the barn = il y a <un horse size> dans la grange
        the {horse} is not in the field = <le horse> n'est pas dans le champ
        here is the farmer's {box.look} {box} = voici <le box look> du fermier
        the {horse} does not eat the {carrot} = <le horse> ne mange pas <le carrot>
        {tom} carries the farmer's {hammer} = {tom} porte <le hammer> du fermier
    """,
    "Phrases for the shop": """
        I would like {a coat.look} {coat}, please = je voudrais <un coat look>, s'il vous plaît
        {two} {ball.look} {ball.many}, please = {two.deux} <many ball look>, s'il vous plaît
        this {hat} is too small = <ce hat> est trop <agreed hat small>
        here is the {box.size} {box} = voici <le box size>
        I am buying this {book} = j'achète <ce book>
        the {coat.look} {coat} is beautiful = <le coat look> est <agreed coat beautiful>
        there is no {bread} today = il n'y a pas <no bread> aujourd'hui
        some {bread}, please = <du bread>, s'il vous plaît
        {tom} is buying {a kite.look} {kite} for {mia} = {tom} achète <un kite look> pour {mia}
        thank you, {tom} = merci, {tom}
    """,
}
PAGES = ("Say it in French", "French lesson", "A page in two languages")
SENTENCES = """
    The {ball.size} {ball.look} {ball} is {table.at} the {table}. \
        = <Le ball size look> est <at table>.
    {Tom} {sees} the {owl.size} {owl} {forest.at} the {forest}. \
        = {Tom} {sees.il} <le owl size> <at forest>.
    {Tom} has {a ball.look} {ball} but no {kite}. = {Tom} a <un ball look> mais pas <no kite>.
    The {baker.size} {baker} {eats} {a apple.look} {apple}. \
        = <Le baker size> {eats.il} <un apple look>.
    {Tom} is wearing {tom.his} {coat.look} {coat}. = {Tom} porte <son coat look>.
    The {box} is {box.look} and {box.size}. \
        = <Le box> est <agreed box look> et <agreed box size>.
    There are {two} {horse.size} {horse.many} {forest.at} the {forest}. \
        = Il y a {two.deux} <many horse size> <at forest>.
    The {duck} is not {tree.at} the {tree}. = <Le duck> n'est pas <at tree>.
    {Tom} and {mia} {sings.they} {garden.at} the {garden}. = {Tom} et {mia} {sings.ils} <at garden>.
    The {baker} {gives} the {book.size} {book} to {tom}. \
        = <Le baker> {gives.il} <le book size> à {tom}.
    {Tom} is hungry and would like {a apple}. = {Tom} a faim et voudrait <un apple>.
    {Tom} is thirsty and drinks some {milk}. = {Tom} a soif et boit <du milk>.
    This is {tom}'s {hat.look} {hat}. = C'est <le hat look> <de tom>.
    {Tom} is looking for {tom.his} {book} but cannot find it. \
        = {Tom} cherche <son book> mais ne <it book> trouve pas.
    The {cat.look} {cat} {sleeps} {table.at} the {table}. = <Le cat look> {sleeps.il} <at table>.
    {Tom} is happy because {tom.he} has {a kite.look} {kite}. \
        = {Tom} est <agreed tom happy> parce qu'{tom.il} a <un kite look>.
    The {baker.size} {baker} {opens} the {window}. = <Le baker size> {opens.il} <le window>.
    {Tom}'s {mother} {sings} {garden.at} the {garden}. \
        = <Le mother> <de tom> {sings.il} <at garden>.
    The {horse} does not eat the {carrot}. = <Le horse> ne mange pas <le carrot>.
    The {baker.size} {baker} is not {baker.look}. = <Le baker size> n'est pas <agreed baker look>.
"""
