"""The words of the two languages: what each is called, and what may go with what.

A noun has kinds, its own name among them; an adjective or a verb names the kinds that it goes
with. A slash separates a word from an irregular form: mouse/mice, find/found.
"""

from typing import NamedTuple

from gptlib.world.entry import only
from gptlib.world.lexicon import BOYS, GIRLS


class Noun(NamedTuple):
    """A noun: one or two forms in each language, French gender, kinds, whether h is aspirated."""

    english: tuple[str, ...]
    french: tuple[str, ...]
    gender: str
    kinds: frozenset[str]
    aspirated: bool

    @property
    def lemma(self) -> str:
        return self.english[0]


class Adjective(NamedTuple):
    """An adjective: the kinds of nouns it suits, and its place in French."""

    english: str
    french: str
    before: bool
    predicate: bool
    kinds: frozenset[str]


class Verb(NamedTuple):
    """A verb: its English forms, its French ones, who does it, and to what.

    The French forms are the infinitive, the present singular and plural, and the participle; a
    verb for a state has a fifth, the imperfect, which is its past.
    """

    english: tuple[str, ...]
    french: tuple[str, ...]
    subjects: frozenset[str]
    objects: frozenset[str]


def cells(rows: str, between: str = "|") -> list[list[str]]:
    """The cells of a table, line by line; between stands between two of them."""
    return [[cell.strip() for cell in line.split(between)] for line in rows.strip().splitlines()]


def nouns(common: str, rows: str) -> tuple[Noun, ...]:
    """Nouns of some common kinds, a line for each: English | French, gender | more kinds."""
    table = []
    for english, french, more in cells(rows):
        forms = tuple(english.split("/"))
        word, gender = french.replace("*", "").split()
        kinds = frozenset([forms[0], *common.split(), *more.split()])
        table.append(Noun(forms, tuple(word.split("/")), gender, kinds, "*" in french))
    return tuple(table)


def adjectives(rows: str, before: bool) -> tuple[Adjective, ...]:
    """Adjectives, a line for each: English, with "-" if never a predicate | French | kinds."""
    return tuple(
        Adjective(english.strip("-"), french, before, english[-1] != "-", frozenset(kinds.split()))
        for english, french, kinds in cells(rows)
    )


def verbs(rows: str) -> tuple[Verb, ...]:
    """Verbs, a line for each: English | French | kinds of subjects | kinds of objects.

    Of a regular French verb in -er only the infinitive is written.
    """
    table = []
    for english, french, subjects, objects in cells(rows):
        infinitive, *forms = french.split()
        forms = forms or [infinitive[:-1], infinitive[:-1] + "nt", infinitive[:-2] + "é"]
        kinds = frozenset(subjects.split()), frozenset(objects.split())
        table.append(Verb(tuple(english.split("/")), (infinitive, *forms), *kinds))
    return tuple(table)


NAMES = {name.name: "f" for name in only(GIRLS, "Mia, Anna, Lily, Zoe, Ida, Rosa, Emma, Clara")}
NAMES |= {name.name: "m" for name in only(BOYS, "Tom, Ben, Leo, Max, Omar, Adam, Noah, Paul")}

