"""French and English sentences: every rule by hand-written French, the texts, the files."""

import hashlib
import re
from collections import Counter
from functools import cache

import pytest

from data import build
from data.build import DATA, PAIRS, as_tsv, crosses, pair_statistics
from gptlib.french import COMBINATIONS, Pair, grammar, held_out, pair, small_red_ball
from gptlib.french.clauses import adjective, be, does, modal, pronoun, to_do
from gptlib.french.draw import both
from gptlib.french.lexicon import (
    ADJECTIVES,
    GIVING,
    HAVE,
    INTRANSITIVE,
    NAMES,
    NOUNS,
    TRANSITIVE,
    WANT,
)
from gptlib.french.pairs import finished
from gptlib.french.phrases import Nominal, Phrase, Piece, Word, joined, noun_phrase
from gptlib.french.scenes import gloss
from gptlib.french.sentences import PATTERNS
from gptlib.tokenizer import join_words, split_words

TOKENS = re.compile(r"'s\b|[\w-]+'(?!s\b)|[\w-]+|[.,]")
pairs = cache(build.pairs)


@cache
def sample() -> list[Pair]:
    return [pair(seed) for seed in range(15_000)]


NOUN = {noun.lemma: noun for noun in NOUNS}
QUALITY = {each.english: each for each in ADJECTIVES}
VERB = {verb.english[0]: verb for verb in INTRANSITIVE + GIVING + TRANSITIVE} | {"want": WANT}
VERB["have"] = HAVE


def the(words: str, determiner: str = "the", **more) -> Nominal:
    """A noun phrase from its words: adjectives, then the noun, in the plural after "many"."""
    *qualities, noun = words.split()
    many = "many" in qualities
    chosen = [QUALITY[word] for word in qualities if word != "many"]
    return noun_phrase(NOUN[noun], determiner, many, chosen, **more)


def name(word: str) -> Nominal:
    said = Word(word)
    return Nominal(Phrase((said,), (Piece(word, (said,)),)), NAMES[word], False, True)


def french(nominal: Nominal) -> str:
    return finished(nominal.phrase).french[:-1]


def says(phrase: Phrase, english: str, expected: str) -> None:
    made = finished(phrase)
    assert (made.english, made.french) == (english, expected)


# Words


@pytest.mark.parametrize(
    ("masculine", "feminine", "men", "women"),
    [
        ("petit", "petite", "petits", "petites"),
        ("rouge", "rouge", "rouges", "rouges"),
        ("blanc", "blanche", "blancs", "blanches"),
        ("long", "longue", "longs", "longues"),
        ("heureux", "heureuse", "heureux", "heureuses"),
        ("doux", "douce", "doux", "douces"),
        ("roux", "rousse", "roux", "rousses"),
        ("vieux", "vieille", "vieux", "vieilles"),
        ("beau", "belle", "beaux", "belles"),
        ("nouveau", "nouvelle", "nouveaux", "nouvelles"),
        ("gros", "grosse", "gros", "grosses"),
        ("mauvais", "mauvaise", "mauvais", "mauvaises"),
        ("gris", "grise", "gris", "grises"),
        ("léger", "légère", "légers", "légères"),
        ("sec", "sèche", "secs", "sèches"),
        ("frais", "fraîche", "frais", "fraîches"),
        ("gentil", "gentille", "gentils", "gentilles"),
        ("loyal", "loyale", "loyaux", "loyales"),
        ("marron", "marron", "marron", "marron"),
        ("donné", "donnée", "donnés", "données"),
        ("pris", "prise", "pris", "prises"),
    ],
)
def test_adjectives_and_participles_agree(masculine, feminine, men, women):
    found = [grammar.agree(masculine, g, many) for many in (False, True) for g in "mf"]
    assert found == [masculine, feminine, men, women]


@pytest.mark.parametrize(
    ("one", "several"),
    [
        ("owl", "les hiboux"),
        ("horse", "les chevaux"),
        ("newspaper", "les journaux"),
        ("boat", "les bateaux"),
        ("nail", "les clous"),
        ("jewel", "les bijoux"),
        ("mouse", "les souris"),
        ("carpet", "les tapis"),
        ("kite", "les cerfs-volants"),
        ("ball", "les balles"),
    ],
)
def test_plurals_of_nouns(one, several):
    assert french(the(f"many {one}")) == several


@pytest.mark.parametrize("vowel", ["oiseau", "école", "œuf", "herbe", "hôtel", "Anna", "a", "île"])
def test_vowel_sounds(vowel):
    assert grammar.vowel_sound(vowel)


