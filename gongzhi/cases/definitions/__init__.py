"""Case types as data: what a file may say, and how it is read with every mistake named by its line."""

from gongzhi.cases.definitions.reading import BadCaseType, read_file, read_text
from gongzhi.cases.definitions.schema import (
    Choice,
    Condition,
    Definition,
    Document,
    Field,
    Material,
    Section,
    Step,
    Text,
)

__all__ = [
    "BadCaseType",
    "Choice",
    "Condition",
    "Definition",
    "Document",
    "Field",
    "Material",
    "Section",
    "Step",
    "Text",
    "read_file",
    "read_text",
]