PEOPLE = nouns(
    "person",
    """
    boy          | garçon m     | child
    girl         | fille f      | child
    child/children | enfant m   | child
    man/men      | homme m      | adult
    woman/women  | femme f      | adult
    king         | roi m        | royal
    queen        | reine f      | royal
    prince       | prince m     | royal
    princess     | princesse f  | royal
    baker        | boulanger m  | job
    farmer       | fermier m    | job
    gardener     | jardinier m  | job
    sailor       | marin m      | job
    shepherd     | berger m     | job
    postman/postmen | facteur m | job
    teacher      | maîtresse f  | job
    nurse        | infirmière f | job
    witch        | sorcière f   | job
""",
)
RELATIVES = nouns(
    "person relative",
    """
    mother      | mère f       |
    father      | père m       |
    sister      | sœur f       | sibling
    brother     | frère m      | sibling
    aunt        | tante f      | sibling
    uncle       | oncle m      | sibling
    grandmother | grand-mère/grands-mères f |
    grandfather | grand-père/grands-pères m |
""",
)
ANIMALS = nouns(
    "animal",
    """
    cat         | chat m      | small furry pet
    dog         | chien m     | small furry pet
    rabbit      | lapin m     | small furry pet prey
    mouse/mice  | souris f    | small furry prey
    hamster     | *hamster m  | small furry pet prey
    squirrel    | écureuil m  | small furry prey
    hedgehog    | *hérisson m | small
    owl         | *hibou/hiboux m | small bird
    bird        | oiseau m    | small bird prey
    hen         | poule f     | small farm prey
    duck        | canard m    | small farm prey
    frog        | grenouille f | small prey
    tortoise    | tortue f    | small pet
    fox         | renard m    | furry wild
    wolf/wolves | loup m      | furry wild
    bear        | ours m      | furry wild large
    horse       | cheval m    | farm large
    donkey      | âne m       | farm large
    cow         | vache f     | farm large
    goat        | chèvre f    | farm
""",
)
TOYS = nouns(
    "portable toy",
    """
    ball   | balle f      | thrown catch
    doll   | poupée f     |
    kite   | cerf-volant/cerfs-volants m |
    train  | train m      |
    puppet | marionnette f |
    robot  | robot m      |
    drum   | tambour m    | heard
    boat   | bateau m     |
    hoop   | cerceau m    | thrown
    balloon | ballon m    | thrown catch
""",
)
TOOLS = nouns(
    "portable tool",
    """
    hammer        | marteau m  |
    axe           | *hache f   |
    shovel        | pelle f    |
    ladder        | échelle f  | moved
    needle        | aiguille f |
    brush         | brosse f   |
    broom         | balai m    |
    nail          | clou m     |
    knife/knives  | couteau m  |
    rope          | corde f    | moved
    lamp          | lampe f    | fragile
    bucket        | seau m     | container filled
""",
)
CLOTHES = nouns(
    "portable clothes",
    """
    hat           | chapeau m    |
    coat          | manteau m    |
    scarf/scarves | écharpe f    |
    glove         | gant m       |
    boot          | botte f      |
    shoe          | chaussure f  |
    dress         | robe f       |
    shirt         | chemise f    |
""",
)
THINGS = nouns(
    "portable thing",
    """
    book      | livre m      | opened
    letter    | lettre f     | opened paper
    newspaper | journal m    | opened paper
    umbrella  | parapluie m  | opened
    bag       | sac m        | opened container filled
    basket    | panier m     | container filled
    box       | boîte f      | opened container filled moved
    bottle    | bouteille f  | opened filled fragile dish
    cup       | tasse f      | filled fragile dish
    plate     | assiette f   | fragile dish
    spoon     | cuillère f   | dish
    key       | clé f        | little
    jewel     | bijou/bijoux m | little jewelry
    ring      | bague f      | little jewelry
    coin      | pièce f      | little thrown
    pebble    | caillou/cailloux m | little thrown
    flower    | fleur f      | little
    mirror    | miroir m     | fragile
    clock     | horloge f    | fragile heard
    bell      | cloche f     | heard
    flute     | flûte f      | heard
    harp      | *harpe f     | heard
    pillow    | oreiller m   | bedding thrown
    blanket   | couverture f | bedding
""",
)
FRUIT = nouns(
    "portable food fruit little",
    """
    apple    | pomme f     | ripens
    pear     | poire f     | ripens
    orange   | orange f    | ripens
    onion    | oignon m    |
    carrot   | carotte f   |
    cabbage  | chou/choux m |
    bean     | *haricot m  |
    egg      | œuf m       | dishes
    cake     | gâteau m    | dishes baked
    biscuit  | biscuit m   | dishes baked
""",
)
# What is not counted: "some bread" is "du pain".
MASS = nouns(
    "food mass",
    """
    bread  | pain m      | dishes baked solid
    soup   | soupe f     | dishes warmed
    cheese | fromage m   | solid
    jam    | confiture f | dishes solid
    honey  | miel m      | solid
    milk   | lait m      | drink warmed
    water  | eau f       | drink warmed
    tea    | thé m       | drink warmed
""",
)
FURNITURE = nouns(
    "furniture",
    """
    table     | table f    | top below moved
    chair     | chaise f   | top below moved
    bed       | lit m      | top below moved
    bench     | banc m     | top below moved
    shelf/shelves | étagère f | top
    carpet    | tapis m    | top below
    cupboard  | armoire f  | opened inside tall
    door      | porte f    | opened tall
    window    | fenêtre f  | opened
    wall      | mur m      | top tall
""",
)
PLACES = nouns(
    "place",
    """
    house    | maison f    | building
    school   | école f     | building
    church   | église f    | building
    castle   | château m   | building
    hotel    | hôtel m     | building
    hospital | hôpital m   | building
    barn     | grange f    | building
    mill     | moulin m    | building
    inn      | auberge f   | building
    shed     | *hangar m   | building
    tower    | tour f      | building
    kitchen  | cuisine f   | room
    library  | bibliothèque f | building
    garden   | jardin m    | outdoors
    forest   | forêt f     | outdoors
    field    | champ m     | outdoors
    village  | village m   | outdoors
    park     | parc m      | outdoors
    tree     | arbre m     | growing below
    hedge    | *haie f     | growing
    bush/bushes | buisson m | growing
    bridge   | pont m      | below built
""",
)
PORTABLE = TOYS + TOOLS + CLOTHES + THINGS + FRUIT
NOUNS = PEOPLE + RELATIVES + ANIMALS + PORTABLE + MASS + FURNITURE + PLACES
# Starred in the tables: their h is silent, yet nothing is elided before it.
ASPIRATED = tuple(noun.french[0] for noun in NOUNS if noun.aspirated)

