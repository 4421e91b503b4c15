"""The words of the story world: who and what there is, and the words that go with each.

A table's header names its columns. A column with a star holds several words, of which a
story draws one when it first shows it: a kite is red or blue once its colour is told.
"""

from gptlib.world.entry import Entry, all_but, names, only, table

GIRLS = names(
    "Mia, Anna, Lily, Ruby, Zoe, Ida, Rosa, Emma, Clara, Lucy, Nora, Priya, June, Wanda, Fatima, Greta",
    "she",
)
BOYS = names(
    "Tom, Ben, Leo, Max, Sam, Finn, Jack, Noah, Omar, Hugo, Karl, Adam, Milo, Ravi, Paul, Viktor",
    "he",
)

FAMILY = names("Grandma, Mum, Aunt Polly, Aunt Bea", "she") + names(
    "Grandpa, Dad, Uncle Joe, Uncle Bert", "he"
)
RELATIVES = all_but(FAMILY, "Mum, Dad")

WORKERS = table("""
    name       | gender | job         | shop
    Mr Crumb   | he     | baker       | the bakery
    Mrs Page   | she    | librarian   | the library
    Mr Plum    | he     | grocer      | the grocery
    Mrs Bloom  | she    | florist     | the flower shop
    Mr Nail    | he     | carpenter   | the workshop
    Mrs Wick   | she    | candlemaker | the candle shop
    Mr Stitch  | he     | tailor      | the tailor's
    Mrs Salt   | she    | fishmonger  | the fish shop
    Mr Grist   | he     | miller      | the mill
    Mrs Anvil  | she    | blacksmith  | the forge
    Mr Swift   | he     | postman     | the post office
    Miss Chalk | she    | teacher     | the school
""")

TOYS = table("""
    name         | look*                           | use               | used
    kite         | red, blue, yellow, striped      | fly it            | flew it until dusk
    ball         | red, spotted, bouncy, rubber    | bounce it         | bounced it off every wall
    doll         | rag, wooden, tiny, smiling      | dress it          | sewed it a new coat
    puppet       | funny, wooden, woolly, painted  | make it dance     | put on a puppet show
    spinning top | green, tin, striped, humming    | spin it           | spun it on the table
    scooter      | red, silver, shiny, new         | ride it           | rode it down the lane
    hoop         | yellow, wooden, thin, striped    | roll it           | rolled it to the gate and back
    train        | tin, wooden, little, green      | drive it          | drove it under all the chairs
    robot        | tin, silver, clumsy, noisy      | wind it up        | made it march in a circle
    yo-yo        | blue, wooden, shiny, wobbly     | try it            | learned three tricks
    sailing boat | white, wooden, little, painted  | hold it           | sailed it in a puddle
    teddy bear   | brown, fluffy, soft, patched    | hug it            | hugged it all night
    jigsaw       | wooden, easy, tricky, giant     | help with it      | sorted all the pieces
    toy castle   | grey, wooden, painted, splendid    | guard it          | filled it with tin soldiers
    telescope    | brass, long, little, shiny      | look through it   | counted the stars
    magnet       | strong, red, round, heavy       | try it            | picked up nails with it
""")

# What breaks when somebody sits on it.
GADGETS = all_but(TOYS, "ball, doll, teddy bear, jigsaw, magnet")

FLYERS = only(TOYS, "kite, ball") + table("""
    name          | look*
    paper plane   | white, long, folded, fast
    arrow         | crooked, wooden, blunt, feathered
    shuttlecock   | white, new, battered, yellow
    boomerang     | wooden, painted, striped, orange
    frisbee       | green, flat, plastic, purple
""")

INSTRUMENTS = table("""
    name       | look*                            | used
    drum       | tin, big, red, noisy             | beat it until the neighbours complained
    flute      | silver, wooden, slim, long       | played to the birds
    whistle    | tin, shrill, tiny, silver        | blew it at every corner
    guitar     | old, golden, painted, scratched  | strummed it by the fire
    trumpet    | brass, shiny, dented, loud       | woke the whole street
    violin     | brown, little, old, squeaky      | played until the cat ran out
    harmonica  | silver, little, dented, shiny    | played it in the bath
    accordion  | wheezy, red, heavy, old          | played every song twice
    tambourine | round, painted, jingly, bright   | shook it and danced
""")

