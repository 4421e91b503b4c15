"""Writes poem.txt: 200 lines of verse, in which words are drawn from short lists.

A short text on which a model overfits at once, and whose floor is known: the draws cost, on the
average, 0.118 nats per character. `python tests/data/poem.py` prints that and writes the file.
"""

import math
import random
from pathlib import Path

WORDS = {
    "quality": "silver golden hungry lonely broken weary gentle hollow ancient patient crooked nameless",
    "animal": "heron badger sparrow otter raven swallow falcon hedgehog squirrel pigeon weasel buzzard",
    "place": "harbour orchard meadow valley mountain garden chapel window bridge island castle forest",
    "time": "morning evening autumn winter summer twilight",
    "thing": "lantern letter ribbon feather mirror candle needle kettle basket blanket ladder hammer",
    "person": "miller sailor widow shepherd tailor ferryman beggar pilgrim soldier farmer teacher hunter",
    "weather": "sunlight moonlight thunder starlight",
    "doing": "dreaming singing whispering wandering",
}
STANZA = """Slowly the {quality} {animal} leaves the {place} every {time},
{doing} about the {thing} which the {quality} {person} forgot,
because {weather} has fallen upon the {place} every {time},
and nobody remembers whether the {quality} {person} returned or not.
"""


class Drawn(dict):
    """Gives a word of a list, another each time, and adds up what the draws cost in nats."""

    def __init__(self, seed):
        self.draw, self.nats = random.Random(seed), 0.0

    def __getitem__(self, name):
        words = WORDS[name].split()
        self.nats += math.log(len(words))
        return self.draw.choice(words)


if __name__ == "__main__":
    drawn = Drawn(19)
    text = "".join(STANZA.format_map(drawn) + "\n" for _ in range(50))
    Path(__file__).with_name("poem.txt").write_text(text, encoding="utf-8")
    print(f"{drawn.nats / len(text):.3f} nats per character")
