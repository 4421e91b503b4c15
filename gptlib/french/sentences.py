"""The patterns of the sentences, in both languages; the docstring of each is an example."""

from gptlib.french.clauses import adjective, be, does, modal, pronoun, to_do
from gptlib.french.draw import Draw, NothingFits, kinds_of, predicates
from gptlib.french.lexicon import (
    ANIMALS,
    COMPARED,
    FEELINGS,
    FURNITURE,
    GIVING,
    HAVE,
    INTRANSITIVE,
    NOUNS,
    PEOPLE,
    PLACES,
    PORTABLE,
    THINGS,
    TOYS,
    TRANSITIVE,
    WANT,
)
from gptlib.french.phrases import Phrase, Piece, Word, joined
from gptlib.french.scenes import (
    CAUSED,
    CONTAINERS,
    FREQUENT,
    HAUNTS,
    LIKED,
    MANNERED,
    MET,
    NOTICED,
    REFRAINED,
    ROOMS,
    STATES,
    THEN,
    UNWILLED,
    gloss,
    place,
    something,
    tense_and_denial,
    time,
)


def acts(draw: Draw) -> Phrase:
    """Tom does not see the small cat in the garden."""
    verb = draw.pick(TRANSITIVE)
    subject = draw.subject(verb)
    past, denial = tense_and_denial(draw, verb)
    state = verb.english[0] in STATES
    frequent = not (past or denial or state) and draw.chance(0.25)
    often = gloss(draw.pick(FREQUENT)) if frequent else None
    phrase = subject.phrase + does(verb, subject, past, denial, adverb=often)
    what = something(draw, verb, subject, bool(denial))
    phrase += what.phrase
    if not state and not verb.objects & {"building", "place"} and draw.chance(0.4):
        phrase += place(draw, ROOMS if subject.human else HAUNTS)
    elif not (state or often or denial) and draw.chance(0.4):
        phrase = time(draw, past) + phrase
    return phrase


def moves(draw: Draw) -> Phrase:
    """The big dogs play in front of the baker's house."""
    verb = draw.pick(INTRANSITIVE)
    subject = draw.subject(verb)
    past, denial = tense_and_denial(draw, verb)
    name = verb.english[0]
    often = None
    if not (past or denial or name == "live") and draw.chance(0.3):
        often = gloss(draw.pick(FREQUENT))
    phrase = subject.phrase + does(verb, subject, past, denial, adverb=often)
    if name in MANNERED and not (past or denial or often) and draw.chance(0.5):
        phrase += gloss(draw.pick(MANNERED[name]))
    elif name in ("play", "dance", "sing", "work", "live", "wait") and draw.chance(0.4):
        other = draw.person() if subject.human else draw.animal("pet")
        if name != "wait":
            phrase += joined(gloss("with=avec"), other)
    if name == "live":
        return phrase + place(draw, [noun for noun in ROOMS if noun.lemma != "field"])
    phrase += place(draw, PLACES if subject.human else HAUNTS)
    if not (often or denial) and draw.chance(0.3):
        phrase = time(draw, past) + phrase
    return phrase


def located(draw: Draw) -> Phrase:
    """The small red ball is under the table."""
    if draw.chance(0.7):
        subject = draw.described(draw.noun(PORTABLE, "portable"))
        where = draw.pick((FURNITURE + PLACES + CONTAINERS, FURNITURE))
    else:
        subject = draw.person() if draw.chance(0.5) else draw.animal()
        where = PLACES if subject.human else HAUNTS
    past, denied = draw.chance(0.35), draw.chance(0.25)
    return subject.phrase + be(subject, past, denied) + place(draw, where)


def there(draw: Draw) -> Phrase:
    """There are three old books on the shelf."""
    noun = draw.noun(PORTABLE + ANIMALS, "portable", "animal")
    many = draw.chance(0.5)
    none = draw.chance(0.15)
    qualities = draw.qualities(noun)
    where = HAUNTS if "animal" in noun.kinds else FURNITURE + ROOMS + CONTAINERS
    verb = Word("are" if many else "is")
    there_word = Word("there")
    if none:
        no = Word("no")
        what = draw.indefinite(noun, many, qualities, no=no)
        said = (Piece("il", (there_word,)), Piece("ne", (no,)), Piece("y", (there_word,)))
        opening = Phrase((there_word, verb), (*said, Piece("a", (verb,)), Piece("pas", (no,))))
    else:
        what = draw.indefinite(noun, many, qualities)
        said = (Piece("il", (there_word,)), Piece("y", (there_word,)), Piece("a", (verb,)))
        opening = Phrase((there_word, verb), said)
    return opening + what.phrase + place(draw, where)