FOODS = table("""
    name          | look*
    apple         | red, crisp, green, shiny
    pear          | juicy, yellow, ripe, soft
    plum          | purple, ripe, sweet, fat
    peach         | ripe, juicy, fuzzy, golden
    bun           | sticky, warm, sweet, round
    biscuit       | crunchy, round, crumbly, ginger
    pancake       | thick, golden, warm, buttery
    muffin        | warm, fresh, lemon, soft
    sandwich      | cheese, thick, fresh, honey
    pie           | hot, cherry, golden, tasty
    waffle        | crisp, warm, golden, square
    pretzel       | salty, twisted, fresh, warm
    orange        | sweet, juicy, big, ripe
    bread roll    | fresh, warm, crusty, soft
    jam tart      | sweet, sticky, little, shiny
""")

FRUIT = only(FOODS, "apple, pear, plum, peach, orange")

DISHES = table("""
    name          | look*
    cake          | chocolate, honey, lemon, carrot
    pie           | apple, cherry, pumpkin, rhubarb
    loaf          | brown, raisin, banana, round
    pudding       | rice, vanilla, plum, creamy
    tart          | almond, berry, custard, peach
""")

PANTRY = table("""
    name          | pot
    flour         | bag
    sugar         | bag
    butter        | dish
    milk          | jug
    honey         | jar
    salt          | cup
    cinnamon      | tin
    cream         | jug
    vanilla       | bottle
""")

TREASURES = table("""
    name     | look*
    ring     | golden, silver, thin, heavy
    coin     | ancient, golden, foreign, copper
    button   | pearly, brass, shiny, wooden
    shell    | pink, spiral, smooth, rare
    medal    | bronze, old, shiny, star-shaped
    locket   | silver, heart-shaped, golden, dainty
    brooch   | emerald, precious, oval, glittering
    pebble   | smooth, white, speckled, lucky
    marble   | glass, clear, lucky, swirly
    badge    | tin, shiny, round, blue
    bracelet | silver, delicate, beaded, golden
    thimble  | silver, china, dented, lucky
""")

CLOTHES = table("""
    name     | look*
    hat      | straw, green, floppy, velvet
    cap      | blue, checked, woolly, flat
    scarf    | striped, purple, silk, long
    bonnet   | white, frilly, yellow, spotted
    beret    | black, orange, felt, jaunty
""")

RAINWEAR = table("""
    name        | look*
    raincoat    | yellow, long, red, blue
    umbrella    | black, spotted, green, big
    rain hat    | yellow, shiny, floppy, green
    waterproof  | blue, old, grey, new
""")

HOUSEHOLD = table("""
    name     | look*
    vase     | blue, china, tall, precious
    teapot   | brown, china, round, chubby
    cup      | favourite, white, china, painted
    jug      | clay, blue, heavy, yellow
    bowl     | glass, painted, wide, clay
    mirror   | round, silver, little, antique
    clock    | wooden, antique, noisy, green
    lamp     | brass, reading, tall, glass
    plate    | china, golden, painted, square
""")

PRESENTS = table("""
    name       | look*
    teapot     | blue, china, round, yellow
    cushion    | velvet, soft, orange, round
    basket     | wicker, sturdy, deep, new
    candle     | beeswax, scented, tall, thick
    umbrella   | black, spotted, sturdy, purple
    cardigan   | woolly, thick, grey, cosy
    shawl      | silk, lacy, warm, crimson
    paintbrush | thin, fine, new, broad
    calendar   | new, pretty, big, painted
    walking stick | carved, strong, new, knobbly
""")

BOOKS = table("""
    name         | look*
    book         | spooky, funny, thrilling, new
    comic        | funny, silly, new, tattered
    atlas        | huge, heavy, colourful, old
    riddle book  | clever, tricky, little, funny
    puzzle       | wooden, tricky, new, easy
    magazine     | colourful, glossy, old, science
""")

CUDDLIES = table("""
    name         | look*
    teddy bear   | brown, fluffy, patched, one-eyed
    rag doll     | soft, smiling, floppy, worn
    toy rabbit   | white, velvet, long-eared, grey
    blanket      | blue, knitted, soft, yellow
    toy elephant | grey, plump, woolly, pink
    toy penguin  | plump, fluffy, squashy, small
""")

SHOES = names("shoe, boot, slipper, sandal")

LIGHTS = table("""
    name     | look*
    lantern  | brass, rusty, green, storm
    candle   | tall, thick, white, stubby
    torch    | big, heavy, silver, rubber
    oil lamp | copper, old, smoky, glass
""")

