"""Names of other scripts are spelled in Latin letters as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.detection.folding import skeleton_term
from monitor.detection.model import Document, WatchedSubject
from monitor.detection.romanised import MOST_SPELLINGS, latin_spellings, nasal_variants
from monitor.detection.watchlist import compile_watchlist


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("रामखिलावन", "ramkhilawan ramkhilavan"),
        ("गुलाबचंद", "gulabchand"),
        ("शबाना", "shabana"),
        ("परवीन", "parveen parvin"),
        ("अंसारी", "ansari"),
        ("लक्ष्मी", "laxmi lakshmi"),
        ("पांडेय", "pandey"),
        ("मेघवाल", "meghwal"),
        ("राकेश", "rakesh"),
        ("टंडेल", "tandel"),
        ("सुरेंद्र", "surendra"),
        ("विजय", "vijay"),
        ("कृष्ण", "krishna"),
        ("गुप्ता", "gupta"),
        ("शर्मा", "sharma"),
        ("यादव", "yadav"),
        ("चौहान", "chauhan"),
        ("संजय", "sanjay"),
        ("सुनीता", "sunita suneeta"),
        ("पूजा", "pooja puja"),
        ("मोहम्मद", "mohammad"),
        ("इमरान", "imran"),
        ("नीलम", "neelam"),
        ("धर्मेंद्र", "dharmendra"),
        ("अनुराधा", "anuradha"),
        ("भारद्वाज", "bharadwaj"),
        ("सावित्री", "savitri"),
        ("श्रीवास्तव", "shrivastav"),
        ("ठाकुर", "thakur"),
        ("सिंह", "singh"),
        ("नज़मा", "najma nazma"),
        ("फ़ातिमा", "fatima"),
        ("प्रजापति", "prajapati"),
        ("शकुंतला", "shakuntala"),
        ("ज्ञानेश्वर", "gyaneshwar"),
        ("கார்த்திகேயன்", "karthikeyan"),
        ("சரவணன்", "saravanan"),
        ("ராஜேந்திரன்", "rajendran"),
        ("கலைச்செல்வி", "kalaichelvi"),
        ("மணிவண்ணன்", "manivannan"),
        ("முருகன்", "murugan"),
        ("செல்வம்", "selvam"),
        ("அன்பு", "anbu"),
        ("பழனி", "pazhani"),
        ("தங்கம்", "thangam"),
        ("வெங்கடேசன்", "vengadesan"),
        ("వెంకటేష్", "venkatesh"),
        ("గుడిపాటి", "gudipati"),
        ("లక్ష్మీదేవి", "lakshmidevi laxmidevi"),
        ("నాగిరెడ్డి", "nagireddy"),
        ("శంకర్", "shankar"),
        ("రాము", "ramu"),
        ("প্রিয়া", "priya"),
        ("শাহজাহান", "shahjahan"),
        ("সরকার", "sarkar"),
        ("আনোয়ার", "anowar"),
        ("চৌধুরী", "chowdhury choudhury"),
        ("ঘোষ", "ghosh"),
        ("রহিমা", "rahima"),
        ("সুশান্ত", "sushanta"),
        ("মিতালী", "mitali"),
        ("Гордеева", "gordeeva"),
        ("Сергей", "sergey sergei"),
        ("Юлия", "yulia"),
        ("Дмитрий", "dmitriy dmitry"),
        ("Александр", "aleksandr alexandr"),
        ("Наталья", "natalya"),
        ("Шамиль", "shamil"),
        ("Курбанмагомедов", "kurbanmagomedov"),
        ("Ахметшина", "akhmetshina ahmetshina"),
    ],
)
def test_the_spellings_that_people_type_are_among_the_likely_ones(name: str, spellings: str) -> None:
    assert set(spellings.split()) <= set(latin_spellings(skeleton_term(name)))


@pytest.mark.parametrize("word", ["", "maria", "张伟", "สมศักดิ์", "محمود", "राकेशx", "1", "ശ്രീകുമാർ"])
def test_other_scripts_have_none(word: str) -> None:
    assert latin_spellings(word) == ()


@given(st.text(st.characters(min_codepoint=0x400, max_codepoint=0xD80), max_size=20))
def test_spellings_are_few_and_of_plain_letters_whatever_the_word(word: str) -> None:
    spellings = latin_spellings(skeleton_term(word))
    assert len(spellings) <= MOST_SPELLINGS
    assert all(spelling.isascii() and spelling.isalpha() and spelling.islower() for spelling in spellings)
    assert word not in nasal_variants(word)


def test_a_dot_and_a_nasal_letter_are_one_sound_in_both_directions() -> None:
    assert nasal_variants("पांडेय") == ("पाण्डेय",)
    assert nasal_variants("पाण्डेय") == ("पांडेय",)
    assert nasal_variants("মিতালী") == ("মিতালি",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("राकेश टंडेल", "Rakesh Tandel owes me"),
        ("शबाना परवीन अंसारी", "Shabana Ansari, pay up"),
        ("लक्ष्मी पांडेय", "लक्ष्मी पाण्डेय का नंबर"),
        ("Гордеева Инна Сергеевна", "Inna Gordeeva ne platit"),
        ("வெங்கட் முருகன்", "Murugan Vengat"),
    ],
)
def test_a_person_is_found_by_such_a_spelling(name: str, text: str) -> None:
    watchlist = compile_watchlist([WatchedSubject(id="x", names=(name,))])
    (found,) = watchlist.find([Document(id="d", untrusted_text=text)])
    assert found.identity > 0.4
