"""Every complaint the reader of lists can make: a stable code, what it means, what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.core.errors import RuleViolation
from gongzhi.registry.creditcode import MESSAGES as CODE_MESSAGES
from gongzhi.registry.creditcode import FaultCode


class Severity(StrEnum):
    """What a problem does to its row."""

    REJECTED = "rejected"
    """The row cannot come in as it stands; the file must be corrected."""
    HELD = "held"
    """The row is read but waits: who or what it is needs a person's decision first."""
    FLAGGED = "flagged"
    """The row comes in, the doubtful value does not; the text stays in `raw` for a person's choice."""


@dataclass(frozen=True)
class Rule:
    """What one rule says to the person who brought the list. Both texts may hold `%(name)s` places."""

    message: str | Promise
    remedy: str | Promise


CODE_REMEDY: Final = _("Compare the code with the certificate. It is not used until a person has decided.")
DATE_REMEDY: Final = _("Write the date as 2019-03-01. It is left empty until then.")
AMOUNT_REMEDY: Final = _("Write the amount with one unit, such as 800.00 万元. It is left empty until then.")
TEXT_REMEDY: Final = _("Correct the text in the list. It is not used until then.")
NAME_REMEDY: Final = _("Compare the name with the certificate. It is kept as written.")

RULES: Final[dict[str, Rule]] = {
    # --- the whole row ---
    "import.cell_count": Rule(
        _("The row has %(cells)s cells, the header has %(headings)s: the values cannot be told apart."),
        _("Look for a missing or surplus separator in this row."),
    ),
    "import.lines_swallowed": Rule(
        _("A quotation mark was opened and the lines after it were read as one cell."),
        _("Remove or double the stray quotation mark in this row."),
    ),
    "import.name_missing": Rule(
        _("The row has no name."),
        _("Enter the name that stands on the certificate."),
    ),
    "import.identity_missing": Rule(
        _("The row has neither a credit code nor a registration number."),
        _("Enter one of the two."),
    ),
    "import.code_conflict": Rule(
        _("Row %(other)s has the same credit code and other facts."),
        _("Correct the code or remove the wrong row. None of these rows comes in until then."),
    ),
    "import.number_conflict": Rule(
        _("Row %(other)s has the same registration number at the same registry and other facts."),
        _("Correct the number or remove the wrong row. None of these rows comes in until then."),
    ),
    "import.row_repeated": Rule(
        _("The row says the same as row %(other)s and was read once."),
        _("Nothing needs to be done."),
    ),
    # --- name and kind ---
    "import.name_damaged": Rule(
        _("The name holds characters that were lost or cannot be seen."),
        _("Correct the name in the list. The organization waits until then."),
    ),
    "import.name_too_long": Rule(
        _("The name is longer than 200 characters."),
        _("Check whether the columns are in order. The organization waits until then."),
    ),
    "import.name_repeated": Rule(
        _("Row %(other)s has the same name and another code or number."),
        _("Check whether both are meant. Both come in."),
    ),
    "import.name_form": Rule(_("The name of a foundation must end with 基金会."), NAME_REMEDY),
    "import.name_kind_mismatch": Rule(
        _("The credit code and the name speak of different kinds of organization."),
        _("Compare code and name with the certificate. The kind is taken from the code, the name is kept as written."),
    ),
    "import.name_committee": Rule(
        _("A residents' or villagers' committee is not a social organization."),
        _("Check why it stands in this list. It comes in as the code says."),
    ),
    "import.kind_unreadable": Rule(
        _("The kind of organization is not one we know."),
        _("Write 社会团体, 社会服务机构 or 基金会."),
    ),
    "import.kind_conflict": Rule(
        _("The credit code and the column of kinds contradict each other."),
        _("Compare both with the certificate. The kind is left open until a person has decided."),
    ),
    "import.kind_unclear": Rule(
        _("Neither a code nor a column says what kind of organization this is."),
        _("State the kind. It is never concluded from the name."),
    ),
    # --- credit code and number ---
    **{f"import.code_{fault.value}": Rule(message, CODE_REMEDY) for fault, message in CODE_MESSAGES.items()},
    f"import.code_{FaultCode.OLD_NUMBER}": Rule(
        CODE_MESSAGES[FaultCode.OLD_NUMBER],
        _("Look up the unified code. Until then the digits are kept as the registration number."),
    ),
    f"import.code_{FaultCode.CATEGORY}": Rule(
        CODE_MESSAGES[FaultCode.CATEGORY],
        _("State the kind. The code is kept, the kind is left open until then."),
    ),
    "import.code_rounded": Rule(
        _("The code looks as if a spreadsheet had read it as a number and lost its last digits."),
        _("Take the code from the source again, with the column set to text. It cannot be restored from here."),
    ),
    # --- dates ---
    "import.date_placeholder": Rule(
        _("The date is one that programs write where none is known."),
        _("Enter the real date. It is left empty until then."),
    ),
    "import.date_unreadable": Rule(_("This is not a date that can be read with certainty."), DATE_REMEDY),
    "import.date_incomplete": Rule(_("The date lacks its day or month."), DATE_REMEDY),
    "import.date_ambiguous": Rule(_("Day, month and year can be read in more than one order."), DATE_REMEDY),
    "import.date_impossible": Rule(_("There is no such day."), DATE_REMEDY),
    "import.date_implausible": Rule(_("The date lies before the year 1900."), DATE_REMEDY),
    "import.date_in_future": Rule(_("The date lies in the future."), DATE_REMEDY),
    "import.certificate_unreadable": Rule(
        _("This is not a period that can be read with certainty."),
        _("Write the period as 2019-03-01 至 2024-02-29. It is left empty until then."),
    ),
    "import.certificate_reversed": Rule(
        _("The certificate ends before it begins."),
        _("Correct the period. It is left empty until then."),
    ),
    "import.certificate_one_day": Rule(
        _("The certificate begins and ends on the same day."),
        _("Correct the period. It is left empty until then."),
    ),
    "import.certificate_before_established": Rule(
        _("The certificate begins before the organization was established."),
        _("Correct the period or the date of establishment. Both are left empty until then."),
    ),
    # --- amounts ---
    "import.amount_unit_ambiguous": Rule(
        _("The unit of the amount is not certain: more than one is given, or one we do not know."), AMOUNT_REMEDY
    ),
    "import.amount_unit_missing": Rule(_("The amount has no unit: it could be 元 or 万元."), AMOUNT_REMEDY),
    "import.amount_currency": Rule(
        _("The amount is not in renminbi."),
        _("Enter the amount in renminbi as the certificate gives it. It is left empty until then."),
    ),
    "import.amount_zero": Rule(
        _("The amount is zero, which more often means that none was entered."),
        _("Enter the amount. It is left empty until then."),
    ),
    "import.amount_negative": Rule(_("The amount is negative."), AMOUNT_REMEDY),
    "import.amount_fraction": Rule(_("The amount is not a whole number of fen."), AMOUNT_REMEDY),
    "import.amount_too_large": Rule(_("The amount is larger than a hundred trillion yuan."), AMOUNT_REMEDY),
    "import.amount_unreadable": Rule(_("This is not an amount that can be read with certainty."), AMOUNT_REMEDY),
    # --- texts ---
    "import.placeholder": Rule(
        _("The text only says that nothing was known."),
        _("Enter the value or leave the cell empty. It is read as empty."),
    ),
    "import.authority_unclear": Rule(
        _("This can mean that there is no business authority or that it is not known."),
        _("Write 直接登记 for direct registration, or the authority. It is left open until then."),
    ),
    "import.characters_lost": Rule(_("Question marks stand where characters were lost."), TEXT_REMEDY),
    "import.characters_invisible": Rule(_("The text holds characters that cannot be seen."), TEXT_REMEDY),
    "import.standing_unreadable": Rule(
        _("The state of the registration is not one we know."),
        _("Write 正常, 注销, 撤销 or 吊销. It is left open until then."),
    ),
    "import.text_too_long": Rule(
        _("The text is longer than this item can be."),
        _("Check whether the columns are in order. It is not used until then."),
    ),
    "import.field_unreadable": Rule(
        _("The field of activity is not one we know."),
        _(
            "Write one of the fields of the statistics of social organizations, such as 教育. It is left open until then."
        ),
    ),
    # --- workbooks ---
    "import.formula": Rule(
        _("The cell holds a formula. What it last came to is not taken for a value."),
        _("Replace the formula by its value (copy, then paste as values). It is not used until then."),
    ),
    "import.cells_merged": Rule(
        _("The cell is part of merged cells: which rows its value is meant for cannot be told."),
        _("Unmerge the cells and write the value into each row. It is not used until then."),
    ),
    "import.sheet_hidden": Rule(
        _("The workbook has a hidden sheet. It is not read."),
        _("Show it or delete it; put what is to be read into a file of its own."),
    ),
    "import.sheet_not_read": Rule(
        _("The workbook has another sheet. Only one sheet is read."),
        _("If it holds a list too, save it as a file of its own."),
    ),
    # --- what the register adds when a list is compared with it (`registry.imports`) ---
    "import.registry_unknown": Rule(
        _("The division %(division)s in the credit code is in no edition of the divisions we hold."),
        _("The organization is filed under its province. Load the edition that has the division."),
    ),
    "import.out_of_reach": Rule(
        _("The organization is registered outside the area this account may write."),
        _("Have the list applied by the registry in charge."),
    ),
    # --- the header ---
    "import.column_unknown": Rule(
        _("No field of the register is known by this heading."),
        _("Rename the heading, or leave it: the cells are kept but not used."),
    ),
    "import.column_second": Rule(
        _("Another column already gives this field."),
        _("Remove one of the two columns, or leave it: the cells are kept but not used."),
    ),
}


