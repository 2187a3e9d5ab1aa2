"""How place names are compared: across scripts, administrative endings and spellings."""

from __future__ import annotations

import re
import unicodedata

from pypinyin import lazy_pinyin

_HAN = re.compile(r"[\u3400-\u9fff]")
_PEOPLES = "土家族|苗族|侗族|回族|白族|满族|彝族|瑶族|壮族|藏族|畲族|布依族|蒙古族|朝鲜族"
_LOCAL_ENDING = re.compile(
    rf"(?:{_PEOPLES})*"
    r"(?:街道办事处|街道|自治州|自治县|民族乡|镇|乡|村|市|县|区)$"
)
_LATIN_ENDING = re.compile(
    r"[\s'-](?:zhen|xiang|jiedao|shi|xian|qu|cun|town|township|village|city|county|district)$"
)
# Tone marks and umlauts are spelling in Latin script; in Devanagari they are letters.
_LATIN_MARKS = re.compile(r"[\u0300-\u036f]")


def is_han(name: str) -> bool:
    """Say whether a name is written, at least in part, in Chinese characters."""
    return bool(_HAN.search(name))


def local_key(name: str) -> str:
    """Return a local name without spaces and without its administrative ending.

    The ending stays where less than two characters would be left: 市 is no town.
    """
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()
    bare = _LOCAL_ENDING.sub("", plain)
    return bare if len(bare) >= 2 else plain


def latin_key(name: str) -> str:
    """Return a name in any script as plain small letters; Chinese characters as pinyin."""
    if is_han(name):
        name = "".join(lazy_pinyin(local_key(name), v_to_u=True))
    lower = unicodedata.normalize("NFKD", name).casefold().strip()
    bare = _LATIN_ENDING.sub("", _LATIN_MARKS.sub("", lower))
    return "".join(sign for sign in bare if sign.isalnum() or unicodedata.category(sign)[0] == "M")
