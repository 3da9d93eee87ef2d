"""Which endings a domain name can have, told without a list that ages.

Two letters must be a country code of the internet's root. Longer endings are free, as new ones appear every year, but
for those of files and of private networks: an at sign may stand before a file name ("icon@2x.png").
"""

from __future__ import annotations

_FILES = """
png jpg jpeg gif svg webp bmp ico tif tiff avif css scss js mjs ts tsx jsx json html htm xhtml xml php asp
aspx jsp txt pdf doc docx xls xlsx ppt pptx csv tsv log zip tar gz exe dll deb rpm dmg apk jar war class java
cpp hpp yaml yml toml ini cfg conf bak tmp mp3 mp4 avi mkv wav ogg webm woff ttf otf eot local localhost
localdomain internal lan invalid corp
"""
_COUNTRIES = """
ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc
cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga
gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo
jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr
ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re
ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr
tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw
"""
_NO_TOP_LEVEL = frozenset(_FILES.split())
_COUNTRY_CODES = frozenset(_COUNTRIES.split())


def is_top_level(name: str) -> bool:
    """Whether a lower-case name can be a top-level domain."""
    if len(name) == 2 and name.isascii():
        return name in _COUNTRY_CODES
    return name not in _NO_TOP_LEVEL