@pytest.mark.parametrize("other", ["hibou", "hiboux", "hache", "haricots", "hérisson", "balle"])
def test_no_vowel_sounds(other):
    assert not grammar.vowel_sound(other)


# Noun phrases


@pytest.mark.parametrize(
    ("words", "determiner", "expected"),
    [
        # the place of adjectives
        ("small red ball", "the", "la petite balle rouge"),
        ("old black cat", "a", "un vieux chat noir"),
        ("many beautiful blue flower", "the", "les belles fleurs bleues"),
        ("small wooden spoon", "the", "la petite cuillère en bois"),
        # before a vowel sound
        ("beautiful bird", "a", "un bel oiseau"),
        ("old tree", "the", "le vieil arbre"),
        ("new hotel", "the", "le nouvel hôtel"),
        ("many old tree", "the", "les vieux arbres"),
        ("old school", "the", "la vieille école"),
        ("old owl", "the", "le vieux hibou"),
        # elision
        ("bird", "the", "l'oiseau"),
        ("school", "the", "l'école"),
        ("hotel", "the", "l'hôtel"),
        ("owl", "the", "le hibou"),
        ("axe", "the", "la hache"),
        ("small bird", "the", "le petit oiseau"),
        # a and some
        ("ball", "a", "une balle"),
        ("owl", "a", "un hibou"),
        ("many red ball", "some", "des balles rouges"),
        ("many small ball", "some", "de petites balles"),
        ("many old bird", "some", "de vieux oiseaux"),
        ("bread", "some", "du pain"),
        ("soup", "some", "de la soupe"),
        ("water", "some", "de l'eau"),
        # this and these
        ("cat", "this", "ce chat"),
        ("bird", "that", "cet oiseau"),
        ("owl", "this", "ce hibou"),
        ("small bird", "this", "ce petit oiseau"),
        ("old bird", "this", "ce vieil oiseau"),
        ("box", "this", "cette boîte"),
        ("many bird", "these", "ces oiseaux"),
        # whose
        ("ball", "his", "sa balle"),
        ("hat", "her", "son chapeau"),
        ("scarf", "his", "son écharpe"),
        ("red scarf", "his", "son écharpe rouge"),
        ("small scarf", "his", "sa petite écharpe"),
        ("axe", "her", "sa hache"),
        ("many scarf", "its", "ses écharpes"),
        ("ball", "their", "leur balle"),
        ("many ball", "their", "leurs balles"),
    ],
)
def test_noun_phrases(words, determiner, expected):
    assert french(the(words, determiner)) == expected


def test_after_a_denial_a_and_some_are_de():
    assert french(the("ball", "a", denied=True)) == "de balle"
    assert french(the("umbrella", "a", denied=True)) == "de parapluie"
    assert french(the("bird", "a", denied=True)) == "d'oiseau"
    assert french(the("owl", "a", denied=True)) == "de hibou"
    assert french(the("many red ball", "some", denied=True)) == "de balles rouges"
    assert french(the("bread", "some", denied=True)) == "de pain"
    assert french(the("ball", denied=True)) == "la balle"


def test_numbers():
    assert (
        french(the("many small red ball", "the", number="three"))
        == "les trois petites balles rouges"
    )
    assert french(the("many bird", "", number="two")) == "deux oiseaux"


@pytest.mark.parametrize(
    ("preposition", "noun", "expected"),
    [
        ("to=à", the("baker"), "au boulanger"),
        ("to=à", the("bird"), "à l'oiseau"),
        ("to=à", the("queen"), "à la reine"),
        ("to=à", the("many child"), "aux enfants"),
        ("to=à", the("owl"), "au hibou"),
        ("to=à", the("baker", "a"), "à un boulanger"),
        ("near=près de", the("garden"), "près du jardin"),
        ("near=près de", the("house"), "près de la maison"),
        ("near=près de", the("hotel"), "près de l'hôtel"),
        ("near=près de", the("inn", "a"), "près d'une auberge"),
        ("near=près de", the("many tree"), "près des arbres"),
        ("next to=à côté de", the("shed"), "à côté du hangar"),
        ("in front of=devant", the("mill"), "devant le moulin"),
    ],
)
def test_a_preposition_and_an_article_contract(preposition, noun, expected):
    assert finished(joined(gloss(preposition), noun)).french == expected + "."


