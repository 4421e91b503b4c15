"""Every tale in one sentence, and the documents that give it: "in short" and a book list."""

from gptlib.french.lexicon import cells
from gptlib.web.kind import Kind
from gptlib.web.readings import around
from gptlib.world.grammar import parse
from gptlib.world.tales import PLOTS
from gptlib.world.telling import Role, State

# Plot | condition | summary: of a plot's, the first one whose condition holds at its end is told.
SUMMARIES = """
the forgotten toy | | {Hero} left {hero.his} {thing} {in place}, but {friend} knew where it was.
hide-and-seek | | {Hider} hid {spot}, and {seeker} did not find {hider.him} at once.
lights out | | {Friend} found {elder}'s {light} {in room} when all the lamps went out.
the thief | gem.holder==hero | {Hero} climbed up and got {hero.his} {gem} back from the {thief}.
the thief | | {Hero} let the {thief} and its chicks keep the stolen {gem}.
the lost pet | | {Hero} found a lost {pet} {in place}, and {friend} got it back.
stuck in a tree | | {Hero} and {friend} got their {thing} out of {tree} with {a tool}.
the key | | {Hero} found the key to the {box} {in room}, and {a gem} lay inside.
the hat in the water | | {Hero}'s {hat} blew into {water}, and {friend}'s {dog} fetched it.
the sleepless night | | {Hero} could not sleep until {elder} found the {toy} {spot}.
the missing animal | | {Hero} found {elder}'s missing {beast} {in place} and brought it home.
the snowman | | {Hero} gave {friend} back the {clothing} that their snowman had worn.
the secret | gem.holder==third | {Friend} gave {hero}'s secret away, and {third} took the {gem}.
the secret | | {Friend} kept {hero}'s secret, and the {gem} stayed safe {spot}.
the wrong bag | | {Hero} took {friend}'s {other} home by mistake, but got {hero.his} {thing} back.
the guessing game | | {Friend} found the {gem} that {hero} had hidden {spot}.
the naughty dog | | {Dog.pet} the {dog} hid {hero}'s {shoe} {spot}, but {elder} found it.
the promise | thing.holder | {Hero} almost forgot to bring {elder} the promised {thing}.
the promise | | {Hero} broke {hero.his} promise and brought {elder} no {thing}.
the broken toy | | {Friend} broke {hero}'s {thing}, mended it with {tool} and told the truth.
the swap | mine.holder==friend | {Hero} swapped {hero.his} {mine} for the {yours} that {friend} had.
the swap | | {Hero} wanted {friend}'s {yours}, but {friend} would not swap it for the {mine}.
the birthday surprise | | {Elder} wished for {a gift} and got one from {hero} and {friend}.
practice makes perfect | | {Hero} played the {inst} badly at first, but very well in the end.
the shared lunch | | {Hero} shared {hero.his} {snack}, and the next day {friend} shared {a other}.
the race | prize.holder==friend | {Friend} won the race to {place}, for {hero} stopped on the way.
the race | | {Hero} raced {friend} to {place} and won the {prize}.
the quarrel | thing.at | {Hero} and {friend} quarrelled over {a thing}, so it stayed on {high}.
the quarrel | | {Hero} and {friend} quarrelled over {a thing}, but in the end they shared it.
the new neighbour | | {Hero} was shy at first, but took {new} {a food} and made a friend.
the confession | | {Hero} broke {elder}'s {thing} and hid the pieces, but the truth came out.
the bedtime story | | {Hero} fell asleep during {elder}'s story, but later asked about the {beast}.
the borrowed hat | hat.holder==hero | {Hero} borrowed {friend}'s {hat} and was allowed to keep it.
the borrowed hat | | {Hero} borrowed {friend}'s {hat}, forgot about it and gave it back late.
the name | | {Hero}'s {pet} was named {called}, went missing and soon came back.
the riddle | friend.wins==gem | {Friend} chose the better hand in {hero}'s game and won the {gem}.
the riddle | | {Friend} chose the wrong hand in {hero}'s game and won only {a food}.
baking day | item.holder | {Hero} fetched some {item} from {friend}, and {elder} baked {a dish}.
baking day | | {Hero} could get no {item} from {friend}, so {elder} baked {a dish} without it.
a chain of trades | | {Hero} traded {a food} for {a tool}, sold it and bought {a prize}.
the letter | getter.at | {Hero} found {getter} {in place} and handed over the {mail} from {sender}.
the letter | | {Hero} brought the {mail} to {getter}, who hurried straight to {sender}.
the seed | seed.at | {Hero} planted {a seed} seed from {giver}, and after a long wait it grew.
the seed | | {Hero}'s first {seed} was eaten, but the next seed from {giver} grew tall.
the sick friend | | {Hero} took soup and {a wish} to {friend}, who had {a illness}.
the message | | {Friend} muddled {hero}'s message and told {third} to take {a wrong} to {other}.
the shopping list | | {Hero} found it hard to remember the {three} on {elder}'s shopping list.
two jobs | | {Hero} fed the {beast} and {friend} brought the {tool}, for they had swapped jobs.
the contest | | {Hero}'s {dish} could not beat {friend}'s {other} at the village fair.
the stranger | | {Hero} helped a stranger who could not remember the way to {place}.
saving up | | {Hero} worked for {elder} and saved {price} coins to buy {a toy}.
the meeting | | {Hero} asked {friend} to meet {hero.him} {in place} at {hour} o'clock.
the rain | | {Elder} was right about the rain, but {hero} had left the {coat} at home.
the password | | {Friend} needed the password {word} before {hero} would let {friend.him} in.
the bet | yours.holder==hero | {Hero} bet on rain and won {friend}'s {yours}.
the bet | | {Friend} bet on dry weather and won {hero}'s {mine}.
the painting | | {Friend} took the {beast} in {hero}'s picture for {a wrong}, so {hero} changed it.
the window | thing.holder | {Hero} ran to join {friend} {in place}, and {friend} shared the {thing}.
the window | | {Hero} ran to join {friend}, but found only the {thing} and a note.
"""


