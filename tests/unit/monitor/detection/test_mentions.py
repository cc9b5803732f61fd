"""The stated rule by which mentions make an identity."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.detection.mentions import identity_from_mentions, in_reading_order, most_identity
from monitor.detection.model import Mention, TermKind


def mention(kind: TermKind, certainty: float, start: int = 0, end: int = 2, field: str = "text") -> Mention:
    return Mention(
        kind=kind, term="t", field=field, start=start, end=end, text="x" * (end - start), certainty=certainty
    )


def test_independent_kinds_combine() -> None:
    pair = [mention(TermKind.NAME, 0.5), mention(TermKind.PHONE, 0.5)]
    assert identity_from_mentions(pair) == 0.75


def test_one_kind_counts_once_with_its_surest_mention() -> None:
    assert identity_from_mentions([mention(TermKind.NAME, 0.5), mention(TermKind.NAME, 0.3)]) == 0.5


def test_places_and_employers_give_no_identity_of_their_own_but_support_a_name() -> None:
    place = mention(TermKind.PLACE, 0.3)
    assert identity_from_mentions([place, mention(TermKind.EMPLOYER, 0.4)]) == 0.0
    assert identity_from_mentions([place, mention(TermKind.NAME, 0.5)]) == 0.65


def test_associates_alone_give_at_most_four_tenths() -> None:
    pair = [mention(TermKind.ASSOCIATE_PHONE, 0.97), mention(TermKind.ASSOCIATE_NAME, 0.9)]
    assert identity_from_mentions(pair) == 0.4
    assert identity_from_mentions([*pair, mention(TermKind.NAME, 0.3)]) > 0.9


def test_no_mention_is_no_identity() -> None:
    assert identity_from_mentions([]) == 0.0


@given(st.lists(st.tuples(st.sampled_from(list(TermKind)), st.floats(0, 1)), max_size=8), st.floats(0, 1))
def test_more_evidence_never_lowers_the_identity(evidence: list[tuple[TermKind, float]], more: float) -> None:
    mentions = [mention(kind, certainty) for kind, certainty in evidence]
    before = identity_from_mentions(mentions)
    assert 0.0 <= before < 1.0
    if before and before >= 0.4:
        assert identity_from_mentions([*mentions, mention(TermKind.PHONE, more)]) >= before - 1e-4


def test_a_mention_inside_a_longer_one_is_left_out_and_fields_are_read_in_order() -> None:
    inner = mention(TermKind.NAME, 0.5, 3, 5)
    outer = mention(TermKind.NAME, 0.5, 0, 6)
    title = mention(TermKind.NAME, 0.5, 0, 2, "title")
    assert in_reading_order([inner, outer, title]) == (title, outer)


def test_at_most_two_hundred_mentions_are_kept() -> None:
    many = [mention(TermKind.NAME, 0.5, 3 * index, 3 * index + 2) for index in range(500)]
    assert len(in_reading_order(many)) == 200


SUPPORTING = [(TermKind.NAME, 0.3), (TermKind.NAME, 0.2), (TermKind.PLACE, 0.3), (TermKind.EMPLOYER, 0.4)]


@given(
    st.lists(st.tuples(st.sampled_from(list(TermKind)), st.floats(0.1, 0.97)), min_size=1, max_size=4),
    st.lists(st.sampled_from(SUPPORTING), max_size=4),
)
def test_no_support_lifts_an_identity_above_what_was_foretold(
    found: list[tuple[TermKind, float]], support: list[tuple[TermKind, float]]
) -> None:
    certain = [mention(kind, round(certainty, 3)) for kind, certainty in (*found, *support)]
    has_places = any(kind is not TermKind.NAME for kind, _ in support)
    assert identity_from_mentions(certain) <= most_identity(found, may_have_places=has_places)