def test_possession():
    says(
        the("red hat", "", owner=the("baker")).phrase,
        "the baker's red hat.",
        "le chapeau rouge du boulanger.",
    )
    says(the("cat", "", owner=name("Anna")).phrase, "Anna's cat.", "le chat d'Anna.")
    says(the("many cat", "", owner=name("Tom")).phrase, "Tom's cats.", "les chats de Tom.")
    says(
        the("scarf", "", owner=the("old uncle", "her")).phrase,
        "her old uncle's scarf.",
        "l'écharpe de son vieil oncle.",
    )


# Verbs


def clause(subject: Nominal, verb: str, *rest: Phrase, **how) -> Phrase:
    phrase = subject.phrase + does(VERB[verb], subject, **how)
    for more in rest:
        phrase += more
    return phrase


def test_a_verb_agrees_with_its_subject():
    says(clause(the("cat"), "sleep"), "the cat sleeps.", "le chat dort.")
    says(clause(the("many cat"), "sleep"), "the cats sleep.", "les chats dorment.")
    two = both(name("Tom"), name("Mia"))
    says(clause(two, "dance"), "Tom and Mia dance.", "Tom et Mia dansent.")
    says(clause(two, "sleep", past=True), "Tom and Mia slept.", "Tom et Mia ont dormi.")


def test_the_past_is_the_compound_one_and_of_states_the_imperfect():
    cat = the("cat").phrase
    says(clause(name("Mia"), "find", cat, past=True), "Mia found the cat.", "Mia a trouvé le chat.")
    says(clause(name("Mia"), "like", cat, past=True), "Mia liked the cat.", "Mia aimait le chat.")
    boys = the("many boy")
    says(
        clause(boys, "have", the("dog", "a").phrase, past=True),
        "the boys had a dog.",
        "les garçons avaient un chien.",
    )


@pytest.mark.parametrize(
    ("verb", "how", "english", "expected"),
    [
        ("see", {"denial": "not"}, "does not see", "ne voit pas"),
        ("like", {"denial": "not"}, "does not like", "n'aime pas"),
        ("see", {"denial": "never"}, "never sees", "ne voit jamais"),
        ("see", {"denial": "not", "past": True}, "did not see", "n'a pas vu"),
        ("see", {"denial": "never", "past": True}, "never saw", "n'a jamais vu"),
        ("like", {"denial": "not", "past": True}, "did not like", "n'aimait pas"),
        ("see", {"adverb": gloss("often=souvent")}, "often sees", "voit souvent"),
    ],
)
def test_negation_and_adverbs(verb, how, english, expected):
    made = clause(name("Tom"), verb, the("cat").phrase, **how)
    says(made, f"Tom {english} the cat.", f"Tom {expected} le chat.")


def test_an_indefinite_object_of_a_denied_verb():
    ball = the("ball", "a", denied=True).phrase
    says(
        clause(name("Tom"), "have", ball, denial="not"),
        "Tom does not have a ball.",
        "Tom n'a pas de balle.",
    )


@pytest.mark.parametrize(
    ("what", "verb", "how", "english", "expected"),
    [
        ("key", "give", {}, "gives it", "la donne"),
        ("hat", "give", {}, "gives it", "le donne"),
        ("many key", "give", {}, "gives them", "les donne"),
        ("box", "open", {}, "opens it", "l'ouvre"),
        ("queen", "see", {}, "sees her", "la voit"),
        ("king", "see", {}, "sees him", "le voit"),
        ("key", "see", {"denial": "not"}, "does not see it", "ne la voit pas"),
        ("key", "give", {"past": True}, "gave it", "l'a donnée"),
        ("hat", "give", {"past": True}, "gave it", "l'a donné"),
        ("many hat", "see", {"past": True}, "saw them", "les a vus"),
        ("many key", "see", {"past": True}, "saw them", "les a vues"),
        ("key", "see", {"past": True, "denial": "not"}, "did not see it", "ne l'a pas vue"),
        (
            "many key",
            "take",
            {"past": True, "denial": "never"},
            "never took them",
            "ne les a jamais prises",
        ),
    ],
)
def test_object_pronouns(what, verb, how, english, expected):
    says(clause(name("Mia"), verb, what=the(what), **how), f"Mia {english}.", f"Mia {expected}.")


def test_the_pronoun_stands_before_an_infinitive():
    mia, box = name("Mia"), the("box")
    says(
        clause(mia, "want", to_do(VERB["open"], box, to=True)),
        "Mia wants to open it.",
        "Mia veut l'ouvrir.",
    )
    says(
        mia.phrase + modal("can", mia, denied=True) + to_do(VERB["wash"], box),
        "Mia cannot wash it.",
        "Mia ne peut pas la laver.",
    )
    several = the("many girl")
    says(
        several.phrase + modal("must", several) + to_do(VERB["wash"], the("many shoe")),
        "the girls must wash them.",
        "les filles doivent les laver.",
    )


