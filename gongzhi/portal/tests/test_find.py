"""Finding organizations by page: exact totals, filters, reasons, help where nothing is found, suggestions, comparison."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.http import QueryDict
from django.test import Client

from gongzhi.core.clocks import amend
from gongzhi.core.door import acting
from gongzhi.orgs import actions
from gongzhi.orgs.enums import Standing
from gongzhi.orgs.models import Mark, Organization
from gongzhi.orgs.search.asking import Asked
from gongzhi.orgs.search.text import Known
from gongzhi.portal import comparison, results
from gongzhi.portal.selectors import MARKS
from gongzhi.portal.tests.test_pages import get, queries, visible
from gongzhi.registry.tests.test_imports import HEAD, IMPORTER, code, load
from gongzhi.registry.tests.test_imports import HEAD as LIST_HEAD
from tests.world import GUANGDONG, HUANGPU, NATIONAL, SHENZHEN


def plain(page: str) -> str:
    """What a reader sees, without spaces."""
    return re.sub(r"\s", "", unescape(visible(page)))


def hearts(number: int) -> str:
    """A list of so many foundations with one word in their names."""
    return "\n".join(f"深圳市××爱心{n}基金会\t{code(n)}\t{2010 + n % 10}-03-01\t\t\t\t" for n in range(1, number + 1))


def found(page: str) -> list[str]:
    """The names of the results, in order."""
    return [re.sub(r"<[^>]+>", "", one) for one in re.findall(r"<h3>(.*?)</h3>", page)]


def search(client: Client, address: str) -> str:
    return get(client, f"/orgs/?{address}")


@pytest.mark.django_db
def test_the_total_is_exact_and_pages_lead_to_every_result_once(client: Client) -> None:
    load(f"{HEAD}\n{hearts(45)}")
    page = search(client, "q=" + quote("爱心"))
    assert "找到45家" in plain(page)
    seen: list[str] = []
    following = "/orgs/?q=" + quote("爱心")
    while following:
        page = get(client, following)
        seen += found(page)
        link = re.search(r'rel="next" href="([^"]+)"', page)
        following = unescape(link.group(1)) if link else ""
    assert len(seen) == len(set(seen)) == 45
    back = re.search(r'rel="prev" href="([^"]+)"', page)
    assert back
    assert found(get(client, unescape(back.group(1)))) == seen[20:40]


@pytest.mark.django_db
def test_a_bad_cursor_shows_the_first_page_and_says_so(client: Client) -> None:
    page = search(client, "cursor=nothing")
    assert "第一页" in plain(page)
    assert found(page)


@pytest.mark.django_db
def test_conditions_in_use_remove_themselves(client: Client) -> None:
    page = search(client, "kind=service&kind=foundation&standing=normal&place=44/&since_from=2010&since_to=2018-12-31")
    chips = dict(re.findall(r'<a class="chip on" href="([^"]+)">(.*?)<svg', page))
    words = {unescape(text): unescape(url) for url, text in chips.items()}
    assert set(words) == {
        "类别：社会服务机构", "类别：基金会", "状态：正常", "区划：广东省", "登记日期：2010 至 2018",
    }  # fmt: skip
    without = QueryDict(words["类别：基金会"].partition("?")[2])
    assert without.getlist("kind") == ["service"]
    assert without["since_from"] == "2010-01-01"
    assert "since_from" not in words["登记日期：2010 至 2018"]
    assert "place" not in QueryDict(words["区划：广东省"].partition("?")[2])


@pytest.mark.django_db
def test_every_filter_counts_its_values_and_hides_empty_ones_unless_chosen(client: Client) -> None:
    page = search(client, "")
    options = {
        (name, value): int(count)
        for name, value, count in re.findall(
            r'name="(\w+)" value="([^"]*)"(?: checked)?><span>[^<]*</span> <span class="n"><span class="tn">(\d+)', page
        )
    }
    assert options["kind", "foundation"] == 1
    assert options["kind", "service"] == 2
    assert options["standing", "cancelled"] == 1
    assert options["level", "0"] == 1
    assert ("kind", "community_group") not in options
    chosen = search(client, "q=" + quote("广东省") + "&kind=foundation&kind=community_group")
    assert re.search(r'value="community_group" checked><span>[^<]*</span> <span class="n"><span class="tn">0<', chosen)


@pytest.mark.django_db
def test_places_are_a_tree_with_one_step_up(client: Client) -> None:
    load(
        f"{LIST_HEAD}\n"
        + "\n".join(f"深圳市××爱心{n}基金会\t{code(n, d)}\t\t\t\t\t" for n, d in ((1, "440305"), (2, "440305")))
    )
    Organization.objects.filter(name__contains="爱心").update(path="44/4403/440305/")
    with acting(IMPORTER):
        rows = [(one, Known()) for one in Organization.objects.filter(name__contains="爱心")]
        actions.write_search(actor=IMPORTER, rows=rows)
    top = search(client, "")
    assert 'href="/orgs/?place=44%2F"' in top
    city = search(client, "place=44/4403/")
    tree = city[city.index('class="tree"') : city.index("</nav>", city.index('class="tree"'))]
    assert 'href="/orgs/"' in tree
    assert 'href="/orgs/?place=44%2F"' in tree
    assert "44%2F4403%2F440305%2F" in tree
    assert "本级登记" in tree
    assert "找到3家" in plain(city)
    assert "找到2家" in plain(search(client, "place=44/4403/440305/"))


@pytest.mark.django_db
def test_the_filter_form_carries_the_word_and_the_place(client: Client) -> None:
    for address in ("/orgs/", "/orgs/filter/"):
        page = get(client, f"{address}?q={quote('助老')}&place=44/")
        form = page[page.rindex("<form", 0, page.index('class="facet"')) : page.index('class="facet"')]
        assert 'action="/orgs/"' in form
        assert 'name="q" value="助老"' in form
        assert 'name="place" value="44/"' in form


@pytest.mark.django_db
def test_filters_are_a_page_of_their_own_with_order_and_total(client: Client) -> None:
    page = get(client, "/orgs/filter/?kind=service&sort=newest")
    assert "符合条件2家" in plain(page)
    assert re.search(r'name="sort" value="newest" checked', page)
    assert re.search(r'name="kind" value="service" checked', page)
    assert 'href="/orgs/filter/?sort=newest"' in page, "its chips stay on the page"


@pytest.mark.django_db
def test_orders_are_links_and_keep_the_filters(client: Client) -> None:
    page = search(client, "q=" + quote("示例") + "&kind=social_group")
    assert "sort=newest" in page
    newest = found(search(client, "sort=newest"))
    assert newest == list(reversed(found(search(client, "sort=oldest"))))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "said"), [("2010", "2010-01-01"), ("２０１０", "2010-01-01"), ("2010/02/03", "2010-02-03")]
)
def test_a_year_alone_means_the_whole_year(typed: str, said: str) -> None:
    asked, unread = results.asked_of(QueryDict(f"since_from={typed}&since_to=2012"))
    assert asked.since_from == dt.date.fromisoformat(said)
    assert asked.since_to == dt.date(2012, 12, 31)
    assert unread == []


@pytest.mark.django_db
def test_a_day_that_is_none_is_said_and_not_filtered_by(client: Client) -> None:
    page = search(client, "since_from=" + quote("去年"))
    assert "“去年”不是年份或日期" in plain(page)
    assert len(found(page)) == 4


@pytest.mark.django_db
def test_a_row_says_why_it_is_there(client: Client) -> None:
    reference = code(77)
    load(f"{HEAD}\n深圳市××敬老基金会\t{reference}\t2015-03-01\t\t\t\t")
    load(f"{HEAD}\n深圳市××助老基金会\t{reference}\t2015-03-01\t\t\t\t")
    page = search(client, "q=" + quote("敬老"))
    assert "曾用名：深圳市××<mark>敬老</mark>基金会" in page
    assert "现名中没有“敬老”，因曾用名列出" in plain(page)
    body = Organization.objects.get(credit_code=reference)
    with acting(IMPORTER):
        known = Known(hosts=["示例街道办事处"], people=["钱××", "孙某某"], field="culture")
        actions.write_search(actor=IMPORTER, rows=[(body, known)])
    assert "挂靠：示例街道办事处" in plain(search(client, "q=" + quote("街道办")))
    assert "负责人：孙某某" in plain(search(client, "q=" + quote("孙某")))
    assert "活动领域：文化" in plain(search(client, "q=" + quote("文化")))
    assert f"编号：{reference}" in plain(search(client, f"q={reference[:12].lower()}"))
    assert "拼音：" in plain(search(client, "q=szs"))
    by_place = plain(search(client, "q=" + quote("广东省") + "+" + quote("社工")))
    assert "区划：广东省" in by_place
    named = search(client, "q=" + quote("助老"))
    assert "因曾用名列出" not in named, "where the name shows it, no reason is given"


@pytest.mark.django_db
def test_what_has_ended_stays_in_grey_with_its_word(client: Client) -> None:
    page = search(client, "q=" + quote("黄浦"))
    assert "已注销" in page
    assert 'class="ks x"' in page
    assert "登记已终止" in plain(page)
    assert "最近确认" in plain(search(client, "q=" + quote("助老")))


@pytest.mark.django_db
def test_marks_stand_beside_a_result_and_can_be_filtered_by(client: Client) -> None:
    body = Organization.objects.get(credit_code=GUANGDONG)
    marked(body, "charity")
    page = search(client, "mark=charity")
    assert found(page) == [body.name]
    assert re.search(r'class="tag b">慈善组织', page)


def marked(body: Organization, mark: str, value: str = "yes") -> None:
    """Give a body a mark that search knows."""
    owner = {"org_id": body.pk, "code": mark}
    about = {"set_by_app": "tests", "source": "test"}
    with acting(IMPORTER):
        amend(Mark, owner=owner, on=dt.date(2020, 1, 1), changes={"value": value}, about=about)
        actions.write_search(actor=IMPORTER, rows=[(body, Known())])


# --- nothing found ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "reason"),
    [("广东省××祝老基金会", "读音相同"), ("广东省××助老基全会", "名称相差一个字"), ("基金会助老", "字相同，次序不同")],
)
def test_what_is_near_is_offered_with_the_reason(client: Client, typed: str, reason: str) -> None:
    page = search(client, "q=" + quote(typed))
    assert f"没有叫“{typed}”的组织" in plain(page)
    assert found(page)[:1] == ["广东省××助老基金会"]
    assert reason in plain(page)
    assert "我们替您试过" in plain(page)
    assert "向您募捐" in plain(page)


@pytest.mark.django_db
def test_a_search_that_only_fails_by_its_filters_offers_what_it_finds_without_them(client: Client) -> None:
    page = search(client, "q=" + quote("助老") + "&kind=service")
    assert "去掉筛选后找到" in plain(page)
    assert found(page) == ["广东省××助老基金会"]
    assert "全部清除" in plain(page)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["——", "（）", "，。！", "%", "_"])
def test_punctuation_alone_is_told_what_to_type(client: Client, typed: str) -> None:
    page = search(client, "q=" + quote(typed))
    assert "请至少输入一个汉字、字母或数字" in plain(page)
    assert found(page) == []


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["助", "ＧＤＳ", "廣東", "助　老", "社 工"])
def test_one_character_full_width_and_traditional_forms_are_found(client: Client, typed: str) -> None:
    assert found(search(client, "q=" + quote(typed)))


@pytest.mark.django_db
def test_a_very_long_question_gets_an_answer(client: Client) -> None:
    page = search(client, "q=" + quote("助老" * 2000))
    assert "没有叫" in plain(page)
    assert len(page) < 200_000


# --- while somebody types ---


def suggested(client: Client, typed: str) -> dict[str, Any]:
    response = client.get(f"/orgs/suggest/?q={quote(typed)}", secure=True)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    answer: dict[str, Any] = json.loads(response.content)
    return answer


@pytest.mark.django_db
def test_suggestions_come_in_groups_with_reason_kind_and_place(client: Client) -> None:
    answer = suggested(client, "助老")
    (group,) = answer["groups"]
    assert group["label"] == "组织"
    assert group["items"][0]["name"] == "广东省××助老基金会"
    assert group["items"][0]["about"] == "基金会 · 广东省"
    assert group["items"][0]["url"] == f"/orgs/{GUANGDONG}/"
    assert answer["all"]["url"] == "/orgs/?q=" + quote("助老")
    assert "1" in answer["status"]
    near = suggested(client, "祝老基金会")["groups"]
    assert [one["label"] for one in near] == ["读音或字形相近"]


@pytest.mark.django_db
def test_suggestions_are_few_and_nothing_typed_gets_none(client: Client) -> None:
    load(f"{HEAD}\n{hearts(30)}")
    assert sum(len(group["items"]) for group in suggested(client, "爱心")["groups"]) == results.SUGGESTED
    for nothing in ("", " ", "——", "\0", "查无此名" * 100):
        assert suggested(client, nothing)["groups"] == []


@pytest.mark.django_db
def test_the_boxes_of_both_pages_ask_for_suggestions_and_load_the_script(client: Client) -> None:
    for address in ("/", "/orgs/"):
        page = get(client, address)
        assert 'data-suggest="/orgs/suggest/"' in page
        assert "portal/suggest.js" in page


# --- comparison ---


@pytest.mark.django_db
def test_a_result_can_be_ticked_and_what_was_ticked_comes_back(client: Client) -> None:
    page = search(client, f"q={quote('助老')}&code={SHENZHEN}")
    form = page[page.index('action="/orgs/compare/"') :]
    assert f'name="code" value="{GUANGDONG}">' in form
    assert f'name="code" value="{SHENZHEN}" checked' in form
    assert f"code={SHENZHEN}" in search(client, f"code={SHENZHEN}")


@pytest.mark.django_db
def test_bodies_stand_side_by_side_without_rank(client: Client) -> None:
    page = get(client, f"/orgs/compare/?code={GUANGDONG}&code={SHENZHEN}&code={NATIONAL}")
    text = plain(page)
    for said in ("广东省××助老基金会", "深圳市××社工服务社", "示例××促进会", "不作比较", "未公开", "本平台没有记载"):
        assert said in text
    assert f"code={GUANGDONG}&amp;code={NATIONAL}" in page, "each column can be taken out"
    assert page.count('scope="col"') == 3


@pytest.mark.django_db
def test_only_what_differs_leaves_out_what_all_say_alike(client: Client) -> None:
    pair = f"/orgs/compare/?code={GUANGDONG}&code={SHENZHEN}"
    whole, less = get(client, pair), get(client, f"{pair}&only=different")
    assert "相同" in plain(whole)
    assert whole.count('scope="row"') > less.count('scope="row"') > 0
    compared = comparison.compare([GUANGDONG, SHENZHEN])
    assert less.count('scope="row"') == compared.different
    assert whole.count('scope="row"') == compared.lines


@pytest.mark.django_db
def test_a_missing_or_incomparable_answer_is_no_agreement() -> None:
    unknown = comparison.Cell("未公开", missing=True)
    assert not comparison.Line("x", [unknown, unknown]).same
    assert comparison.Line("x", [comparison.Cell("正常"), comparison.Cell("正常")]).same
    assert not comparison.Line("x", [comparison.Cell("正常"), comparison.Cell("正常", on=dt.date(2020, 1, 1))]).same


@pytest.mark.django_db
def test_a_mark_is_said_with_its_day() -> None:
    body = Organization.objects.get(credit_code=GUANGDONG)
    marked(body, "grade", "4A")
    compared = comparison.compare([GUANGDONG, SHENZHEN])
    line = next(line for block in compared.blocks for line in block.lines if line.label == MARKS["grade"])
    assert (line.cells[0].text, line.cells[0].on) == ("4A", dt.date(2020, 1, 1))
    assert line.cells[1].unrecorded


@pytest.mark.django_db
def test_codes_that_name_nobody_or_several_are_answered(client: Client) -> None:
    head = "名称\t登记证号\t类型"
    for division, name in (("44/4403/", "深圳××社"), ("33/", "浙江××社")):
        load(f"{head}\n{name}\tA-1\t社会团体")
        Organization.objects.filter(name=name).update(path=division)
    page = get(client, f"/orgs/compare/?code={GUANGDONG}&code={SHENZHEN.lower()}&code=NOBODY&code=A-1&code=%00&code=")
    text = plain(page)
    assert "没有代码或编号为“NOBODY”的组织" in text
    assert "/orgs/A-1/" in page
    assert page.count('scope="col"') == 2
    own = Organization.objects.get(name="深圳××社").public_id
    assert "深圳××社" in get(client, f"/orgs/compare/?code={own}&code={GUANGDONG}")


@pytest.mark.django_db
def test_too_few_are_asked_for_more_and_too_many_are_cut(client: Client) -> None:
    for address in (
        "/orgs/compare/",
        f"/orgs/compare/?code={GUANGDONG}",
        f"/orgs/compare/?code={GUANGDONG}&code={GUANGDONG}",
    ):
        assert "请至少选择两家组织" in plain(get(client, address))
    page = get(client, "/orgs/compare/?" + "&".join(f"code={one}" for one in (GUANGDONG, SHENZHEN, NATIONAL, HUANGPU)))
    assert "最多并排3家" in plain(page)
    assert page.count('scope="col"') == 3


@pytest.mark.django_db
def test_two_and_three_bodies_cost_the_same_number_of_queries(client: Client) -> None:
    two = queries(client, f"/orgs/compare/?code={GUANGDONG}&code={SHENZHEN}")
    assert queries(client, f"/orgs/compare/?code={GUANGDONG}&code={SHENZHEN}&code={NATIONAL}") == two


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/orgs/?q=" + quote("爱心") + "&place=44/",
        "/orgs/filter/?q=" + quote("爱心"),
        "/orgs/suggest/?q=" + quote("爱心"),
    ],
)
def test_three_results_and_thirty_cost_the_same_number_of_queries(client: Client, address: str) -> None:
    load(f"{HEAD}\n{hearts(3)}", name="three.tsv")
    get(client, address)  # the names of divisions are read once a process
    few = queries(client, address)
    load(f"{HEAD}\n{hearts(33)}", name="many.tsv")
    assert queries(client, address) == few


@pytest.mark.django_db
def test_a_page_of_results_stays_small(client: Client) -> None:
    """With the shell (14 KB of style and scripts, held in ui/tests) a first view stays far below 60 KB."""
    load(f"{HEAD}\n{hearts(40)}")
    assert len(gzip.compress(search(client, "q=" + quote("爱心")).encode(), 6)) < 24 * 1024


@pytest.mark.django_db
def test_an_address_and_what_it_asks_lead_to_each_other() -> None:
    asked = Asked.of(
        {"q": "助老 协会", "kind": ["service", "foundation"], "level": ["2"], "place": "44/", "sort": "name"}
    )
    address = results.address(asked)
    assert results.asked_of(QueryDict(address.partition("?")[2]))[0] == asked
    assert "kind" not in results.address(asked, kind=[])
    assert Standing.NORMAL not in address