ADJECTIVES = adjectives(
    """
    small     | petit    | child animal toy tool clothes thing fruit furniture building garden tree
    big       | grand    | large toy tool clothes container furniture building garden tree bridge
    large     | gros     | fruit container ball pebble hammer nail book bell jewel pillow
    fat       | gros     | animal king
    tall      | grand    | woman child job tower tree
    pretty    | joli     | toy clothes jewelry flower garden village bird girl princess
    beautiful | beau     | bird horse clothes jewelry castle garden tree queen flower mirror harp
    old       | vieux    | adult job animal toy tool clothes thing furniture building tree bridge
    young     | jeune    | adult job animal royal
    new-      | nouveau  | toy tool clothes thing furniture school bridge
    good      | bon      | food
    bad       | mauvais  | food
    long      | long     | rope ladder scarf coat dress letter train wall bench table needle
    kind      | gentil   | person
    wicked    | méchant  | wolf fox witch king queen prince
""",
    before=True,
) + adjectives(
    """
    red       | rouge    | toy clothes container furniture lamp apple flower umbrella book bush
    blue      | bleu     | toy clothes container furniture lamp flower dish umbrella book bird
    green     | vert     | toy clothes container furniture bottle apple frog bean umbrella book
    yellow    | jaune    | toy clothes container furniture pear flower dish umbrella bird lamp
    white     | blanc    | toy clothes container furniture furry horse hen dish flower building
    black     | noir     | toy clothes container furniture furry horse hen dish umbrella
    grey      | gris     | clothes furniture furry horse donkey owl pebble tower building
    brown     | marron   | clothes container furniture furry horse cow hen egg
    pink      | rose     | toy clothes bedding flower dish house jewel
    striped   | rayé     | clothes bedding cat ball kite bag umbrella
    round     | rond     | table box mirror window tower plate basket cake cheese pebble
    square    | carré    | table box mirror window tower biscuit carpet pillow bag plate
    wooden-   | en bois  | toy box spoon table chair bench bed door bridge flute house bucket
    heavy     | lourd    | tool container boot coat book clock bell harp pebble table
    light     | léger    | clothes toy basket box umbrella ladder blanket pillow
    clean     | propre   | clothes dish bedding furniture container kitchen
    dirty     | sale     | clothes dish bedding furniture pet tool kitchen
    broken    | cassé    | fragile doll kite train puppet robot drum boat tool chair bed window
    wet       | mouillé  | clothes bedding paper pet bench book rope
    dry       | sec      | clothes bedding bread bean
    hot       | chaud    | warmed
    cold      | froid    | warmed kitchen barn castle tower
    sweet     | sucré    | ripens cake biscuit tea jam
    soft      | doux     | bedding scarf carpet glove
    hard      | dur      | bread cheese bed bench biscuit pillow
    empty     | vide     | filled house barn shed castle church school inn
    happy     | heureux  | person
    sad       | triste   | person
    tired     | fatigué  | person pet farm
    brave     | courageux | adult child job royal
    clever    | intelligent | person furry
    lazy      | paresseux | child job pet farm
    curious   | curieux  | child pet bird squirrel goat
    noisy     | bruyant  | child bird pet toy donkey duck
    shy       | timide   | child rabbit mouse hedgehog princess prince
    strong    | fort     | adult job large
    famous    | célèbre  | job royal hotel castle
    rich      | riche    | adult job royal
    ginger    | roux     | cat squirrel fox dog
    loyal     | loyal    | dog horse adult job prince
    jealous   | jaloux   | royal sibling cat dog witch
    fresh     | frais    | fruit milk water bread
    rotten    | pourri   | fruit
    magic     | magique  | broom ring mirror lamp flute book bean key harp
    sharp     | pointu   | nail needle
    thick     | épais    | blanket coat book soup wall rope hedge scarf carpet
    dark      | sombre   | building forest kitchen
    quiet     | calme    | village forest park garden child farm
    narrow    | étroit   | bed bridge window door bench tower
    low       | bas      | wall table chair bench door shelf hedge bed bridge cupboard
    wild-     | sauvage  | duck rabbit horse goat cat
    precious  | précieux | jewelry coin book mirror clock
    royal-    | royal    | castle garden forest train horse coat ring mirror box
    strange   | étrange  | letter box book animal bell tower puppet key coin
""",
    before=False,
)

