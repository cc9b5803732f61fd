"""Every error is a sentence that says what to do, with an exit code that the documentation knows."""

import string
from typing import Any

import monitor.alerts.mailprobe
import monitor.detection.terms
import monitor.evidence.browser_errors
import spiders.errors
import storage.errors
from monitor.cli.app import EXIT_CODES
from monitor.errors import MonitorError

LOADED = (monitor.alerts.mailprobe, monitor.detection.terms, monitor.evidence.browser_errors)


def descendants(cls: Any) -> list[Any]:
    return [found for child in cls.__subclasses__() for found in (child, *descendants(child))]


def test_the_docstring_is_the_message_with_its_fields_filled_in() -> None:
    assert len(LOADED) == 3
    for cls in descendants(MonitorError):
        names = {name for _, name, _, _ in string.Formatter().parse(cls.__doc__ or "") if name}
        message = str(cls(**dict.fromkeys(names, "VALUE")))
        assert message, cls
        assert "{" not in message, cls
        assert message.count("VALUE") >= len(names), cls


def test_every_exit_code_stands_in_the_documentation() -> None:
    trees = (MonitorError, storage.errors.StorageError, spiders.errors.CrawlError)
    for tree in trees:
        for cls in (tree, *descendants(tree)):
            assert cls.exit_code in EXIT_CODES, cls
