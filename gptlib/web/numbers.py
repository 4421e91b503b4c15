"""Pages with numbers: what things cost in a shop, and the sums in an exercise book."""

from collections.abc import Callable, Iterable
from functools import partial

from gptlib.web.kind import Kind
from gptlib.web.pages import at_least, new, told
from gptlib.web.register import SCHOOL_DAYS
from gptlib.world.entry import Entry, table
from gptlib.world.grammar import Choice, Mark, Plot, Put, event, plot
from gptlib.world.lexicon import LEXICON
from gptlib.world.telling import Role, State

GOODS = table("""
    name       | coin  | coins | goods*
    Mr Crumb   | penny | pence | bun, biscuit, pancake, muffin, pie, pretzel, bread roll, jam tart
    Mr Plum    | penny | pence | apple, pear, plum, peach, orange, lemon, carrot, cucumber
    Mrs Bloom  | penny | pence | rose, tulip, sunflower, marigold, violet, fern
    Mrs Salt   | penny | pence | herring, crab, kipper, lobster, oyster, fishcake
    Mr Swift   | penny | pence | stamp, postcard, envelope, pencil, notebook, birthday card
    Mr Nail    | coin  | coins | doll, puppet, hoop, spinning top, toy castle, stool, broom
    Mrs Wick   | coin  | coins | candle, candlestick, lantern, torch, oil lamp, lampshade
    Mr Stitch  | coin  | coins | hat, cap, bonnet, beret, shawl, apron, waistcoat
    Mrs Anvil  | coin  | coins | bell, hammer, spade, shovel, bucket, kettle, horseshoe
""")
WORKERS = {worker.name: worker.words for worker in LEXICON["worker"]}
KEEPERS = tuple(Entry(name, WORKERS[name] | goods) for name, goods in GOODS)


def price(state: State, thing: str) -> tuple:
    """What a thing on the list costs: no two things cost the same."""
    taken = [_price(state, role) for role in _listed(state)]
    free = [n for n in range(1, 10) if n not in taken]
    return (Choice("price", tuple((Put(thing, "price", str(n)), _money(state, n)) for n in free)),)


def pick(state: State, x: str, item: str, *others: str) -> tuple:
    """Says nothing: one of the things on the list becomes an item of buyer x, who had it not.

    It is not the first thing of the others either, so that no two buy the same things.
    """
    taken = {*_basket(state, x), *(state.facts[other, "first"][0].name for other in others)}
    left = [thing for thing in _listed(state) if thing not in taken]
    return (Choice("goods", tuple((Put(x, item, thing),) for thing in left)),)


def double(state: State, x: str) -> tuple:
    """Buyer x takes two of the same thing: "two buns"."""
    ways = []
    for thing in _listed(state):
        name = state.name(thing)
        many = f"{name}es" if name.endswith("ch") else f"{name}s"
        ways.append((Put(x, "first", thing), Put(x, "second", thing), f"two {many}"))
    return (Choice("goods", tuple(ways)),)


def cost(state: State, x: str) -> tuple:
    """The number of coins that the things of buyer x cost together."""
    total = str(_cost(state, x))
    return (Put(x, "cost", total), total)


def pay(state: State, x: str) -> tuple:
    """Buyer x pays with 10 or 20 coins, whichever is more than the cost."""
    return _paid(state, x, (n for n in (10, 20) if n > _cost(state, x)))


def purse(state: State, x: str) -> tuple:
    """The coins that buyer x has at first, enough for anything on the list."""
    return _paid(state, x, range(10, 21))


def left(state: State, x: str) -> tuple:
    """The number of coins that buyer x has left."""
    return (str(_left(state, x)),)


def back(state: State, x: str) -> tuple:
    """The coins that buyer x has left: "1 penny" or "5 pence"."""
    return (_money(state, _left(state, x)),)


def coins(state: State) -> tuple:
    """What the shop counts in; as a slot it would name the keeper, and "he" be unclear."""
    return (state.players["keeper"].words["coins"],)


def cheapest(state: State) -> tuple:
    """The thing on the list that costs least, and its price."""
    return _priced(state, min(_listed(state), key=lambda thing: _price(state, thing)))


def dearest(state: State) -> tuple:
    """The thing on the list that costs most, and its price."""
    return _priced(state, max(_listed(state), key=lambda thing: _price(state, thing)))


def dearer(state: State, x: str) -> tuple:
    """That one of the things of buyer x which costs more."""
    return (state.name(max(_basket(state, x), key=lambda thing: _price(state, thing))),)


def spender(state: State, x: str, y: str) -> tuple:
    """Which of two buyers paid more."""
    if _cost(state, x) == _cost(state, y):
        return ("So ", Mark("compare"), "both", Mark(""), " paid the same.")
    name = state.name(max(x, y, key=lambda buyer: _cost(state, buyer)))
    return ("So ", Mark("compare"), name, Mark(""), " paid more.")


def _listed(state: State) -> list[str]:
    """The things on the price list."""
    return [thing for thing, relation in state.facts if relation == "price"]


def _price(state: State, thing: str) -> int:
    return int(state.facts[thing, "price"][0])


def _basket(state: State, x: str) -> list[str]:
    """The things of buyer x, of whom all other facts are numbers."""
    facts = state.facts.items()
    return [value.name for (who, _), (value, _) in facts if who == x and isinstance(value, Role)]


def _cost(state: State, x: str) -> int:
    return sum(_price(state, thing) for thing in _basket(state, x))


def _left(state: State, x: str) -> int:
    return int(state.facts[x, "paid"][0]) - _cost(state, x)


def _money(state: State, n: int) -> str:
    words = state.players["keeper"].words
    return f"{n} {words['coin'] if n == 1 else words['coins']}"


