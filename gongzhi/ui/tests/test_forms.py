"""Every kind of question, empty, filled and wrong: our markup, nothing typed lost, nothing hostile alive."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.template import Context, Template
from django.utils import translation
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.core import money
from gongzhi.ui import forms as ui
from gongzhi.ui.govuk import bound as bridge
from gongzhi.ui.govuk import render
from gongzhi.ui.tests.test_govuk_conformance import normalised

HOSTILE = "\"><script>alert('x')</script>&amp;"
COLOURS = [("red", "Red"), ("blue", "Blue")]


@pytest.fixture(autouse=True, params=["zh-hans", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with translation.override(request.param):
        yield request.param


class Everything(ui.Form):
    name = forms.CharField(label="Name", help_text="As on <your> card", min_length=2, max_length=40)
    code = forms.CharField(
        label="Code",
        max_length=4,
        widget=ui.AffixInput(attrs={"class": "govuk-input--width-4"}, prefix="No", suffix="x"),
    )
    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    count = forms.IntegerField(label="Count", min_value=1)
    price = ui.FenField(label="Price")
    about = forms.CharField(label="About", widget=forms.Textarea(attrs={"rows": 3}), min_length=5)
    short = forms.CharField(label="Short", widget=forms.Textarea, max_length=9)
    password = forms.CharField(
        label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), min_length=12
    )
    born = ui.DateBoxesField(label="Born", help_text="For example 1998 2 14", widget=ui.DateBoxes(autocomplete="bday"))
    agree = forms.BooleanField(label="I agree")
    colour = forms.ChoiceField(
        label="Colour",
        choices=COLOURS,
        widget=ui.Radios(hints={"blue": "like the sea"}, reveals={"red": ["shade"]}),
    )
    shade = forms.CharField(label="Shade", min_length=3)
    colours = forms.MultipleChoiceField(label="Colours", choices=COLOURS, widget=ui.Checkboxes)
    place = forms.ChoiceField(label="Place", choices=[("", "—"), ("South", [("gz", "Guangzhou"), ("sz", "Shenzhen")])])
    places = forms.MultipleChoiceField(label="Places", choices=COLOURS, help_text="Several")
    paper = forms.FileField(label="Paper", widget=forms.FileInput(attrs={"accept": ".pdf"}))


FILLED = (
    "name=张三&code=ab&email=a@b.cn&count=3&price=1,200.5&about=hello world&short=hi&password=correct horse battery"
    "&born-year=1998&born-month=2&born-day=14&agree=on&colour=red&shade=dark&colours=red&colours=blue&place=gz&places=blue"
)
WRONG = (
    "name=x&code=abcde&email=nobody&count=many&price=1.234&about=hm&short=0123456789&password=short"
    "&born-year=98&born-month=13&born-day=14&colour=red&shade=ab&colours=green&place=mars&places=green"
)


def uploaded() -> MultiValueDict[str, Any]:
    return MultiValueDict({"paper": [SimpleUploadedFile("a.pdf", b"%PDF")]})


@dataclass
class Question:
    """What a field should become: the options all states share, and what filling in adds."""

    component: str
    options: dict[str, Any]
    filled: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, Any] = field(default_factory=dict)


def line(name: str, label: str, **options: Any) -> dict[str, Any]:
    return {"id": f"id_{name}", "name": name, "label": {"text": label}, **options}


def boxes(values: tuple[str | None, ...], wrong: set[str]) -> dict[str, Any]:
    return {
        "items": [
            {
                "name": box,
                "label": label,
                "value": value,
                "autocomplete": f"bday-{box}",
                "error": box in wrong,
                "attributes": {"aria-invalid": "true"} if box in wrong else {},
            }
            for box, label, value in zip(
                ("year", "month", "day"), map(translation.gettext, ("Year", "Month", "Day")), values, strict=True
            )
        ]
    }


def choices(name: str, ticked: set[str], **more: Any) -> dict[str, Any]:
    return {
        "items": [
            {"value": value, "text": text, "checked": value in ticked, **more.get(value, {})} for value, text in COLOURS
        ]
    }


def listed(chosen: set[str]) -> dict[str, Any]:
    return {"items": [{"value": value, "text": text, "selected": value in chosen} for value, text in COLOURS]}


def in_the_south(chosen: str) -> dict[str, Any]:
    cities = [
        {"value": "gz", "text": "Guangzhou", "selected": chosen == "gz"},
        {"value": "sz", "text": "Shenzhen", "selected": chosen == "sz"},
    ]
    return {"items": [{"value": "", "text": "—", "selected": not chosen}, {"text": "South", "items": cities}]}


def questions() -> dict[str, Question]:
    """Written out by hand, in the words of the macros."""
    invalid = {"attributes": {"aria-invalid": "true"}}
    several = {"attributes": {"multiple": {"value": True, "optional": True}}}
    shade = {"label": {"text": "Shade"}, "id": "id_shade", "name": "shade"}
    too_short = {"errorMessage": {"text": Everything(QueryDict(WRONG)).errors["shade"][0]}, **invalid}
    shades = [
        {
            "red": {"conditional": {"html": render("input", {**shade, **more})}},
            "blue": {"hint": {"text": "like the sea"}},
        }
        for more in ({}, {"value": "dark"}, {"value": "ab", **too_short})
    ]
    affixes = {"prefix": {"text": "No"}, "suffix": {"text": "x"}, "classes": "govuk-input--width-4"}
    yuan = {"suffix": {"text": translation.gettext("yuan")}, "classes": "govuk-input--width-10", "inputmode": "decimal"}
    born = {
        "id": "id_born",
        "namePrefix": "born",
        "fieldset": {"legend": {"text": "Born"}},
        "hint": {"text": "For example 1998 2 14"},
    }
    password = line("password", "Password", autocomplete="new-password", **bridge._password_words())
    paper = line("paper", "Paper", **bridge._file_words())
    accept = {"accept": ".pdf"}
    return {
        "name": Question(
            "input",
            line("name", "Name", hint={"text": "As on <your> card"}),
            {"value": "张三"},
            {"value": "x", **invalid},
        ),
        "code": Question("input", line("code", "Code", **affixes), {"value": "ab"}, {"value": "abcde", **invalid}),
        "email": Question(
            "input",
            line("email", "E-mail", type="email", autocomplete="email"),
            {"value": "a@b.cn"},
            {"value": "nobody", **invalid},
        ),
        "count": Question(
            "input", line("count", "Count", inputmode="numeric"), {"value": "3"}, {"value": "many", **invalid}
        ),
        "price": Question("input", line("price", "Price", **yuan), {"value": "1,200.5"}, {"value": "1.234", **invalid}),
        "about": Question(
            "textarea", line("about", "About", rows=3), {"value": "hello world"}, {"value": "hm", **invalid}
        ),
        "short": Question(
            "character-count",
            line("short", "Short", rows="10", maxlength=9, **bridge._count_words()),
            {"value": "hi"},
            {"value": "0123456789", **invalid},
        ),
        "password": Question("password-input", password, {}, invalid),
        "born": Question(
            "date-input",
            {**born, **boxes((None, None, None), set())},
            boxes(("1998", "2", "14"), set()),
            boxes(("98", "13", "14"), {"year", "month"}),
        ),
        "agree": Question(
            "checkboxes",
            {"name": "agree", "idPrefix": "id_agree", "items": [{"value": "on", "text": "I agree"}]},
            {"items": [{"value": "on", "text": "I agree", "checked": True}]},
            {"items": [{"value": "on", "text": "I agree", **invalid}]},
        ),
        "colour": Question(
            "radios",
            {
                "name": "colour",
                "idPrefix": "id_colour",
                "fieldset": {"legend": {"text": "Colour"}},
                **choices("colour", set(), **shades[0]),
            },
            choices("colour", {"red"}, **shades[1]),
            choices("colour", {"red"}, **shades[2]),
        ),
        "colours": Question(
            "checkboxes",
            {
                "name": "colours",
                "idPrefix": "id_colours",
                "fieldset": {"legend": {"text": "Colours"}},
                **choices("colours", set()),
            },
            choices("colours", {"red", "blue"}),
        ),
        "place": Question(
            "select",
            line("place", "Place", **in_the_south("")),
            in_the_south("gz"),
            {**in_the_south("other"), **invalid},
        ),
        "places": Question(
            "select",
            line("places", "Places", hint={"text": "Several"}, **several, **listed(set())),
            listed({"blue"}),
            {"attributes": {**several["attributes"], "aria-invalid": "true"}},
        ),
        "paper": Question(
            "file-upload", {**paper, "attributes": accept}, {}, {"attributes": {**accept, "aria-invalid": "true"}}
        ),
    }


SHOWN = [name for name in Everything.base_fields if name != "shade"]


def test_every_field_has_an_expectation() -> None:
    assert list(questions()) == SHOWN


@pytest.mark.parametrize("state", ["empty", "filled", "wrong"])
@pytest.mark.parametrize("name", SHOWN)
def test_a_question_is_the_component_with_the_same_options(name: str, state: str) -> None:
    question = questions()[name]
    options = question.options
    files = uploaded()
    if state == "empty":
        form = Everything()
    elif state == "filled":
        form = Everything(QueryDict(FILLED), files)
        assert form.is_valid(), form.errors
        options = {**options, **question.filled}
    else:
        form = Everything(QueryDict(WRONG))
        if name not in form.errors:
            form.add_error(name, "Not this one")
        texts = [str(text) for text in form.errors[name]]
        message = {"text": texts[0]} if len(texts) == 1 else {"html": "<br>".join(texts)}
        options = {**options, **question.wrong, "errorMessage": message}
    expected = render(question.component, options)
    assert normalised(form[name].as_field_group()) == normalised(expected)


def test_one_attribute_more_would_be_noticed() -> None:
    question = questions()["name"]
    changed = render("input", {**question.options, "attributes": {"data-x": "1"}})
    assert normalised(Everything()["name"].as_field_group()) != normalised(changed)


@pytest.mark.parametrize("data", ["", FILLED, WRONG])
def test_the_whole_form_is_accessible(data: str) -> None:
    html = str(Everything(QueryDict(data)) if data else Everything())
    opened = [(event[1], dict(event[2])) for event in normalised(html) if event[0] == "open"]
    ids = [attributes["id"] for _tag, attributes in opened if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _tag, attributes in opened:
        for referred in attributes.get("aria-describedby", "").split():
            assert referred in ids
    labelled = {attributes.get("for") for tag, attributes in opened if tag == "label"}
    controls = {attributes["id"] for tag, attributes in opened if tag in {"input", "select", "textarea"}}
    assert controls == labelled
    assert "required" not in {name for _tag, attributes in opened for name in attributes}


def test_nothing_typed_is_lost_when_something_is_wrong() -> None:
    form = Everything(QueryDict(WRONG))
    events = normalised(str(form))
    shown = {dict(event[2]).get("value") for event in events if event[0] == "open"}
    shown |= {event[1] for event in events if event[0] == "typed"}
    typed = {"x", "abcde", "nobody", "many", "1.234", "hm", "0123456789", "98", "13", "14", "ab"}
    assert typed <= shown
    assert "short" not in shown  # the password, on purpose


def test_a_line_break_at_the_start_of_a_text_is_kept() -> None:
    assert ">\n\nindented</textarea>" in render("textarea", {"name": "x", "value": "\nindented"})


def test_hostile_text_stays_text() -> None:
    class Hostile(ui.Form):
        text = forms.CharField(label=HOSTILE, help_text=HOSTILE, min_length=999)
        long = forms.CharField(widget=forms.Textarea, min_length=999)
        choice = forms.ChoiceField(
            label=HOSTILE, choices=[(HOSTILE, HOSTILE)], widget=ui.Radios(hints={HOSTILE: HOSTILE})
        )
        many = forms.MultipleChoiceField(choices=[(HOSTILE, [(HOSTILE, HOSTILE)])])
        date = ui.DateBoxesField(label=HOSTILE)

        def clean(self) -> None:
            raise forms.ValidationError([HOSTILE, HOSTILE])

    data = dict.fromkeys(("text", "long", "choice", "many", "date-year", "date-month", "date-day"), HOSTILE)
    form = Hostile(data)
    page = Template(
        "{% load govuk %}{% error_summary form %}{{ form }}{{ form.text.errors }}{{ form.text }}{{ form.many }}"
    )
    html = page.render(Context({"form": form}))
    assert "<script" not in html
    assert {event[1] for event in normalised(html) if event[0] == "open"}.isdisjoint({"script", "b"})
    assert HOSTILE in {dict(event[2]).get("value") for event in normalised(html) if event[0] == "open"}


def test_words_are_in_the_language_of_the_page(language: str) -> None:
    html = str(Everything(QueryDict("")))
    expected = (
        ("错误：", "请填写“Name”", "年", "显示密码") if language == "zh-hans" else ("Error:", "Fill in “Name”", "Year")
    )
    assert all(words in html for words in expected)
    assert ("Error:" in html) == (language == "en")


# --- dates ---


@pytest.mark.parametrize(
    ("typed", "date"),
    [
        (("1998", "2", "14"), datetime.date(1998, 2, 14)),
        ((" ２０２４年 ", "０２月", "29日"), datetime.date(2024, 2, 29)),
        (("", " ", ""), None),
    ],
)
def test_boxes_make_a_date(typed: tuple[str, ...], date: datetime.date | None) -> None:
    assert ui.DateBoxesField(required=False).clean(ui.TypedDate(*typed)) == date


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        (("1998", "", "14"), ["month"]),
        (("", "2", ""), ["year", "day"]),
        (("98", "0", "32"), ["year", "month", "day"]),
        (("1998", "x", "1"), ["month"]),
        (("2023", "2", "29"), ["day"]),
        (("0000", "1", "1"), ["year"]),
        (("1998", "+1", "1"), ["month"]),
    ],
)
def test_an_error_names_its_box(typed: tuple[str, ...], wrong: list[str]) -> None:
    data = dict(zip(("born-year", "born-month", "born-day"), typed, strict=True))
    form = Everything(data)
    assert [error.code for error in form.errors.as_data()["born"]] == wrong
    marked = re.findall(r'govuk-input--error[^"]*" id="id_born-(\w+)"', form["born"].as_field_group())
    assert marked == wrong
    links = [item["href"] for item in bridge.error_list([form]) if "born" in item["href"]]
    assert links == [f"#id_born-{box}" for box in wrong]


def test_an_error_of_the_whole_date_marks_all_boxes() -> None:
    form = Everything(QueryDict(FILLED))
    form.add_error("born", "Too early")
    assert form["born"].as_field_group().count("govuk-input--error") == 3


def test_a_date_is_shown_in_its_boxes_and_noticed_when_it_changes() -> None:
    date = datetime.date(1998, 2, 14)
    html = Everything(initial={"born": date})["born"].as_field_group()
    assert re.findall(r' value="(\d+)"', html) == ["1998", "2", "14"]
    assert not ui.DateBoxesField().has_changed(date, ui.TypedDate("1998", "02", "14"))
    assert ui.DateBoxesField().has_changed(date, ui.TypedDate("1998", "2", "15"))


@given(st.dates())
def test_every_date_comes_back(date: datetime.date) -> None:
    boxed = ui.DateBoxes().typed(date)
    boxed = boxed._replace(year=boxed.year.zfill(4))
    assert ui.DateBoxesField().clean(boxed) == date


# --- money ---


@pytest.mark.parametrize(
    ("text", "fen"),
    [("1,200.5", 120050), ("￥ 3", 300), ("３．５０元", 350), ("0", 0), ("12345678.01", 1234567801), ("", None)],
)
def test_yuan_become_fen(text: str, fen: int | None) -> None:
    assert ui.FenField(required=False).clean(text) == fen


@pytest.mark.parametrize("text", ["1.234", "1,2", "1,0000", "1e9", "1e999999999", "NaN", "-", "9" * 14, "十元", "1 2"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(forms.ValidationError) as caught:
        ui.FenField().clean(text)
    assert caught.value.code == "invalid"


def test_limits_of_an_amount_are_told_in_yuan() -> None:
    amount = ui.FenField(min_value=100, max_value=100_000_00)
    assert amount.clean("1") == 100
    assert amount.clean("100,000") == 100_000_00
    with pytest.raises(forms.ValidationError, match=r"1\.00"):
        amount.clean("0.99")
    with pytest.raises(forms.ValidationError, match=r"100,000\.00"):
        amount.clean("100000.01")
    with pytest.raises(forms.ValidationError):
        ui.FenField().clean("-1")
    assert ui.FenField(min_value=None).clean("-1") == -100


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_every_amount_comes_back(fen: int) -> None:
    amount = ui.FenField()
    assert amount.clean(amount.prepare_value(fen)) == fen
    assert amount.clean(money.format_yuan(fen)) == fen


# --- questions behind a choice ---


def test_a_question_behind_another_choice_is_neither_asked_nor_answered() -> None:
    data = QueryDict(FILLED, mutable=True)
    data["colour"], data["shade"] = "blue", "x"
    form = Everything(data, uploaded())
    assert form.is_valid(), form.errors
    assert form.cleaned_data["shade"] == ""
    assert 'value="x"' in form["colour"].as_field_group()  # still there if the reader changes their mind


def test_a_question_behind_the_choice_made_is_asked() -> None:
    data = QueryDict(FILLED, mutable=True)
    data["shade"] = ""
    assert "shade" in Everything(data).errors
    assert "shade" not in [bound.name for bound in Everything().visible_fields()]
    assert str(Everything()).count('name="shade"') == 1


# --- summary of errors ---

SUMMARY = Template("{% load govuk %}{% error_summary form rows missing %}")
Rows = forms.formset_factory(Everything, extra=2)


def test_no_summary_without_errors() -> None:
    assert SUMMARY.render(Context({"form": Everything(), "rows": Rows()})) == ""


def test_the_summary_leads_to_every_control() -> None:
    data = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-0-name": "x", "form-1-name": "y"}
    form, rows = Everything(QueryDict(WRONG)), Rows(data)
    form.add_error(None, "As a whole")
    html = SUMMARY.render(Context({"form": form, "rows": rows}))
    page = str(form) + "".join(str(row) for row in rows)
    links = re.findall(r'href="#([^"]+)"', html)
    opened = {dict(event[2]).get("id"): event[1] for event in normalised(page) if event[0] == "open"}
    assert {opened[link] for link in links} == {"input", "select", "textarea"}
    assert {"id_name", "id_born-year", "id_born-month", "id_colours", "id_form-0-name", "id_form-1-name"} <= set(links)
    assert "As a whole" in html
    assert 'role="alert"' in html


def test_errors_of_a_formset_as_a_whole_are_in_the_summary() -> None:
    rows = forms.formset_factory(Everything, extra=1, min_num=1, validate_min=True)(
        {"form-TOTAL_FORMS": "0", "form-INITIAL_FORMS": "0"}
    )
    assert [item["text"] for item in bridge.error_list([rows])] == [str(text) for text in rows.non_form_errors()]
    assert rows.non_form_errors()


def test_a_row_that_is_to_be_deleted_may_be_wrong() -> None:
    data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-name": "x", "form-0-DELETE": "on"}
    rows = forms.formset_factory(Everything, can_delete=True)(data)
    assert rows.forms[0].errors
    assert bridge.error_list([rows]) == []


def test_a_message_that_does_not_name_its_question_gets_the_name() -> None:
    items = {item["href"]: item["text"] for item in bridge.error_list([Everything(QueryDict("email=nobody"))])}
    assert items["#id_email"].startswith("E-mail")
    assert items["#id_name"].count("Name") == 1


# --- the rest ---


def test_the_label_can_be_the_heading_of_the_page() -> None:
    tag = Template('{% load govuk %}{% govuk_field form.name heading=True label_classes="govuk-label--l" %}')
    assert '<h1 class="govuk-label-wrapper">' in tag.render(Context({"form": Everything()}))


def test_the_tag_renders_a_component_and_distrusts_unmarked_html() -> None:
    tag = Template('{% load govuk %}{% govuk "inset-text" html=words %}')
    assert "<b>" not in tag.render(Context({"words": "<b>bold</b>"}))
    assert "<b>" in tag.render(Context({"words": SafeString("<b>bold</b>")}))
    nested = Template('{% load govuk %}{% govuk "tag" options classes="govuk-tag--green" %}')
    assert "govuk-tag--green" in nested.render(Context({"options": {"text": "Done"}}))


def test_a_widget_with_a_template_of_its_own_keeps_it() -> None:
    class Own(forms.TextInput):
        template_name = "django/forms/errors/list/default.html"

    class OwnForm(ui.Form):
        picker = forms.CharField(widget=Own, help_text="Pick")

    html = OwnForm()["picker"].as_field_group()
    assert "<input" not in html
    assert 'for="id_picker"' in html
    assert "Pick" in html


def test_a_bare_control_has_the_same_classes() -> None:
    form = Everything(QueryDict(FILLED))
    for name, part in {
        "name": 'class="govuk-input"',
        "about": 'class="govuk-textarea"',
        "place": 'class="govuk-select"',
        "paper": 'class="govuk-file-upload"',
        "colours": 'class="govuk-checkboxes__input"',
        "colour": 'class="govuk-radios__input"',
        "born": "govuk-date-input__input",
    }.items():
        assert part in str(form[name])


def test_a_stored_file_is_named_and_can_be_removed() -> None:
    class Stored:
        url = "/never-shown"

        def __str__(self) -> str:
            return "old <paper>.pdf"

    class Files(ui.Form):
        paper = forms.FileField(required=False)

    html = Files(initial={"paper": Stored()})["paper"].as_field_group()
    assert "old &lt;paper&gt;.pdf" in html
    assert 'name="paper-clear"' in html
    assert "/never-shown" not in html


def test_disabled_questions_are_disabled() -> None:
    form = Everything()
    for name in SHOWN:
        form.fields[name].disabled = True
        html = form[name].as_field_group()
        controls = re.findall(r"<(?:input|textarea|select)\b[^>]*>", html)
        assert all(" disabled" in control for control in controls if 'name="shade"' not in control), name


def test_hidden_fields_stay_plain() -> None:
    class Hidden(ui.Form):
        secret = forms.CharField(widget=forms.HiddenInput)

    form = Hidden(initial={"secret": "1"})
    assert normalised(form["secret"].as_field_group()) == normalised(
        '<input type="hidden" name="secret" value="1" id="id_secret">'
    )
    assert str(form).count("<input") == 1
