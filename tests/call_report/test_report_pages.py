"""The PDF itself, by readers that know nothing of how it was made."""

import re

import pytest

from handoff.exports.documents.call_report.text import PLAIN, shown
from tests.call_report.making import HOUR, MINUTE, NOW, call, pdf
from tests.call_report.reading import Pages, Tags

MARKUP = "#let x = $y$ \\ ] [ * _ ` @ <a> // ~ = - +"
MISSING = [call(f"missing-{number}", ago=HOUR + number * MINUTE) for number in range(1, 4)]
ENDED = [call(f"ended-{number:03}", ago=HOUR - number * MINUTE / 3, lasted=MINUTE) for number in range(120)]
SOLE = call(MARKUP, ago=2 * MINUTE)
FAMILIES = {"LibertinusSerif", "DejaVuSansMono"}
LONG = call("x" * 300, ago=MINUTE)


@pytest.fixture(scope="module")
def content() -> bytes:
    return pdf([*MISSING, *ENDED, SOLE, LONG])


@pytest.fixture(scope="module")
def pages(content: bytes) -> Pages:
    return Pages(content)


@pytest.fixture(scope="module")
def tags(content: bytes) -> Tags:
    return Tags(content)


def test_every_call_is_a_row_of_a_table_and_those_without_an_end_come_first(tags: Tags) -> None:
    missing, others = tags.tables()
    assert missing[0] == others[0] == ["Call", "Started", "Ended", "Outcome"]
    assert missing[1] == ["generic missing-1", "12:59:20", "–", "missing for 1:01:00"]
    assert [row[0] for row in missing[1:]] == [f"generic {each.call_id}" for each in MISSING]
    assert others[1] == ["generic ended-000", "13:00:20", "13:01:20", "lasted 1:00"]
    assert [row[0] for row in others[1:]] == [f"generic {each.call_id}" for each in [*ENDED, SOLE, LONG]]


def test_the_counts_agree_with_the_rows(tags: Tags) -> None:
    missing, others = tags.tables()
    counts = [tags.text(span) for span in tags.all("Span")]
    assert counts == ["125started", "120ended", "0marked by hand", "2running", "3end missing"]
    assert (len(missing) - 1, len(others) - 1) == (3, 122)
    assert [tags.text(heading) for heading in tags.all("H1")] == [
        "When the calls started", "Calls whose end is missing (3)", "Other calls (122)",
    ]  # fmt: skip


def test_a_screen_reader_is_told_what_is_a_head_a_row_and_a_cell(tags: Tags) -> None:
    assert [len(tags.all(kind)) for kind in ("Table", "THead", "TBody", "TH", "TR", "TD")] == [2, 2, 2, 8, 127, 500]
    (figure,) = tags.all("Figure")
    beginning = "Bar chart of the calls by when they started. From 12:55: 3 end missing; from 13:00: 14 ended; "
    assert figure["alt_text"].startswith(beginning)
    assert len(tags.all("P")) > 2


def test_the_head_of_the_table_stands_on_every_page_and_each_says_which_of_how_many(pages: Pages) -> None:
    assert len(pages.texts) == 4
    for number, text in enumerate(pages.texts, 1):
        assert re.search(r"Call\s+Started\s+Ended\s+Outcome", text)
        assert f"Page {number} of 4" in text
        assert "Call report, 14 June 2026, 12:00:20 to 14:00:20" in text


def test_no_row_is_torn_between_two_pages() -> None:
    who = "Ada King, Countess of Lovelace, by hand"
    for low in range(3):  # rows of one line, which move those of four towards the end of a page
        marked = [call(str(number), marked_at=NOW, marked_by=who) for number in range(120)]
        texts = Pages(pdf([*(call(f"low {number}") for number in range(low)), *marked])).texts
        whole = r"\s+".join(f"marked as ended by {who}, 14:00:20".split())
        rows = [len(re.findall(whole, text)) for text in texts]
        assert sum(rows) == len(marked)
        assert len(rows) > 3


def test_the_file_says_its_language_its_title_and_that_it_is_accessible(pages: Pages) -> None:
    assert pages.catalog["/Lang"] == "en"
    assert pages.catalog["/MarkInfo"]["/Marked"].value is True
    assert pages.catalog["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert "/StructTreeRoot" in pages.catalog
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pages.catalog["/Metadata"].get_data()
    assert pages.reader.metadata is not None
    assert pages.reader.metadata.title == "Call report, 14 June 2026, 12:00:20 to 14:00:20"
    assert pages.reader.metadata.creation_date == NOW


def test_the_fonts_are_in_the_file_and_are_those_that_typst_carries(pages: Pages) -> None:
    assert families(pages) == FAMILIES
    assert all({"/FontFile2", "/FontFile3"} & descriptor.keys() for descriptor in pages.fonts().values())


def test_the_same_calls_at_the_same_moment_are_the_same_file(content: bytes) -> None:
    assert pdf([*MISSING, *ENDED, SOLE, LONG]) == content


def test_a_period_without_calls_is_said_in_words() -> None:
    (page,) = Pages(pdf([])).texts
    assert "No calls in this period" in page
    assert "Page 1 of 1" in page


def families(pages: Pages) -> set[str]:
    return {name.partition("+")[2].partition("-")[0] for name in pages.fonts()}


def test_what_would_turn_a_line_around_or_has_no_glyph_is_shown_as_its_number() -> None:
    tags = Tags(pdf([call("a\u202eb\u200f\x00\n日😀")]))
    (name, *_) = tags.tables()[0][1]
    assert name == "generic a‹U+202E›b‹U+200F›‹U+0000›‹U+000A›‹U+65E5›‹U+1F600›"


def test_every_letter_that_is_shown_as_itself_has_a_glyph_in_both_fonts() -> None:
    letters = "".join(sorted(PLAIN - {" "}))
    assert shown(letters) == letters
    marked = call("marked", marked_at=call("").started_at, marked_by=letters)
    content = pdf([call(letters), marked])
    assert families(Pages(content)) == FAMILIES
    rows = Tags(content).tables()[0]
    assert rows[1][0] == f"generic {letters}"
    assert f"marked as ended by {letters}, 13:30:20" == rows[2][3]