def _paid(state: State, x: str, sums: Iterable[int]) -> tuple:
    return (Choice("money", tuple((Put(x, "paid", str(n)), _money(state, n)) for n in sums)),)


def _priced(state: State, thing: str) -> tuple:
    said = f", for {_money(state, _price(state, thing))}"
    return (Mark("compare"), state.name(thing), Mark(""), said)


PAGE = (
    "[At {keeper.shop}|Prices at {keeper.shop}|What things cost at {keeper.shop}]\n\n"
    "{one}: <price one>\n\n{two}: <price two>\n\n{three}: <price three>\n\n"
    "[|{four}: <price four>\n\n[|{five}: <price five>\n\n]]"
    "[<visit buyer>[|\n\n<ask other>]|<ask buyer>[|\n\n<visit other>]|"
    "<buy buyer><add buyer>\n<choose other buyer><add other>\n<spender buyer other>]"
)
SHOPPING = {
    "price": price,
    "pick": pick,
    "double": double,
    "cost": cost,
    "pay": pay,
    "purse": purse,
    "left": left,
    "back": back,
    "coins": coins,
    "cheapest": cheapest,
    "dearest": dearest,
    "dearer": dearer,
    "spender": spender,
    "buy": event(
        "x",
        "{X} bought <pick x first>{a x.first} and <pick x second>{a x.second}",
        "{X} took <pick x first>{a x.first} and <pick x second>{a x.second}",
        "{X} asked for <pick x first>{a x.first} and <pick x second>{a x.second}",
    ),
    "choose": event(
        "x y",
        "{X} bought <pick x first y>{a x.first} and <pick x second y>{a x.second}",
        "{X} took <pick x first y>{a x.first} and <pick x second y>{a x.second}",
    ),
    "add": event(
        "x",
        ": {x.first.price} + {x.second.price} = {?sum}<cost x>{?} <coins>.",
        ", which made {x.first.price} + {x.second.price} = {?sum}<cost x>{?} <coins>.",
    ),
    "settle": event(
        "x",
        "{He x} paid with <pay x>: {x.paid} - {x.cost} = {?change}<left x>{?} <coins>.",
        "{He x} gave {keeper} <pay x>.\n"
        "{x.paid} - {x.cost} = {?change}<left x>{?}, so the change was <back x>.",
    ),
    "visit": event(
        "x",
        "<buy x><add x>\n<settle x>",
        "{X} [bought|took|asked for] <double x><add x>\n<settle x>",
        "<buy x><add x>\n"
        "Then {he x} took <pick x third>{a x.third} [too|as well]: "
        "{x.cost} + {x.third.price} = {?sum}<cost x>{?} <coins>.",
        "{X} had <purse x> and [bought|chose] <pick x first>{a x.first}.\n"
        "{x.paid} - {x.first.price} = {?change}<left x>{?}, "
        "so [{he x} had <back x> left|<back x> stayed in {x.his} pocket].",
    ),
    "ask": event(
        "x",
        '"What is [the cheapest thing|cheapest] [here|on the list]?" asked {x}.\n'
        '"The <cheapest>," said {keeper}.',
        '"What is [the dearest thing|dearest] [here|on the list]?" asked {x}.\n'
        '"The <dearest>," said {keeper}.',
        '"Which costs more, the <pick x first>{x.first} or the <pick x second>{x.second}?" '
        'asked {x}.\n"The {?compare}<dearer x>{?}," said {keeper}.',
    ),
}
SHOP = Kind(
    "shop",
    6,
    [
        plot(
            "the shop",
            "keeper: keeper, one two three four five: keeper.goods, buyer other: child",
            PAGE,
        )
    ],
    SHOPPING,
    {"keeper": KEEPERS},
)


def sums(lines: Iterable[tuple[str, int]]) -> Callable[[State], tuple]:
    """An event: a sum that is not on the page yet, and its result."""
    options = {said: (f"{said} ", Mark("sum"), str(n), Mark("")) for said, n in lines}
    return partial(new, "sum", options)


def count(state: State) -> tuple:
    """How many sums are on the page."""
    return (str(len(told(state))),)


ONES = range(1, 10)
EXERCISES = {
    "and": sums((f"{a} and {b} make", a + b) for a in ONES for b in ONES),
    "take": sums(
        (f"{a} take away {b} leaves", a - b) for a in range(1, 21) for b in range(1, a + 1)
    ),
    "more": sums((f"{a} more than {b} is", a + b) for a in ONES for b in ONES),
    "less": sums((f"{b} less than {a} is", a - b) for a in range(1, 21) for b in ONES if b <= a),
    "twice": sums((f"Twice {a} is", 2 * a) for a in range(1, 11)),
    "half": sums((f"Half of {2 * a} is", a) for a in range(1, 11)),
    "count": count,
}


def exercises(name: str, heading: str, line: str) -> Plot:
    """A plot: a page of 5 to 8 lines."""
    headings = f"{heading}, {{weekday}}, by {{pupil}}|{{Pupil}}'s book: {heading.lower()}"
    endings = "|All {?count}<count>{?} are right.|Well done, {pupil}: {?count}<count>{?} right!"
    cast = "pupil: child, weekday: weekday"
    return plot(name, cast, f"[{headings}]\n\n{at_least(5, [line] * 8)}\n\n[{endings}]")


SUMS = Kind(
    "sums",
    5,
    [
        exercises("adding", "Adding", "<and>"),
        exercises("taking away", "Taking away", "<take>"),
        exercises("both", "Sums", "[<and>|<take>]"),
        exercises("more and less", "More and less", "[<more>|<less>]"),
        exercises("doubles", "Doubles and halves", "[<twice>|<half>]"),
    ],
    EXERCISES,
    {"weekday": SCHOOL_DAYS},
)