def gives(draw: Draw) -> Phrase:
    """The baker gives the blue kite to Anna; or: gives Anna the blue kite."""
    verb = draw.pick(GIVING)
    subject = draw.subject(verb)
    past, denial = tense_and_denial(draw, verb)
    phrase = subject.phrase + does(verb, subject, past, denial)
    what = something(draw, verb, subject, bool(denial))
    # Not two names: French would repeat à before the second.
    whom = draw.person("adult", "job", "royal") if draw.chance(0.3) else draw.person(many=False)
    if draw.chance(0.5):
        return phrase + what.phrase + joined(gloss("to=à"), whom)
    # English may name the receiver first; French does not, and its à translates no English word.
    receiver = joined(Phrase((), (Piece("à"),)), whom)
    crossed = Phrase(
        receiver.words + what.phrase.words,
        what.phrase.pieces + receiver.pieces,
        receiver.combinations | what.phrase.combinations,
    )
    return phrase + crossed


def chain(draw: Draw) -> Phrase:
    """Mia finds the key and gives it to Tom; Tom sees a box but cannot open it."""
    kind = draw.pick(("thing", "thing", "thing", "person", "animal"))
    names = {"thing": NOTICED, "person": MET, "animal": MET}[kind]
    first = draw.pick([verb for verb in TRANSITIVE if verb.english[0] in names])
    subject = draw.animal() if kind == "animal" else draw.person()
    past = draw.chance(0.45)
    phrase = subject.phrase + does(first, subject, past)
    if kind == "thing":
        what = draw.described(draw.noun(PORTABLE, "portable"), subject)
    elif kind == "person":
        what = draw.person()
    else:
        what = draw.animal()
    phrase += what.phrase
    sort, doer = kinds_of(what), kinds_of(subject)
    seconds = [
        verb
        for verb in TRANSITIVE
        if verb.objects & sort and verb.subjects & doer and verb.english[0] in THEN
    ]
    opens = [verb for verb in seconds if verb.objects == {"opened"}]
    second = draw.pick(opens if opens and draw.chance(0.6) else seconds)
    turn = draw.random()
    if kind == "thing" and turn < 0.35:
        giving = draw.pick([v for v in GIVING if v.objects & sort and v.subjects & doer])
        done = does(giving, subject, past, what=what)
        return phrase + gloss("and=et") + done + joined(gloss("to=à"), draw.person(many=False))
    if turn < 0.5:
        phrase += gloss("and=et") + does(WANT, subject, past) + to_do(second, what, to=True)
    elif turn < 0.62 and not past:
        phrase += gloss("but=mais") + modal("can", subject, denied=True) + to_do(second, what)
    elif turn < 0.75:
        phrase += gloss("but=mais") + does(second, subject, past, "not", what)
    else:
        phrase += gloss("and=et") + does(second, subject, past, what=what)
    return phrase


def has(draw: Draw) -> Phrase:
    """Tom has a red ball but he does not have a kite."""
    subject = draw.person()
    past = draw.chance(0.3)
    noun = draw.noun(NOUNS, "toy", "tool", "clothes", "thing", "pet")
    many = not subject.many and draw.chance(0.3)
    what = draw.indefinite(noun, many, draw.qualities(noun))
    phrase = subject.phrase + does(HAVE, subject, past) + what.phrase + gloss("but=mais")
    he = pronoun(subject)
    other = draw.noun(NOUNS, "toy", "tool", "clothes", "thing", "pet")
    missing = draw.indefinite(other, draw.chance(0.3), draw.qualities(other, 0.25), denied=True)
    return phrase + he.phrase + does(HAVE, he, past, "not") + missing.phrase


def wants(draw: Draw) -> Phrase:
    """Anna wants to open the blue box; the sailor cannot find his hat."""
    willed = [v for v in TRANSITIVE if "person" in v.subjects and v.english[0] not in UNWILLED]
    verb = draw.pick(willed)
    subject = draw.person()
    denied = draw.chance(0.3)
    how = draw.pick(("can", "must", "want", "want"))
    if how == "want":
        head = does(WANT, subject, draw.chance(0.4), "not" if denied else "")
    else:
        denied = denied and how == "can"
        head = modal(how, subject, denied)
    phrase = subject.phrase + head + to_do(verb, to=how == "want")
    phrase += something(draw, verb, subject, denied).phrase
    if not verb.objects & {"building", "place"} and draw.chance(0.4):
        phrase += place(draw, ROOMS)
    return phrase


def describes(draw: Draw) -> Phrase:
    """The ball is red but it is not heavy."""
    subject = draw.anything()
    past = draw.chance(0.3)
    first, second = draw.two_qualities(subject)
    phrase = subject.phrase + be(subject, past) + adjective(first, subject)
    if draw.chance(0.35):
        return phrase + gloss("and=et") + adjective(second, subject)
    it = pronoun(subject)
    return phrase + gloss("but=mais") + it.phrase + be(it, past, True) + adjective(second, it)