CHESTS = table("""
    name    | look*
    chest   | oak, heavy, old, carved
    trunk   | leather, dusty, brown, huge
    box     | iron, square, painted, black
    cabinet | narrow, tall, walnut, dark
    wardrobe | tall, narrow, creaky, white
""")

MENDERS = names("glue, string, sticky tape, strong thread, copper wire, putty")
REACHERS = names("rake, fishing rod, broom, hoe, long pole, clothes prop, shrimping net")
TOOLS = names("hammer, rope, spade, bucket, saw, wheelbarrow, fishing net, kettle, shovel, basket")
MAIL = names("letter, postcard, poem, message, note, recipe")
SEEDS = names("pumpkin, sunflower, melon, bean, cucumber, hollyhock, marrow, sweet pea")
ILLNESSES = names(
    "cold, fever, cough, sore throat, headache, stomach ache, twisted ankle, swollen knee"
)

PETS = table("""
    name     | look*                             | cried
    puppy    | black, floppy-eared, muddy, brown | whimpered
    kitten   | grey, fluffy, ginger, skinny      | mewed
    lamb     | white, woolly, curly, shy         | bleated
    rabbit   | white, brown, trembling, plump    | rustled
    duckling | yellow, fluffy, tiny, muddy       | quacked
    piglet   | pink, spotted, muddy, fat         | squealed
    hedgehog | prickly, little, brown, round     | snuffled
    chick    | yellow, downy, tiny, damp         | cheeped
    parrot   | green, clever, bright, noisy      | squawked
""")

BEASTS = table("""
    name   | look*                             | cried
    goat   | black, bearded, cheeky, white     | bleated
    sheep  | woolly, old, black, timid         | baaed
    pony   | brown, shaggy, dappled, white     | whinnied
    donkey | grey, stubborn, old, brown        | brayed
    cow    | brown, spotted, gentle, black     | mooed
    calf   | brown, little, clumsy, spotted     | lowed
    goose  | white, proud, plump, grey         | honked
    hen    | speckled, brown, white, plump     | clucked
    turkey | fat, bronze, grumpy, black        | gobbled
    foal   | chestnut, long-legged, spindly, shy | whinnied
""")

THIEVES = names("magpie, jackdaw, crow, raven, rook")
PERCHES = names(
    "the church roof, the tallest pine, the old chimney, the clock tower, the walnut tree, the ruined tower"
)
TREES = names("the oak, the chestnut tree, the birch, the cherry tree, the poplar, the maple")

DOGS = table("""
    name      | pet*
    dog       | Biscuit, Rex, Bella, Patch
    spaniel   | Bramble, Pepper, Scout, Daisy
    poodle    | Coco, Lulu, Prince, Bijou
    terrier   | Nipper, Jip, Rusty, Button
    sheepdog  | Shep, Flossie, Bess, Captain
""")

WATERS = names("the river, the canal, the lake, the pond, the harbour, the stream, the mill pool")

PLACES = table("""
    name           | in | spots* | did*
    the park       | in | behind the bench, under the hedge, beside the fountain, behind the statue, under the oak | fed the pigeons, flew a kite, kicked a ball
    the garden     | in | behind the shed, under the apple tree, beside the roses, behind the wheelbarrow, under the hedge | dug for worms, made mud pies, chased butterflies
    the pond       | by | behind the reeds, under the willow, under the footbridge, under the old punt, behind the boathouse | caught frogs, skimmed stones, fed the ducks
    the beach      | on | behind the dunes, under the pier, beside the rock pool, behind the beach hut, behind the driftwood | built a sandcastle, looked for crabs, dug a deep hole
    the forest     | in | behind the fallen log, under the ferns, beside the spring, behind the pines, inside the hollow tree | climbed trees, built a den, followed deer tracks
    the farmyard   | in | behind the barn, under the cart, beside the henhouse, behind the stable, beside the haystack | stroked the calves, jumped in the hay, chased the hens
    the hill       | on | behind the windmill, under the rowan, beside the stone wall, behind the boulder, inside the cave | rolled down the slope, flew a kite, picked blackberries
    the meadow     | in | behind the brambles, under the elder bush, beside the brook, behind the scarecrow, beside the fence | made daisy chains, caught grasshoppers, flew a kite
    the playground | in | under the slide, behind the swings, beside the sandpit, under the climbing frame, under the roundabout | swung high, played marbles, hung upside down
    the market     | at | behind the fruit stall, under the counter, beside the well, behind the cheese stand, behind the barrels | watched a juggler, listened to the band, tried on hats
    the orchard    | in | behind the cider press, under the plum tree, beside the baskets, under the ladder, behind the compost heap | climbed trees, picked plums, swung from a branch
    the riverbank  | on | under the bridge, behind the rushes, beside the mooring post, under the alder, behind the upturned boat | built a raft, skimmed stones, caught minnows
""")