@pytest.mark.parametrize(
    ("subject", "english", "expected"),
    [
        ("ball", "it", "elle"),
        ("hat", "it", "il"),
        ("many ball", "they", "elles"),
        ("many hat", "they", "ils"),
        ("baker", "he", "il"),
        ("teacher", "she", "elle"),
    ],
)
def test_subject_pronouns(subject, english, expected):
    says(pronoun(the(subject)).phrase, f"{english}.", f"{expected}.")


def test_two_people_are_masculine_unless_both_are_feminine():
    says(pronoun(both(name("Mia"), name("Tom"))).phrase, "they.", "ils.")
    says(pronoun(both(name("Mia"), name("Anna"))).phrase, "they.", "elles.")


def test_predicates_agree():
    ball = the("ball")
    it = pronoun(ball)
    says(
        ball.phrase
        + be(ball)
        + adjective(QUALITY["white"], ball)
        + gloss("but=mais")
        + it.phrase
        + be(it, denied=True)
        + adjective(QUALITY["old"], it),
        "the ball is white but it is not old.",
        "la balle est blanche mais elle n'est pas vieille.",
    )
    dogs = the("many dog")
    says(
        dogs.phrase + be(dogs, past=True) + adjective(QUALITY["loyal"], dogs),
        "the dogs were loyal.",
        "les chiens étaient loyaux.",
    )


def test_chained_clauses_over_people_and_things():
    mia, key = name("Mia"), the("key")
    phrase = mia.phrase + does(VERB["find"], mia, past=True) + key.phrase + gloss("and=et")
    phrase += does(VERB["give"], mia, past=True, what=key) + joined(gloss("to=à"), name("Tom"))
    says(
        phrase, "Mia found the key and gave it to Tom.", "Mia a trouvé la clé et l'a donnée à Tom."
    )


# Alignment


def links(phrase: Phrase) -> str:
    return " ".join(f"{i}-{j}" for i, j in finished(phrase).alignment)


def test_alignment_of_the_small_red_ball():
    made = small_red_ball()
    assert made.english == "the small red ball is under the table."
    assert made.french == "la petite balle rouge est sous la table."
    assert as_tsv([made]).endswith("\t0-0 1-1 2-3 3-2 4-4 5-5 6-6 7-7 8-8\n")
    assert made.combinations == {("small", "ball"), ("red", "ball")}


def test_alignment_of_possession():
    # the baker 's red hat . / le chapeau rouge du boulanger .
    assert links(the("red hat", "", owner=the("baker")).phrase) == "0-3 1-4 2-3 3-2 4-1 5-5"
    # Anna 's cat . / le chat d' Anna .
    assert links(the("cat", "", owner=name("Anna")).phrase) == "0-3 1-2 2-1 3-4"


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"denial": "not"}, "0-0 1-2 2-1 2-3 3-2 4-4"),  # Tom does not sleep. ne dort pas
        ({"denial": "not", "past": True}, "0-0 1-2 2-1 2-3 3-4 4-5"),  # did: a, sleep: dormi
        ({"past": True}, "0-0 1-1 1-2 2-3"),  # slept: a dormi
        ({"denial": "never"}, "0-0 1-1 1-3 2-2 3-4"),
    ],
)
def test_alignment_of_verbs(how, expected):
    assert links(clause(name("Tom"), "sleep", **how)) == expected


def test_alignment_of_several_words_to_one_and_of_pronouns():
    # near the garden . / près du jardin .
    assert links(joined(gloss("near=près de"), the("garden"))) == "0-0 0-1 1-1 2-2 3-3"
    # in front of the house . / devant la maison .
    in_front = joined(gloss("in front of=devant"), the("house"))
    assert links(in_front) == "0-0 1-0 2-0 3-1 4-2 5-3"
    # Mia wants to open it . / Mia veut l' ouvrir .
    opens = clause(name("Mia"), "want", to_do(VERB["open"], the("box"), to=True))
    assert links(opens) == "0-0 1-1 2-3 3-3 4-2 5-4"


# Many pairs


def test_a_seed_makes_one_pair():
    assert pair(7) == pair(7) != pair(8)
    with pytest.raises(ValueError, match="-1"):
        pair(-1)


def test_an_english_sentence_has_one_french_one():
    assert len({made.english for made in sample()}) == len({made[:2] for made in sample()})


@pytest.mark.parametrize("side", [0, 1])
def test_every_text_falls_into_its_tokens(side):
    for made in sample():
        text = join_words(made[side])
        assert tuple(TOKENS.findall(text)) == tuple(split_words(text)) == made[side]


