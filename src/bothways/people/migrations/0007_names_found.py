"""Indexes by which people are found: names, ways to reach them, the last digits of numbers.

They are made of what stands in the rows (``people.search_key`` says how), so no writer has to keep them.
"""

from django.db import migrations

# As in people.search_key when this was written; who changes it there writes the next migration.
_SAME = {
    "ىیېۍے": "ي",
    "کڪګ": "ك",
    "ةہھەۀ": "ه",
    "ٱ": "ا",
    "đð": "d",
    "ø": "o",
    "łľ": "l",
    "ħ": "h",
    "ı": "i",
    "ŧ": "t",
    "æ": "a",
    "œ": "o",
    "ґ": "г",
    "є": "е",
    **{
        "".join(chr(series + i) for series in many): chr(one + i)
        for many, one in (((0x1220,), 0x1230), ((0x1340,), 0x1338))
        for i in range(7)
    },
    # Of these the first and the fourth sound alike.
    **{
        "".join(chr(series + i) for series in many): chr(one + i)
        for many, one in (((0x1210, 0x1280), 0x1200), ((0x12D0,), 0x12A0))
        for i in (1, 2, 4, 5, 6)
    },
    "\u1210\u1213\u1280\u1283\u1203": "\u1200",
    "\u12d0\u12d3\u12a3": "\u12a0",
}
_DROPPED = "\u0640\u0621\u02b9\u02bb\u02bc\u02bd\u02be\u02bf"
_FROM = "".join(_SAME) + _DROPPED
_TO = "".join(one * len(many) for many, one in _SAME.items())

# Plain SQL of built-in functions, which the planner puts in place: an index entry costs no call of ours.
# 500 letters: a lexeme of 2,047 bytes is refused, and a name must not be able to stop an import.
FUNCTIONS = f"""
CREATE FUNCTION people_key(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT translate(left(name, 500), '{_FROM}', '{_TO}') $$;
CREATE FUNCTION people_names(name text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT array_to_tsvector(array_remove(string_to_array(
    translate(left(name, 500), '{_FROM}', '{_TO}') || replace(' ' || reverse(
    translate(left(name, 500), '{_FROM}', '{_TO}')), ' ', ' ~'), ' '), '')) $$;
CREATE FUNCTION people_ways(address text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT array_to_tsvector(array_remove(string_to_array(left(address, 500), ' '), '')) $$;
"""
INDEXES = """
CREATE INDEX people_student_names ON people_student USING gin (people_names(search))
    WHERE ended_at IS NULL;
CREATE INDEX people_guardian_names ON people_guardian USING gin (people_names(search))
    WHERE ended_at IS NULL;
CREATE INDEX people_point_words ON people_contactpoint USING gin (people_ways(match))
    WHERE ended_at IS NULL AND kind IN ('postal', 'email');
CREATE INDEX people_point_digits ON people_contactpoint (right(match, 4))
    WHERE ended_at IS NULL AND kind IN ('phone', 'whatsapp');
"""
_AWAY = """
DROP INDEX people_student_names, people_guardian_names, people_point_words, people_point_digits;
DROP FUNCTION people_names(text);
DROP FUNCTION people_key(text);
DROP FUNCTION people_ways(text);
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0006_case_loads")]

    operations = [migrations.RunSQL(FUNCTIONS + INDEXES, _AWAY)]
