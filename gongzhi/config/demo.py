"""Bodies that do not exist, for a platform that is only shown: division 9999, names with ××, codes that pass the checks.

The lists are made anew each time and are always the same, so a demonstration can be compared with the last one.
"""

from __future__ import annotations

import datetime as dt
import io
import random

from PIL import Image

from gongzhi.registry.creditcode import check_character, organization_check

#: Code, name, code of the division above.
DIVISIONS = [
    ("990000", "示例省", "100000"),
    ("999900", "示例市", "990000"),
    ("999901", "城北区", "999900"),
    ("999902", "城南区", "999900"),
    ("999903", "东湖县", "999900"),
    ("999904", "西山县", "999900"),
]
REGISTRIES = {
    "999900": "示例市民政局",
    "999901": "城北区民政局",
    "999902": "城南区民政局",
    "999903": "东湖县民政局",
    "999904": "西山县民政局",
}
PLACES = {"999900": "示例市", **{code: f"示例市{name}" for code, name, _above in DIVISIONS[2:]}}
HEAD = [
    "名称", "统一社会信用代码", "登记证号", "社会组织类型", "成立登记日期", "住所", "法定代表人", "业务主管单位",
    "登记管理机关", "业务范围", "宗旨", "活动地域", "登记状态", "原始基金数额（万元）",
]  # fmt: skip
FIELDS = [
    ("助老", "为高龄、失能老人提供助餐、助浴、助医服务", "养老服务"),
    ("助学", "资助困难家庭学生，支持乡村学校", "教育"),
    ("志愿者", "组织志愿服务，开展志愿者培训", "社会服务"),
    ("环保", "河道巡护、垃圾分类宣传、环境监测", "生态环境"),
    ("社区服务", "社区治理、邻里互助、议事协商", "社会服务"),
    ("养老服务", "机构养老、居家养老、护理员培训", "养老服务"),
    ("少儿阅读", "公益阅览、领读人培训、图书漂流", "文化"),
    ("助残", "康复训练、就业辅导、无障碍推广", "社会服务"),
    ("足球", "青少年训练、群众赛事、裁判员培训", "体育"),
    ("茶叶行业", "行业自律、标准制定、产销对接", "工商服务业"),
    ("心理健康", "心理援助热线、校园辅导", "卫生"),
    ("非遗保护", "传承人扶持、展示与研究", "文化"),
]
FORMS = {"51": ["协会", "促进会", "联合会", "商会"], "52": ["服务中心", "服务社", "发展中心"], "53": ["基金会"]}
KINDS = {"51": "社会团体", "52": "社会服务机构", "53": "基金会"}
SURNAMES = "王李张刘陈杨赵黄周吴"


def code_of(category: str, division: str, number: int) -> str:
    """A credit code that passes both checks and names nobody."""
    entity = f"MJ{number:06d}"
    body = f"{category}{division}{entity}{organization_check(entity)}"
    return body + check_character(body)


def bodies(count: int) -> list[list[str]]:
    """The first `count` bodies as rows of a list; always the same ones."""
    draw = random.Random(9999)
    rows = []
    divisions = list(REGISTRIES)
    for number in range(count):
        field, scope, _label = FIELDS[number % len(FIELDS)]
        kind = ("52", "51", "52", "53", "52", "51", "filed")[number % 7]
        division = divisions[draw.randrange(len(divisions))]
        place = PLACES[division]
        founded = dt.date(2005, 1, 1) + dt.timedelta(days=draw.randrange(7700))
        serial = "" if number < 84 else f"第{number}"
        person = f"{SURNAMES[draw.randrange(len(SURNAMES))]}××"
        standing = "已注销" if number % 29 == 7 else "正常"
        if kind == "filed":
            name = f"{place}××街道{serial}{field}互助会"
            rows.append([
                name, "", f"BA-{division}-{founded.year}-{number:04d}", "社区社会组织", founded.isoformat(),
                f"{place}××街道党群服务中心", person, "", f"{place}××街道办事处", scope, f"开展{field}活动", "", standing, "",
            ])  # fmt: skip
            continue
        form = FORMS[kind][draw.randrange(len(FORMS[kind]))]
        name = f"{place}××{serial}{field}{form}"
        rows.append([
            name, code_of(kind, division, number + 1), "", KINDS[kind], founded.isoformat(),
            f"{place}××路 {draw.randrange(1, 300)} 号", person, "" if kind == "53" else f"{place}××局",
            REGISTRIES[division], scope, f"服务社会，推动{field}事业发展", place if kind == "51" else "", standing,
            {"51": "3.00", "52": "10.00", "53": f"{draw.randrange(200, 900)}.00"}[kind],
        ])  # fmt: skip
    return rows


def text_of(rows: list[list[str]]) -> bytes:
    """Rows as a list a registry would hand in."""
    return "\n".join("\t".join(row) for row in [HEAD, *rows]).encode()


