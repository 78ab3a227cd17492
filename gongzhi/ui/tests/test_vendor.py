"""What others wrote is what the lock says, and the check can tell when it is not."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from gongzhi.ui.tests.test_css import ROOT, tool

vendor = tool("vendor")
RECIPE = tomllib.loads((ROOT / "tools" / "vendor.toml").read_text(encoding="utf-8"))


def test_every_vendored_file_is_what_the_lock_says() -> None:
    assert vendor.differences(RECIPE) == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The vendored files again, to be tampered with."""
    for name in vendor.locked():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    return tmp_path


def test_a_changed_a_missing_and_a_foreign_file_are_noticed(copy: Path) -> None:
    assert vendor.differences(RECIPE, copy) == []
    names = sorted(name for name in vendor.locked() if name.endswith(".js"))
    (copy / names[0]).write_text("alert(1)")
    (copy / names[1]).unlink()
    foreign = (copy / names[0]).with_name("foreign.js")
    foreign.write_text("")
    found = vendor.differences(RECIPE, copy)
    assert len(found) == 3
    assert {sentence.rsplit(" ", 2)[-1] for sentence in found} == {"changed", "missing", "VENDOR.lock"}


def test_an_archive_with_other_bytes_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "x-1.tgz").write_bytes(b"other bytes")

    class Done:
        stdout = '[{"filename": "x-1.tgz"}]'

    monkeypatch.setattr(vendor.subprocess, "run", lambda *_, **__: Done())
    with pytest.raises(vendor.VendorError, match=r"vendor\.toml says"):
        vendor.fetch("x", "1", "sha512-AAAA", tmp_path)


def test_every_package_has_an_integrity_and_its_licence_text() -> None:
    for package in RECIPE["package"]:
        assert package["integrity"].startswith("sha512-")
        base = ROOT / RECIPE["settings"]["dev" if package.get("dev") else "static"]
        assert (base / f"{package['name']}-{package['version']}" / "LICENSE.txt").stat().st_size > 300


def test_nothing_reserved_for_gov_uk_is_left() -> None:
    text = (ROOT / RECIPE["settings"]["static"] / "govuk-frontend-6.6.0" / "govuk-frontend.css").read_text()
    for word in ("GDS Transport", "@font-face", "crest.svg", "sourceMappingURL"):
        assert word not in text
    assert "var(--font,arial,sans-serif)" in text


def test_the_font_transform_notices_a_leftover() -> None:
    with pytest.raises(vendor.VendorError, match="still in"):
        vendor.govuk_fonts("a{font-family:GDS Transport,serif}", RECIPE)


def test_the_size_transform_changes_every_step_and_notices_a_step_that_is_gone() -> None:
    with pytest.raises(vendor.VendorError, match="not found"):
        vendor.govuk_sizes(".govuk-body{font-size:1.1875rem;line-height:1.3157894737}", RECIPE)


def test_the_names_in_the_code_are_the_versions_of_the_recipe() -> None:
    from gongzhi.ui import scripts

    folders = {f"{package['name']}-{package['version']}" for package in RECIPE["package"]}
    assert scripts.HTMX.split("/")[1] in folders
    assert scripts.GOVUK_CSS.split("/")[1] in folders
