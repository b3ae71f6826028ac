import pytest

from bothways.sandbox.twilio_wire import moment, opt_out_type, segments, signature


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        ("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
    ],
)
def test_the_signature_is_that_of_twilios_documented_examples(caller, expected):
    params = {
        "To": "+18005551212",
        "Digits": "1234",
        "From": caller,
        "Caller": caller,
        "CallSid": "CA1234567890ABCDE",
    }
    assert signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", params) == expected


def test_only_a_whole_keyword_opts_out():
    said = ["STOP", " stop ", "Unsubscribe", "stop it", "no más", "YES", "start", "Info", "👍", ""]
    assert [opt_out_type(words) for words in said] == [
        "STOP",
        "STOP",
        "STOP",
        None,
        None,
        "START",
        "START",
        "HELP",
        None,
        None,
    ]


def test_segments_are_counted_as_phone_companies_do():
    bodies = ["a" * 160, "a" * 161, "a" * 158 + "€", "a" * 159 + "€", "ñ" * 160, "á" * 70, "á" * 71]
    assert [segments(body) for body in bodies] == [1, 2, 1, 2, 1, 1, 2]
    assert [segments("👍" * 35), segments("👍" * 36)] == [1, 2]


def test_dates_of_list_filters_are_read_in_every_way_that_twilio_takes():
    assert moment("2021-09-13").isoformat() == "2021-09-13T00:00:00+00:00"
    assert moment("2021-09-13", end_of_day=True).isoformat() == "2021-09-13T23:59:59.999999+00:00"
    same = ["2021-09-13T13:00:00Z", "2021-09-13 08:00:00-05:00", "Mon, 13 Sep 2021 13:00:00 +0000"]
    assert {moment(text).isoformat() for text in same} == {"2021-09-13T13:00:00+00:00"}
    for text in ("yesterday", "", "2021-99-99"):
        with pytest.raises(ValueError, match=r"date|month"):
            moment(text)
