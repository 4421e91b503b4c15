"""The little web: documents of many kinds in which tasks and their answers occur by the way.

>>> document = WEB.tell(seed=1)
>>> document == WEB.tell(seed=1)
True
"""

from gptlib.web.document import Document
from gptlib.web.kind import Kind
from gptlib.web.kinds import WEB
from gptlib.web.mixture import KindFloor, Web

__all__ = ["WEB", "Document", "Kind", "KindFloor", "Web"]