#: Why a file as a whole is no list that can be read.
UNREADABLE: Final[dict[str, str | Promise]] = {
    "list.empty": _("The file is empty."),
    "list.workbook": _(
        "This is a workbook of an old or protected kind, or another packed file. Save it as .xlsx without a password, or"
        " the sheet as CSV (UTF-8)."
    ),
    "list.workbook_damaged": _(
        "The workbook is damaged or incomplete (%(where)s). Open it on your computer, save it again and use that copy."
    ),
    "list.workbook_unsafe": _(
        "The workbook holds something an ordinary one never does (%(where)s), so it is not opened. Copy the values into"
        " a new workbook, or save the sheet as CSV (UTF-8)."
    ),
    "list.workbook_too_large": _(
        "Unpacked, this workbook is far too large (%(where)s). Save the sheet as CSV (UTF-8), or split it."
    ),
    "list.no_sheet": _("The workbook has no visible sheet with rows. Hidden sheets are not read."),
    "list.header_merged": _(
        "The header of the sheet “%(sheet)s” has merged cells (%(where)s). Unmerge them and delete rows of titles, so that"
        " the first row names each column by itself."
    ),
    "list.binary": _("This is not a text file."),
    "list.encoding": _("The characters cannot be read with certainty (line %(line)s). Save the file as UTF-8."),
    "list.header_too_long": _("The first line is too long to be a header. The first line must name the columns."),
    "list.no_name_column": _(
        "No column with the names of organizations was found. The first line must name the columns."
    ),
    "list.no_identity_column": _("No column with credit codes or registration numbers was found."),
    "list.heading_repeated": _("The heading “%(heading)s” stands there twice."),
    "list.no_rows": _("The file has a header and no rows."),
    "list.quotes": _("A quotation mark is not closed or stands in the wrong place, near line %(line)s."),
    "list.cell_too_long": _("A cell near line %(line)s is too long."),
    "list.map_heading": _("The mapping names a heading the file does not have: “%(heading)s”."),
    "list.map_field": _("The mapping gives the heading “%(heading)s” a field there is not: “%(entry)s”."),
    "list.map_twice": _("The mapping gives the field “%(entry)s” to two headings."),
    "list.map_unknown": _("This entry of the mapping is not understood: %(entry)s"),
}


class ListUnreadable(RuleViolation):
    """The file as a whole cannot be read as a list. `code` is a key of `UNREADABLE`."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code, str(UNREADABLE[code]) % params)


@dataclass(frozen=True)
class Problem:
    """One doubt about one cell, one row or one column.

    `row` is the line number a person sees in the file, 1 for the header. `column` is the heading as written, "" where
    the whole row is meant. `value` is the text as it stands in the cell, untouched. `rule` is a stable code.
    """

    row: int
    column: str
    value: str
    rule: str
    severity: Severity
    params: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What is wrong, in the reader's language."""
        text = str(RULES[self.rule].message)
        return text % self.params if self.params else text

    @property
    def remedy(self) -> str:
        """What to do about it, in the reader's language."""
        return str(RULES[self.rule].remedy)