def lists(count: int) -> list[tuple[dt.date, bytes]]:
    """Three lists of three years: some bodies were renamed, some moved, some changed their legal representative."""
    newest = bodies(count)
    older: list[list[str]] = []
    oldest: list[list[str]] = []
    for number, row in enumerate(newest):
        before = list(row)
        if row[12] == "已注销":
            before[12] = "正常"
        if number % 5 == 1:
            before[6] = f"{SURNAMES[(number // 5) % len(SURNAMES)]}××"
        if number % 9 == 0:
            before[5] = before[5].replace("××路", "××东路")
        first = list(before)
        if number % 8 == 0:
            first[0] = first[0].replace("助老", "敬老").replace("养老服务", "为老服务").replace("社区服务", "便民服务")
        if row[4] < "2023-12-31":
            older.append(before)
        if row[4] < "2019-12-31":
            oldest.append(first)
    return [
        (dt.date(2020, 1, 6), text_of(oldest)),
        (dt.date(2024, 1, 8), text_of(older)),
        (dt.date(2026, 5, 12), text_of(newest)),
    ]


#: What officials recorded about the demonstration's bodies: name, post and first day of officers.
OFFICERS = [
    ("王××", "chair", dt.date(2023, 5, 8)),
    ("陈××", "vice_chair", dt.date(2023, 5, 8)),
    ("李××", "secretary_general", dt.date(2021, 3, 1)),
    ("赵××", "supervisor", dt.date(2023, 5, 8)),
]
#: The day of the demonstration's decisions.
DECIDED = dt.date(2023, 5, 8)
#: Bodies this demonstration records something about were registered before it.
OLD_ENOUGH = dt.date(2020, 1, 1)
#: Objections: which item, what it says, what shows it, and the answer (none: it waits).
OBJECTIONS = [
    ("domicile", "已迁至 ×× 路 6 号 2 楼", "门口的公告和 2026 年 4 月的登记证书", ""),
    (
        "legal_representative",
        "现任法定代表人不是本人所知的那一位",
        "机构网站的介绍",
        "经核对登记档案，记载与登记证书一致。",
    ),
]


def funds_without_unit(count: int) -> bytes:
    """A list whose amounts could be yuan or ten thousand yuan: they wait for a person."""
    rows = [row for row in bodies(count) if row[1].startswith("52")][:6]
    lines = [f"{row[0]}\t{row[1]}\t{row[13]}" for row in rows]
    return "\n".join(["名称\t统一社会信用代码\t开办资金", *lines]).encode()


#: Where the demonstration's loudspeakers stand.
PLAYING_POINTS = ("示例村文化广场喇叭", "示例村三组村口喇叭", "示例社区服务站话筒")
#: Title, text, days after the first, times.
BROADCASTS = [
    (
        "防汛提醒",
        "各位乡亲，今明两天有大到暴雨。请不要下河，不要在山脚停留。住在低洼处的，听到锣声请马上往村小学转移。",
        2,
        ["07:00", "12:00", "18:30"],
    ),
    (
        "社工站义诊通知",
        "各位乡亲，本周六上午九点，社工站在文化广场义诊，量血压、测血糖，不收钱。",
        1,
        ["07:30", "18:00"],
    ),
    ("秋季防火", "各位乡亲，秋天天干物燥，请不要在田边烧秸秆，上山不要带火种。", 6, ["12:00"]),
]

#: Scope, setting, value, whether it is locked, reason.
SETTINGS = (
    ("", "notice.letter", "yes", True, "没有手机和邮箱的人，各地都能收到信函通知。"),
    ("99/9999/", "site.name", "示例市社会组织服务平台", False, "与市民服务中心的叫法一致。"),
    ("99/9999/", "site.welcome", "欢迎来到示例市。年度报告有不明白的，可以到市民服务中心三楼找我们，带上登记证书即可。", False, "开年报季。"),
    ("99/9999/", "site.help_line", "0999-12345（工作日 9:00–17:30）", False, "当地服务电话。"),
    ("99/9999/", "promise.question_days", "3", False, "三天内说得清为什么查看。"),
)  # fmt: skip
#: Filings of community groups that wait at the office: name, what it does. The last one is a draft.
GROUPS = (
    ("示例市示例街道××社区合唱队", "每周两次排练，节日演出"),
    ("示例市示例街道××社区助老互助组", "上门探访独居老人，代买代办"),
    ("示例市示例街道××社区读书会", "每月一次读书分享"),
)


def filing(name: str, scope: str) -> dict[str, dict[str, object]]:
    """The answers of one filing, page by page. The identity number has the check digit of its form and belongs to nobody."""
    return {
        "group": {
            "name": name,
            "category": "culture",
            "field": "culture",
            "purpose": "丰富居民生活，邻里互助",
            "scope": scope,
            "domicile": "示例路 8 号社区活动室",
            "begun": "2025-3-8",
            "hosted": "no",
        },
        "people": {
            "leader": "陈××",
            "leader_id": "11010519491231002X",
            "leader_phone": "13900000000",
            "members": "26",
            "founders.r0001demo": "1",
            "founders.r0001demo.name": "陈××",
        },
        "money": {"has_money": "no"},
        "papers": {"declared": ["true"]},
    }


def rules_picture() -> bytes:
    """The rules of a group as a picture that shows nothing."""
    out = io.BytesIO()
    Image.new("RGB", (400, 560), (250, 250, 245)).save(out, "PNG")
    return out.getvalue()
