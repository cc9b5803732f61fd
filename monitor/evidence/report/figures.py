"""Which pictures of which items a report shows, and how much of them; reads each picture once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from monitor.evidence.report.contents import ReportContents, ReportedItem
from monitor.evidence.report.pictures import (
    Picture,
    PictureError,
    empty,
    single,
    strips,
    strips_for_each,
)

MENTION, PAGE = "mention.png", "screenshot.png"


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its caption, or a sentence in place of a picture."""

    picture: Picture | None
    caption: str


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """What was read. ``is_blank``: each picture is white, to see quickly how much room everything takes."""

    pictures: Mapping[tuple[str, str], Sequence[Picture]]
    cut: frozenset[str]
    unreadable: frozenset[tuple[str, str]]
    is_blank: bool = False

    @classmethod
    def read(cls, contents: ReportContents) -> Figures:
        """The pictures of this report.

        The whole page is shown once for each post, from the first capture with the post on it; of the
        newest capture the mention, or else the top of the page. Others lie in the pack.
        """
        whole, newest = _chosen(contents)
        most = strips_for_each(len(whole))
        pictures: dict[tuple[str, str], Sequence[Picture]] = {}
        cut: set[str] = set()
        unreadable: set[tuple[str, str]] = set()
        for item in contents.items:
            for path in _shown(item, item.id in whole, item.id in newest):
                try:
                    if path.name != PAGE:
                        pictures[item.id, path.name] = [single(path)]
                        continue
                    found, is_cut = strips(path, most if item.id in whole else 1)
                    pictures[item.id, path.name] = found
                    cut |= {item.id} if is_cut else set()
                except PictureError:
                    unreadable.add((item.id, path.name))
        return cls(pictures, frozenset(cut), frozenset(unreadable))

    def blank(self) -> Figures:
        """The same, without what is on the pictures."""
        return dataclasses.replace(self, is_blank=True)

    def of_item(self, item: ReportedItem, words: Mapping[str, str]) -> list[Figure]:
        """Pictures and captions of one item, in the order that they are printed in."""
        return [figure for path in item.pictures for figure in self._of_file(item, path.name, words)]

    def _of_file(self, item: ReportedItem, name: str, words: Mapping[str, str]) -> Iterator[Figure]:
        if (item.id, name) in self.unreadable:
            yield Figure(None, words["picture_unreadable"].format(file=name))
            return
        found = self.pictures.get((item.id, name))
        if found is None:
            if name == PAGE:
                yield Figure(None, words["picture_elsewhere"].format(file=name))
            return
        for number, picture in enumerate(found, 1):
            yield Figure(
                empty(picture) if self.is_blank else picture,
                self._caption(item.id, name, number, len(found), words),
            )

    def _caption(self, item_id: str, name: str, number: int, count: int, words: Mapping[str, str]) -> str:
        if name != PAGE:
            return words["picture_mention" if name == MENTION else "picture_small"]
        is_cut = item_id in self.cut
        if count == 1:
            return words["picture_top" if is_cut else "picture_page_one"].format(file=name)
        part = words["picture_page"].format(part=number, parts=count)
        return f"{part} {words['picture_cut'].format(file=name)}" if is_cut and number == count else part


def _chosen(contents: ReportContents) -> tuple[set[str], set[str]]:
    """The captures whose whole page is shown, and the newest of each post."""
    whole = {item.id for item in contents.loose_items if item.kind != "import"}
    newest = set()
    for hit in contents.hits:
        captures = [item for item in hit.items if item.kind != "import"]
        if captures:
            whole.add(next((item.id for item in captures if item.shows_post), captures[-1].id))
            newest.add(captures[-1].id)
    return whole, newest


def _shown(item: ReportedItem, is_whole: bool, is_newest: bool) -> list[Path]:
    if is_whole or item.kind == "import":
        return list(item.pictures)
    if not is_newest:
        return []
    if item.shows_post:
        return [path for path in item.pictures if path.name != PAGE]
    return list(item.pictures)[:1]
