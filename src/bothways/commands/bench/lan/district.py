"""``python -m bothways.commands.bench.lan.district GUARDIANS URL``: fill the database of the centre.

Run on one of its hosts, so that the tables are made and filled the way they are there: the structure on the
direct way, the rows through the pooler.
"""

import sys


def main(guardians: int, carrier: str) -> None:
    from bothways.commands.installation import installation

    with installation():
        from bothways.commands.bench.town import fill, texts_go_to

        fill(guardians)
        texts_go_to(carrier)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
