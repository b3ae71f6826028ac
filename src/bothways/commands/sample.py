"""``bothways sample``: the roster of a made-up district, to try things with before your own."""

import tempfile
import zipfile
from pathlib import Path

import click

from bothways.commands.installation import Unusable
from bothways.commands.words import say

# Beside the roster's tables lie files about the make-believe: those are not the office's to load.
_NOT_OF_THE_ROSTER = frozenset({"overlay.json", "town.json"})


@click.command(short_help="Write the roster of a made-up district, to try with.")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def sample(path: Path) -> None:
    """Write PATH, a .zip of about 600 made-up students as a student information system exports them."""
    from bothways.commands.demo_district import generate

    if path.suffix.lower() != ".zip":
        raise Unusable("Name a file that ends in .zip.")
    with tempfile.TemporaryDirectory(prefix="bothways-sample-") as folder:
        generate(Path(folder))
        try:
            # "x": what lies there is not written over.
            with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED) as packed:
                for table in sorted(Path(folder).iterdir()):
                    if table.name not in _NOT_OF_THE_ROSTER:
                        packed.write(table, table.name)
        except FileExistsError:
            raise Unusable(f"{path} is there already. Choose another name.") from None
        except OSError as error:
            raise Unusable(f"{path} cannot be written: {error.strerror}.") from error
    say(f"Written: {path}. Everybody in it is made up.")
