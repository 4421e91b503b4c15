"""All kinds of documents of the little web."""

from gptlib.web.diaries import DIARY
from gptlib.web.kind import Kind
from gptlib.web.languages import PHRASE_BOOK, TWO_LANGUAGES, VOCABULARY
from gptlib.web.letters import LETTER
from gptlib.web.lists import LABELS, NAMED, ROWS
from gptlib.web.mixture import Web
from gptlib.web.numbers import SHOP, SUMS
from gptlib.web.readings import BEDTIME, QUIZ
from gptlib.web.register import REGISTER
from gptlib.web.summaries import BOOK_LIST, IN_SHORT
from gptlib.web.talks import TALK
from gptlib.web.words import ALPHABET, RIDDLE_PAGES
from gptlib.world.tales import PLOTS

TALE = Kind("tale", 10, PLOTS)

WEB = Web(
    (
        *(TALE, QUIZ, BEDTIME, IN_SHORT, BOOK_LIST),
        *(LETTER, DIARY, TALK),
        *(PHRASE_BOOK, TWO_LANGUAGES, VOCABULARY),
        *(SHOP, SUMS, REGISTER),
        *(RIDDLE_PAGES, ALPHABET),
        *(LABELS, NAMED, ROWS),
    )
)
