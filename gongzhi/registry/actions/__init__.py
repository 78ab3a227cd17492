"""Changes to the register: lists, single entries."""

from gongzhi.registry.actions.entries import correct_item, known_of
from gongzhi.registry.actions.lists import ImportResult, import_organizations

__all__ = ["ImportResult", "correct_item", "import_organizations", "known_of"]