# A plot -> its summaries, each a condition and what is then told.
Summaries = dict[str, list[tuple[str, tuple]]]


def _read(rows: str) -> Summaries:
    """The summaries of all plots, from lines of three cells."""
    summaries: Summaries = {}
    for plot, condition, said in cells(rows):
        summaries.setdefault(plot, []).append((condition, parse(said, {})))
    return summaries


OF_PLOTS = _read(SUMMARIES)


def summary(state: State) -> tuple:
    """The tale in one sentence, true of how it ended."""
    return next(said for condition, said in OF_PLOTS[state.plot.name] if _holds(condition, state))


def _holds(condition: str, state: State) -> bool:
    """Whether a fact is told ("x.relation") or holds ("x.relation==value"); yes for ""."""
    if not condition:
        return True
    fact, _, wanted = condition.partition("==")
    value, _ = state.facts.get(tuple(fact.split(".")), ("", 0))
    value = value.name if isinstance(value, Role) else value
    return value == wanted if wanted else bool(value)


# What stands before a tale that somebody has read, and before its summary. The second sentence
# names nobody: a reader named just before the tale would make its first "she" unclear.
READ = {
    "{Reader} read a story.\nIt went like this:": "{Reader} wrote:",
    "{Reader} chose the story of the week.\nHere it is:": "What happened:",
    "From {reader}'s reading diary.\nToday's story:": "In one sentence:",
}
SUMMARY = "{?summary}<summary>{?}"
WORKED = {"summary": summary}

IN_SHORT = Kind("in short", 7, around(PLOTS, "", f"In short: {SUMMARY}"), WORKED)
BOOK_LIST = Kind(
    "book list",
    5,
    [
        plot
        for before, after in READ.items()
        for plot in around(PLOTS, before, f"{after} {SUMMARY}", "reader: child")
    ],
    WORKED,
)
