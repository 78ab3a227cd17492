"""The markup of govuk-frontend 6.6.0 as plain functions: options in, safe HTML out.

Options are those of the Nunjucks macros. Text is escaped; `html` options are trusted, so they hold only markup that was
written by us or escaped before. `tests/test_govuk_conformance.py` compares every function with the fixtures
govuk-frontend ships. Fixed words are translated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.safestring import SafeString

from gongzhi.ui.govuk import buttons, choices, content, fields, navigation

COMPONENTS: dict[str, Callable[[Mapping[str, Any]], SafeString]] = {
    "accordion": content.accordion,
    "back-link": navigation.back_link,
    "breadcrumbs": navigation.breadcrumbs,
    "button": buttons.button,
    "character-count": fields.character_count,
    "checkboxes": choices.checkboxes,
    "cookie-banner": buttons.cookie_banner,
    "date-input": choices.date_input,
    "details": content.details,
    "error-message": fields.error_message,
    "error-summary": content.error_summary,
    "exit-this-page": buttons.exit_this_page,
    "feedback": content.feedback,
    "fieldset": fields.fieldset,
    "file-upload": fields.file_upload,
    "generic-header": navigation.generic_header,
    "hint": fields.hint,
    "input": fields.input_,
    "inset-text": content.inset_text,
    "label": fields.label,
    "language-navigation": navigation.language_navigation,
    "notification-banner": buttons.notification_banner,
    "pagination": navigation.pagination,
    "panel": buttons.panel,
    "password-input": fields.password_input,
    "phase-banner": content.phase_banner,
    "radios": choices.radios,
    "select": fields.select,
    "service-navigation": navigation.service_navigation,
    "skip-link": navigation.skip_link,
    "summary-list": content.summary_list,
    "table": content.table,
    "tabs": navigation.tabs,
    "tag": content.tag_,
    "task-list": content.task_list,
    "textarea": fields.textarea,
    "warning-text": content.warning_text,
}

#: What we do not render, and why: a whole component, or `component/name` of one fixture.
REFUSED: dict[str, str] = {
    "header": "It carries the crown and the GOV.UK logotype, which only GOV.UK may use; see generic-header.",
    "footer": "It carries the crown, Crown copyright and the Open Government Licence of the United Kingdom.",
    "exit-this-page/testing-html": "Without redirectUrl it leads to the BBC; we require an address.",
    "exit-this-page/translated": "Without redirectUrl it leads to the BBC; we require an address.",
}


def render(component: str, options: Mapping[str, Any]) -> SafeString:
    """The HTML of one component. A component that is refused or unknown raises LookupError."""
    if component in REFUSED:
        raise LookupError(REFUSED[component])
    return COMPONENTS[component](options)
