"""Predicates in both languages: verbs with their tenses, negation and pronouns."""

from gptlib.french import english, grammar
from gptlib.french.lexicon import Adjective, Verb
from gptlib.french.phrases import Nominal, Phrase, Piece, Word, pieces

BE = {(False, False): "is", (False, True): "are", (True, False): "was", (True, True): "were"}
ETRE = {"is": "est", "are": "sont", "was": "était", "were": "étaient"}
# The French forms of a modal verb, singular and plural; only its present is used here.
MODALS = {"can": ("peut", "peuvent"), "must": ("doit", "doivent")}
DENIALS = {"not": "pas", "never": "jamais"}


def around(denial: tuple[Word, ...], verb: tuple[Piece, ...], second: str) -> tuple[Piece, ...]:
    """A French verb, between ne and second (pas, jamais) if it is negated."""
    if not denial:
        return verb
    return (Piece("ne", denial), *verb, Piece(second, denial))


def be(subject: Nominal, past: bool = False, denied: bool = False) -> Phrase:
    """Is, are, was, were; the French past is the imperfect, for what was so for a while."""
    verb = Word(BE[past, subject.many])
    denial = (Word("not"),) if denied else ()
    return Phrase((verb, *denial), around(denial, (Piece(ETRE[verb.text], (verb,)),), "pas"))


def clitic(nominal: Nominal) -> tuple[tuple[Word], tuple[Piece]]:
    """The pronoun that stands for an object: it, him, her, them and le, la, les."""
    word = Word("it")
    if nominal.many:
        word = Word("them")
    elif nominal.human:
        word = Word("her" if nominal.gender == "f" else "him")
    return (word,), (Piece(grammar.definite(nominal.gender, nominal.many), (word,)),)


def pronoun(nominal: Nominal) -> Nominal:
    """The pronoun that stands for a subject: it, he, she, they and il, elle, ils, elles."""
    word = Word("it")
    if nominal.many:
        word = Word("they")
    elif nominal.human:
        word = Word("she" if nominal.gender == "f" else "he")
    text = ("elle" if nominal.gender == "f" else "il") + ("s" if nominal.many else "")
    phrase = Phrase((word,), (Piece(text, (word,)),))
    return Nominal(phrase, nominal.gender, nominal.many, nominal.human, nominal.lemmas)


def does(
    verb: Verb,
    subject: Nominal,
    past: bool = False,
    denial: str = "",
    what: Nominal | None = None,
    adverb: Phrase | None = None,
) -> Phrase:
    """A verb in the present or the past, negated by "not" or "never" or not at all.

    An object that was named before, `what`, becomes a pronoun: after the verb in English, before
    it in French, where the participle then agrees with it. An adverb stands before the English
    verb.
    """
    denying = (Word(denial),) if denial else ()
    many = subject.many
    if denial == "not":
        helper = (Word("did" if past else "do" if many else "does"),)
        main = tuple(map(Word, verb.english[0].split()))
    else:
        helper = ()
        main = tuple(map(Word, english.conjugated(verb.english, past, many).split()))
    it, before = clitic(what) if what else ((), ())
    early = adverb.words if adverb else ()
    late = adverb.pieces if adverb else ()
    words = (*helper, *denying, *early, *main, *it)

    infinitive, one, several, participle, *state = verb.french
    second = DENIALS.get(denial, "")
    if past and not state:
        if what:
            participle = grammar.agree(participle, what.gender, what.many)
        auxiliary = Piece("ont" if many else "a", helper or main)
        tail = (*late, Piece(participle, main))
        return Phrase(words, around(denying, (*before, auxiliary), second) + tail)
    form = several if many else one
    if past:
        form = state[0][:-1] + "ent" if many else state[0]
    said = around(denying, (*before, Piece(form, helper + main)), second)
    return Phrase(words, said + late)


def to_do(verb: Verb, what: Nominal | None = None, to: bool = False) -> Phrase:
    """An infinitive, with or without "to", and its object's pronoun, which French puts first."""
    main = tuple(map(Word, ("to " * to + verb.english[0]).split()))
    said = pieces(verb.french[0], *main)
    if not what:
        return Phrase(main, said)
    it, before = clitic(what)
    return Phrase(main + it, before + said)


def modal(name: str, subject: Nominal, denied: bool = False) -> Phrase:
    """Can or must, negated or not."""
    form = MODALS[name][subject.many]
    if denied:
        word = Word("cannot" if name == "can" else name)
        denial = (word,) if name == "can" else (Word("not"),)
        words = (word,) if name == "can" else (word, *denial)
        return Phrase(words, around(denial, (Piece(form, (word,)),), "pas"))
    word = Word(name)
    return Phrase((word,), (Piece(form, (word,)),))


def adjective(quality: Adjective, subject: Nominal) -> Phrase:
    """A predicate adjective, which in French agrees with the subject."""
    word = Word(quality.english)
    form = grammar.agree(quality.french, subject.gender, subject.many)
    combinations = frozenset((quality.english, lemma) for lemma in subject.lemmas)
    return Phrase((word,), (Piece(form, (word,)),), combinations)