def test_sizes():
    for side, longest in ((0, 18), (1, 18)):
        sizes = [len(made[side]) for made in sample()]
        assert 5 <= min(sizes) and max(sizes) <= longest
        assert 10 < sum(sizes) / len(sizes) < 12


def test_sentences_begin_small_and_end_in_a_full_stop():
    for made in sample():
        for side in (made.source, made.target):
            assert side[-1] == "."
            assert all(word in NAMES or word.islower() for word in side if word[0].isalpha())


def test_alignments_are_sorted_and_in_range():
    for made in sample():
        assert list(made.alignment) == sorted(set(made.alignment))
        sources, targets = zip(*made.alignment, strict=True)
        assert set(sources) == set(range(len(made.source)))
        assert max(targets) < len(made.target)


def test_no_french_is_left_unelided_or_uncontracted():
    vowel = r"(?!h)[aeiouyéèêâîôœ]"
    wrong = re.compile(rf"\b(?:le|la|de|ne|que|ce) {vowel}|\b(?:de|à) les?\b|\bsa {vowel}")
    assert not [made.french for made in sample() if wrong.search(made.french)]


def test_every_pattern_makes_pairs_and_every_rule_is_frequent():
    assert len(set(PATTERNS)) >= 12
    shares = {
        "pas": 0.08,
        "jamais": 0.01,
        "du": 0.04,
        "au": 0.01,
        "l'": 0.15,
        "n'": 0.05,
        "d'": 0.02,
        "de": 0.1,
        "des": 0.005,
        "les": 0.15,
        "son": 0.005,
        "veut": 0.02,
        "cet": 0.002,
        "qui": 0.03,
    }
    for word, least in shares.items():
        assert sum(word in made.target for made in sample()) / len(sample()) > least, word
    assert 0.6 < sum(map(crosses, sample())) / len(sample()) < 0.95


def test_held_out_combinations():
    assert held_out("red", "ball")
    assert not held_out("small", "ball") and not held_out("small", "table")
    digest = hashlib.sha256(b"red ball").digest()
    assert digest[0] % 8 == 1
    assert 0.1 < sum(held_out(*each) for each in COMBINATIONS) / len(COMBINATIONS) < 0.15
    met = set().union(*(made.combinations for made in sample()))
    assert met <= set(COMBINATIONS)


def test_words_of_a_village():
    for side in (0, 1):
        assert len({word.lower() for made in sample()[:20_000] for word in made[side]}) >= 400


# The files


@pytest.mark.parametrize("name", PAIRS)
def test_the_pairs_in_data_are_made_again_byte_for_byte(name):
    assert as_tsv(pairs()[name]).encode() == (DATA / name).read_bytes()


def test_no_sentence_is_in_two_files_or_twice_in_one():
    everything = [made.english for made in sum(pairs().values(), [])]
    assert len(everything) == 22_000 == len(set(everything))


def test_held_out_combinations_are_only_in_the_test_file():
    for name, made in pairs().items():
        unseen = [any(held_out(*each) for each in one.combinations) for one in made]
        assert all(unseen) if "test" in name else not any(unseen)


def test_every_word_of_the_other_files_is_in_the_training_file_ten_times():
    train, *others = pairs().values()
    met = Counter(word for made in train for side in made[:2] for word in side)
    assert all(met[word] >= 10 for made in sum(others, []) for side in made[:2] for word in side)


def test_the_words_of_each_held_out_combination_are_in_the_training_file():
    train = {each for made in pairs()["pairs-train.tsv"] for each in made.combinations}
    adjectives, nouns = ({each[i] for each in train} for i in (0, 1))
    test = set().union(*(made.combinations for made in pairs()["pairs-test.tsv"]))
    for held_adjective, held_noun in test - train:
        assert held_adjective in adjectives and held_noun in nouns


def test_the_readme_of_data_tells_the_truth_about_the_pairs():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for name, made in pairs().items():
        raw = (DATA / name).read_bytes()
        assert f"| {len(raw):,} | `{hashlib.sha256(raw).hexdigest()}` |" in readme
        for line, value in pair_statistics(made).items():
            assert re.search(rf"^\| {line} \|.*{re.escape(value)} \|", readme, re.MULTILINE)


def test_words_cross_when_their_order_changes():
    assert not crosses(Pair(("a", "b"), ("c", "d"), ((0, 0), (1, 1)), frozenset()))
    assert crosses(Pair(("a", "b"), ("c", "d"), ((0, 1), (1, 0)), frozenset()))