OPINIONS = "strange famous precious kind wicked pretty beautiful good bad".split()

COMPARED = {
    "small": "smaller",
    "big": "bigger",
    "old": "older",
    "young": "younger",
    "heavy": "heavier",
    "strong": "stronger",
    "tall": "taller",
    "kind": "kinder",
}

TRANSITIVE = verbs("""
    find/found   | trouver  | person animal | portable
    see/saw      | voir voit voient vu | person animal | portable animal person furniture place
    look for     | chercher | person animal | portable animal
    like         | aimer aime aiment aimé aimait | person | toy clothes thing animal person food
    love         | adorer adore adorent adoré adorait | person | toy animal relative food
    hide/hid     | cacher   | person | portable
    carry        | porter   | person | toy tool thing fruit moved
    break/broke  | casser   | person | fragile doll kite train puppet robot drum boat hoop
    clean        | nettoyer nettoie nettoient nettoyé | person | furniture tool room dish boot shoe
    buy/bought   | acheter achète achètent acheté | person | portable mass farm
    sell/sold    | vendre vend vendent vendu | adult job | portable mass farm
    paint        | peindre peint peignent peint | person | toy furniture house
    draw/drew    | dessiner | person | animal toy building person
    open         | ouvrir ouvre ouvrent ouvert | person | opened
    close        | fermer   | person | opened
    wash         | laver    | person | clothes dish bedding window
    lose/lost    | perdre perd perdent perdu | person | toy clothes little tool umbrella bag
    take/took    | prendre prend prennent pris | person | portable
    keep/kept    | garder   | person | toy clothes thing
    throw/threw  | lancer   | person | thrown
    push         | pousser  | person large | moved
    pull         | tirer    | person large | moved
    eat/ate      | manger   | person animal | fruit solid soup
    drink/drank  | boire boit boivent bu | person animal | drink
    prepare      | préparer | person | dishes tea
    taste        | goûter   | person | food
    choose/chose | choisir choisit choisissent choisi | person | toy clothes thing fruit
    forget/forgot | oublier | person | toy clothes little umbrella bag book
    repair       | réparer  | person | toy tool clock umbrella bag furniture
    touch        | toucher  | person | animal thing furniture
    catch/caught | attraper | person cat fox wolf owl dog | prey catch
    chase        | poursuivre poursuit poursuivent poursuivi | animal | animal
    follow       | suivre suit suivent suivi | person animal | animal person
    watch        | regarder | person animal | animal person
    hear/heard   | entendre entend entendent entendu | person animal | animal person heard
    feed/fed     | nourrir nourrit nourrissent nourri | person | pet farm
    protect      | protéger protège protègent protégé | adult job royal dog | person pet farm
    help         | aider    | person | person
    call         | appeler appelle appellent appelé | person | person pet
    thank        | remercier | person | person
    meet/met     | rencontrer | person animal | person
    wear/wore    | porter   | person | clothes
    visit        | visiter  | person | building garden village park
    know/knew    | connaître connaît connaissent connu connaissait | person | person place
    fill         | remplir remplit remplissent rempli | person | filled
""")
GIVING = verbs("""
    give/gave    | donner   | person | portable pet
    show         | montrer  | person | portable animal
    lend/lent    | prêter   | person | tool toy clothes book umbrella
    bring/brought | apporter | person | portable
    sell/sold    | vendre vend vendent vendu | adult job | portable farm
    throw/threw  | lancer   | person | thrown
""")
INTRANSITIVE = verbs("""
    sleep/slept  | dormir dort dorment dormi | person animal |
    play         | jouer    | child pet       |
    sing/sang    | chanter  | person bird     |
    run/ran      | courir court courent couru | child animal |
    dance        | danser   | person          |
    work         | travailler | adult job relative |
    wait         | attendre attend attendent attendu | person animal |
    live         | habiter habite habitent habité habitait | person          |
    laugh        | rire rit rient ri | person |
    cry          | pleurer  | child relative  |
    jump         | sauter   | child small     |
    dream/dreamt | rêver    | child royal     |
""")
HAVE = verbs("have/had | avoir a ont eu avait | person | portable animal")[0]
WANT = verbs("want | vouloir veut veulent voulu voulait | person |")[0]

# In French one "has hunger" instead of being hungry.
FEELINGS = {"hungry": "faim", "thirsty": "soif", "afraid": "peur", "sleepy": "sommeil"}
NUMBERS = {"two": "deux", "three": "trois", "four": "quatre", "five": "cinq", "six": "six"}