def because(draw: Draw) -> Phrase:
    """The cat does not sleep because it is hungry."""
    subject = draw.person() if draw.chance(0.6) else draw.animal()
    past = draw.chance(0.3)
    it = pronoun(subject)
    feeling = draw.pick(sorted(FEELINGS))
    word = Word(feeling)
    does_feel = does(HAVE, it, past)
    verb = Word(be(it, past).words[0].text)
    felt = Phrase(
        (verb, word), (Piece(does_feel.pieces[0].text, (verb,)), Piece(FEELINGS[feeling], (word,)))
    )
    if draw.chance(0.4):
        moods = [a for a in draw.fitting(subject) if a.english in ("sad", "tired", "happy")]
        mood = draw.pick(moods)
        head = be(subject, past, mood.english == "happy") + adjective(mood, subject)
    else:
        denied = draw.chance(0.5)
        names = REFRAINED[feeling] if denied else CAUSED[feeling]
        verbs = [v for v in INTRANSITIVE if v.english[0] in names.split()]
        verbs = [v for v in verbs if v.subjects & kinds_of(subject)]
        head = does(draw.pick(verbs), subject, past, "not" if denied else "")
    return subject.phrase + head + gloss("because=parce que") + it.phrase + felt


def prefers(draw: Draw) -> Phrase:
    """Lily likes the dress because it is blue."""
    verb = draw.pick([v for v in TRANSITIVE if v.english[0] in LIKED])
    subject = draw.person(many=False)
    past, denied = draw.chance(0.3), draw.chance(0.2) and verb.english[0] != "love"
    noun = draw.noun(TOYS + THINGS, *sorted(verb.objects))
    what = draw.described(noun, subject, definite=True, share=0.2)
    it = pronoun(what)
    quality = draw.pick(draw.fitting(what))
    why = it.phrase + be(it, past) + adjective(quality, it)
    phrase = subject.phrase + does(verb, subject, past, "not" if denied else "") + what.phrase
    return phrase + gloss("because=parce que") + why


def relative(draw: Draw) -> Phrase:
    """The cat that sleeps under the table is black."""
    people = draw.chance(0.4)
    noun = draw.noun(PEOPLE, "person") if people else draw.noun(ANIMALS, "animal")
    subject = draw.described(noun, definite=True, share=0.25)
    phrase = subject.phrase + gloss("who=qui" if people else "that=qui")
    past = draw.chance(0.3)
    if draw.chance(0.5):
        verbs = [v for v in INTRANSITIVE if v.subjects & noun.kinds]
        phrase += does(draw.pick(verbs), subject, past)
        phrase += place(draw, PLACES if people else HAUNTS)
    else:
        verb = draw.pick([v for v in TRANSITIVE if v.subjects & noun.kinds])
        phrase += does(verb, subject, past) + something(draw, verb, subject).phrase
    quality = draw.pick(draw.fitting(subject))
    return phrase + be(subject, denied=draw.chance(0.3)) + adjective(quality, subject)


def this_is(draw: Draw) -> Phrase:
    """This is not the baker's hat but Anna's coat."""
    many = draw.chance(0.3)
    first, second = (draw.noun(PORTABLE, "toy", "clothes", "tool", "thing") for _ in "12")
    this, verb, no = Word("these" if many else "this"), Word("are" if many else "is"), Word("not")
    ce, est = Piece("ce", (this,)), Piece("sont" if many else "est", (verb,))
    one = draw.belonging(first, many)
    if draw.chance(0.3):
        return Phrase((this, verb), (ce, est)) + one.phrase
    opening = Phrase((this, verb, no), (ce, Piece("ne", (no,)), est, Piece("pas", (no,))))
    return opening + one.phrase + gloss("but=mais") + draw.belonging(second, many).phrase


def compares(draw: Draw) -> Phrase:
    """The bear is bigger than Anna's dogs."""
    first, second = draw.comparable()
    if second.phrase.words[0].text == "some":
        raise NothingFits
    quality = draw.pick([a for a in predicates(first) if a.english in COMPARED])
    word, than = Word(COMPARED[quality.english]), Word("than")
    than_ = Phrase((than,), (Piece("que", (than,)),))
    said = adjective(quality, first)
    more = Phrase(
        (word,),
        (Piece("plus", (word,)), Piece(said.pieces[0].text, (word,))),
        said.combinations,
    )
    past, denied = draw.chance(0.2), draw.chance(0.2)
    return first.phrase + be(first, past, denied) + more + than_ + second.phrase


def meanwhile(draw: Draw) -> Phrase:
    """Tom sings in the kitchen while Mia feeds the hens."""
    verbs = [v for v in INTRANSITIVE if v.english[0] != "live"]
    one = draw.pick(verbs)
    first = draw.subject(one)
    phrase = first.phrase + does(one, first)
    if draw.chance(0.5):
        phrase += place(draw, ROOMS)
    phrase += gloss("while=pendant que")
    two = draw.pick([v for v in TRANSITIVE if v.english[0] not in STATES])
    second = draw.subject(two)
    return phrase + second.phrase + does(two, second) + something(draw, two, second).phrase


PATTERNS = (
    *(acts,) * 5,
    *(located,) * 3,
    *(chain,) * 6,
    *(gives,) * 2,
    *(moves,) * 2,
    *(has,) * 2,
    *(wants,) * 2,
    *(describes,) * 2,
    *(relative,) * 2,
    there,
    because,
    prefers,
    this_is,
    *(compares,) * 2,
    meanwhile,
)
