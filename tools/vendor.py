"""Fetch what others wrote, once, and prove afterwards that it is still the same.

`tools/vendor.py` reads vendor.toml, fetches each package with `npm pack`, checks the archive against its sha512,
takes the named files, transforms them and writes them below `gongzhi/ui/static/vendor/NAME-VERSION/` (or
`tools/vendor_dev/` for what only developers load). `tools/vendor.py --check` needs no network: it compares the files
with the sha256 sums in VENDOR.lock and fails on a changed, missing or unknown file. The result is committed, because
a county's network has no registry.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "tools" / "vendor.toml"
LOCK = ROOT / "tools" / "VENDOR.lock"


class VendorError(RuntimeError):
    """Something that was fetched or stored is not what it should be."""


# --- transforms ---

Recipe = dict[str, Any]


def no_source_map(text: str, recipe: Recipe) -> str:
    """Drop the pointer to a source map: the manifest storage would look for that file and refuse the sheet."""
    text = re.sub(r"\n?//# sourceMappingURL=\S+", "", text)
    return re.sub(r"\n?/\*# sourceMappingURL=.*?\*/", "", text)


def govuk_fonts(text: str, recipe: Recipe) -> str:
    """Take out GDS Transport, its notice and the crest, all reserved for gov.uk; the family becomes `--font`."""
    text = re.sub(r"/\*![^*]*Margaret Calvert.*?\*/", "", text, flags=re.S)
    text = re.sub(r"@font-face\{[^}]*\}", "", text)
    text = text.replace("GDS Transport,arial,sans-serif", "var(--font,arial,sans-serif)")
    text = re.sub(r"image:url\(/assets/[^)]*\)", "image:none", text)
    for forbidden in ("GDS Transport", "Calvert", "url(/assets"):
        if forbidden in text:
            raise VendorError(f"{forbidden!r} is still in govuk-frontend.css")
    return text


def govuk_sizes(text: str, recipe: Recipe) -> str:
    """Set our type scale. Every pair in `[govuk.sizes]` and every selector in `[govuk.selectors]` must be found."""
    sizes: dict[str, list[str]] = recipe["govuk"]["sizes"]
    selectors: dict[str, list[str]] = recipe["govuk"]["selectors"]
    seen: set[str] = set()

    def one(found: re.Match[str]) -> str:
        selector, body = found[1], found[2]
        size = re.search(r"(?<![\w-])font-size:([^;!]+)", body)
        height = re.search(r"(?<![\w-])line-height:([^;!]+)", body)
        if size is None or height is None:
            return found[0]
        step = f"{size[1]}/{height[1]}"
        wanted = sizes.get(step)
        own = selectors.get(selector.strip())
        if own is not None and not size[1].endswith("pt"):
            wanted = own
            seen.add(selector.strip())
        if wanted is None:
            return found[0]
        seen.add(step)
        body = body.replace(f"font-size:{size[1]}", f"font-size:{wanted[0]}", 1)
        body = body.replace(f"line-height:{height[1]}", f"line-height:{wanted[1]}", 1)
        return f"{selector}{{{body}}}"

    text = re.sub(r"([^{}]+)\{([^{}]*)\}", one, text)
    missed = (set(sizes) | set(selectors)) - seen
    if missed:
        raise VendorError(f"not found in govuk-frontend.css: {sorted(missed)}")
    return text


def es2016(text: str, recipe: Recipe) -> str:
    """Rewrite a script for engines of 2018 with esbuild, in a folder that is thrown away."""
    settings = recipe["settings"]
    with tempfile.TemporaryDirectory() as folder:
        archive = fetch("esbuild", settings["esbuild"], settings["esbuild_integrity"], Path(folder))
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, str(archive)]
        subprocess.run(install, check=True, capture_output=True)
        source = Path(folder, "in.js")
        source.write_text(text, encoding="utf-8")
        command = [str(Path(folder, "node_modules", ".bin", "esbuild")), str(source)]
        done = subprocess.run(
            [*command, "--target=es2016", "--minify", "--legal-comments=none", "--charset=utf8"],
            check=True,
            capture_output=True,
            text=True,
        )
    return done.stdout


TRANSFORMS: dict[str, Callable[[str, Recipe], str]] = {
    "no_source_map": no_source_map,
    "govuk_fonts": govuk_fonts,
    "govuk_sizes": govuk_sizes,
    "es2016": es2016,
}

# --- fetching ---


def fetch(name: str, version: str, integrity: str, folder: Path) -> Path:
    """The package's archive in `folder`. Raises `VendorError` when its sha512 is not `integrity`."""
    done = subprocess.run(
        ["npm", "pack", f"{name}@{version}", "--json", "--pack-destination", str(folder)],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    archive = folder / str(json.loads(done.stdout)[0]["filename"])
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != integrity:
        raise VendorError(f"{name}@{version}: the archive is {found}, vendor.toml says {integrity}")
    return archive


def unpack(archive: Path, folder: Path) -> Path:
    """The archive's content below `folder`, safely."""
    with tarfile.open(archive) as content:
        content.extractall(folder, filter="data")
    return folder / "package"


def sprite(icons: list[str], folder: Path) -> str:
    """The chosen icons as one inline sprite. Raises `VendorError` for an icon that does not exist."""
    symbols = []
    for name in icons:
        path = folder / "icons" / f"{name}.svg"
        if not path.exists():
            raise VendorError(f"there is no icon {name!r}")
        found = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text(encoding="utf-8"), re.S)
        if found is None:
            raise VendorError(f"{path.name} is not an svg")
        inner = re.sub(r"\s+", " ", found[1]).strip().replace("> <", "><").replace(" />", "/>")
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{inner}</symbol>')
    return (
        '<svg class="sprite" xmlns="http://www.w3.org/2000/svg" aria-hidden="true" focusable="false">'
        + "".join(symbols)
        + "</svg>\n"
    )