# Where something can grow, and what stands there for years.
GARDENS = table("""
    name        | in | spots*
    the garden  | in | behind the shed, under the apple tree, beside the roses, beside the wall
    the meadow  | in | beside the brook, under the elder bush, beside the gate, behind the boulder
    the orchard | in | under the plum tree, beside the fence, behind the cider press, beside the path
    the hill    | on | beside the stone wall, behind the windmill, under the rowan, beside the path
""")

# Where an animal can be lost.
FIELDS = only(PLACES, "the pond, the forest, the hill, the meadow, the orchard, the riverbank")

ROOMS = table("""
    name            | in | spots*
    the kitchen     | in | behind the stove, under the sink, in the cupboard, behind the bread bin, under the table
    the attic       | in | in the old pram, behind the chimney, under the dust sheet, behind the rocking horse, behind the trunks
    the hall        | in | under the stairs, behind the coats, in the umbrella stand, behind the grandfather clock, under the bench
    the living room | in | behind the sofa, under the armchair, behind the piano, behind the log basket, under the footstool
    the cellar      | in | behind the barrels, under the steps, behind the potato sacks, behind the boiler, under the workbench
    the shed        | in | under the old blanket, behind the paint tins, under the workbench, behind the lawnmower, in the wooden crate
    the nursery     | in | under the cot, behind the curtain, in the toy chest, behind the doll's house, under the cushions
""")

# Where something can be broken and hidden.
INDOORS = only(ROOMS, "the kitchen, the hall, the living room")

# Where useful things are kept.
STORES = table("""
    name        | in | shelves*                                                        | corners*
    the kitchen | in | on the top shelf, in the bottom drawer, beside the clock        | behind the door, beside the stove
    the cellar  | in | on the lowest shelf, in the wooden crate, beside the jam jars   | under the steps, against the far wall
    the shed    | in | on the workbench, in the toolbox, behind the paint tins         | behind the door, beside the lawnmower
    the garage  | in | in the red tin, on the windowsill, under the bench              | behind the bicycles, against the back wall
    the barn    | in | on the narrow shelf, on the windowsill, beside the saddle            | behind the hay cart, beside the ladder hook
""")

HIGH = names("the wardrobe, the dresser, the bookcase, the kitchen cupboard, the china cabinet")

CALLED = names("Pickle, Bubbles, Pirate, Snowball, Ziggy, Noodle, Domino, Sprout, Comet, Treacle")
NUMBERS = names("three, four, five, six, seven, eight, nine, ten")
HOURS = names("two, three, four, five, six")
SIDES = names("left, right")

DAYS = names("sunny, bright, windy, warm, breezy, cloudy, clear, misty, fine, lovely")
TIMES = names("morning, afternoon")

LEXICON: dict[str, tuple[Entry, ...]] = {
    "child": GIRLS + BOYS,
    "family": FAMILY,
    "relative": RELATIVES,
    "worker": WORKERS,
    "toy": TOYS,
    "gadget": GADGETS,
    "flyer": FLYERS,
    "instrument": INSTRUMENTS,
    "food": FOODS,
    "fruit": FRUIT,
    "dish": DISHES,
    "pantry": PANTRY,
    "treasure": TREASURES,
    "clothing": CLOTHES,
    "rainwear": RAINWEAR,
    "household": HOUSEHOLD,
    "present": PRESENTS,
    "book": BOOKS,
    "cuddly": CUDDLIES,
    "shoe": SHOES,
    "light": LIGHTS,
    "chest": CHESTS,
    "mender": MENDERS,
    "reacher": REACHERS,
    "tool": TOOLS,
    "mail": MAIL,
    "seed": SEEDS,
    "illness": ILLNESSES,
    "pet": PETS,
    "beast": BEASTS,
    "thief": THIEVES,
    "perch": PERCHES,
    "tree": TREES,
    "dog": DOGS,
    "water": WATERS,
    "place": PLACES,
    "room": ROOMS,
    "garden": GARDENS,
    "field": FIELDS,
    "indoors": INDOORS,
    "store": STORES,
    "high": HIGH,
    "called": CALLED,
    "number": NUMBERS,
    "hour": HOURS,
    "side": SIDES,
    "day": DAYS,
    "time": TIMES,
}