def vendor(recipe: Recipe) -> None:
    """Fetch every package of the recipe anew, then replace what is stored and write the lock."""
    settings = recipe["settings"]
    with tempfile.TemporaryDirectory() as staging:
        _gather(recipe, Path(staging))
        for place in (settings["static"], settings["dev"]):
            shutil.rmtree(ROOT / place, ignore_errors=True)
        shutil.copytree(staging, ROOT, dirs_exist_ok=True)
    LOCK.write_text("".join(f"{digest}  {name}\n" for name, digest in stored(recipe).items()), encoding="utf-8")


def _gather(recipe: Recipe, root: Path) -> None:
    """Write every file of the recipe below `root`, in the places it will have in the project."""
    settings = recipe["settings"]
    for package in recipe["package"]:
        base = root / settings["dev" if package.get("dev") else "static"]
        target = base / f"{package['name']}-{package['version']}"
        target.mkdir(parents=True)
        with tempfile.TemporaryDirectory() as folder:
            archive = fetch(package["name"], package["version"], package["integrity"], Path(folder))
            content = unpack(archive, Path(folder))
            for file in package.get("file", []):
                text = (content / file["from"]).read_text(encoding="utf-8")
                for name in file["transforms"]:
                    text = TRANSFORMS[name](text, recipe)
                (target / file["to"]).write_text(text, encoding="utf-8")
            notice = package.get("notice", "").lstrip()
            if not notice:
                notice = (content / package["licence_file"]).read_text(encoding="utf-8")
            (target / "LICENSE.txt").write_text(notice, encoding="utf-8")
            if "sprite" in package:
                place = root / package["sprite"]
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(sprite(package["icons"], content), encoding="utf-8")
        print(f"{package['name']} {package['version']}")


# --- checking ---


def stored(recipe: Recipe, root: Path = ROOT) -> dict[str, str]:
    """The sha256 of every vendored file that stands below `root`, by path."""
    settings = recipe["settings"]
    paths = [path for place in (settings["static"], settings["dev"]) for path in (root / place).rglob("*")]
    paths += [root / package["sprite"] for package in recipe["package"] if "sprite" in package]
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(paths)
        if path.is_file()
    }


def locked(lock: Path = LOCK) -> dict[str, str]:
    """What the lock says, by path."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def differences(recipe: Recipe, root: Path = ROOT, lock: Path = LOCK) -> list[str]:
    """One sentence for each vendored file that is not what the lock says."""
    wanted, found = locked(lock), stored(recipe, root)
    faults = [f"{name} is missing" for name in wanted.keys() - found.keys()]
    faults += [f"{name} is not in VENDOR.lock" for name in found.keys() - wanted.keys()]
    faults += [f"{name} was changed" for name in wanted.keys() & found.keys() if wanted[name] != found[name]]
    return sorted(faults)


def main(arguments: list[str] | None = None) -> int:
    """Fetch everything anew, or with `--check` compare what is stored with the lock."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fetch nothing, fail when a file differs from the lock")
    recipe = tomllib.loads(RECIPE.read_text(encoding="utf-8"))
    if parser.parse_args(arguments).check:
        faults = differences(recipe)
        print("\n".join(faults) or "every vendored file is what VENDOR.lock says")
        return 1 if faults else 0
    vendor(recipe)
    return 0


if __name__ == "__main__":
    sys.exit(main())
