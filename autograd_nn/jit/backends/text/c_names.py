"""What a program in C is called, takes and gives: names, shapes, and the order of numbers.

What is left out: the text of the file (``c``).
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, Final, NamedTuple

from autograd_nn.checks import describe, shown
from autograd_nn.errors import BadArgumentError, WrongTypeError

__all__ = ["Group", "checked_name", "groups_of", "parts_of_result"]

_LONGEST: Final = 31
#: C99's own words (6.4.1), and those of later C and of GNU's.
_KEYWORDS: Final = """
auto break case char const continue default do double else enum extern float for goto if inline
int long register restrict return short signed sizeof static struct switch typedef union unsigned
void volatile while asm typeof alignas alignof bool constexpr false nullptr static_assert
thread_local true typeof_unqual
"""
#: What a file with ``math.h`` cannot have: functions, with a suffix for other kinds of numbers.
_FUNCTIONS: Final = """
acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs
fdim floor fma fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2
logb lrint lround modf nan nearbyint nextafter nexttoward pow remainder remquo rint round scalbln
scalbn sin sinh sqrt tan tanh tgamma trunc j0 j1 jn y0 y1 yn gamma drem finite scalb significand
pow10 exp10 sincos cacos cacosh carg casin casinh catan catanh ccos ccosh cexp cimag clog conj
cpow cproj creal csin csinh csqrt ctan ctanh cabs
"""
#: Other names of its library (C99, 7), which are its own whatever a file includes.
_OTHERS: Final = """
main signgam isnan isinf isfinite isnormal signbit fpclassify isgreater isless isunordered
isgreaterequal islessequal islessgreater float_t double_t linux unix NAN INFINITY HUGE_VAL
HUGE_VALF HUGE_VALL FP_NAN FP_INFINITE FP_ZERO FP_NORMAL FP_SUBNORMAL FP_FAST_FMA FP_FAST_FMAF
FP_FAST_FMAL FP_ILOGB0 FP_ILOGBNAN MATH_ERRNO MATH_ERREXCEPT math_errhandling NULL EOF FILE BUFSIZ
FILENAME_MAX FOPEN_MAX L_tmpnam SEEK_CUR SEEK_END SEEK_SET TMP_MAX stdin stdout stderr size_t
fpos_t va_list errno abort abs atexit atof atoi atol atoll bsearch calloc div exit free getenv
labs ldiv llabs lldiv malloc mblen mbstowcs mbtowc qsort rand realloc srand strtod strtof strtol
strtold strtoll strtoul strtoull system wcstombs wctomb clearerr fclose feof ferror fflush fgetc
fgetpos fgets fopen fprintf fputc fputs fread freopen fscanf fseek fsetpos ftell fwrite getc
getchar gets perror printf putc putchar puts remove rename rewind scanf setbuf setvbuf snprintf
sprintf sscanf tmpfile tmpnam ungetc vfprintf vfscanf vprintf vscanf vsnprintf vsprintf vsscanf
memchr memcmp memcpy memmove memset strcat strchr strcmp strcoll strcpy strcspn strerror strlen
strncat strncmp strncpy strpbrk strrchr strspn strstr strtok strxfrm isalnum isalpha isblank
iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit tolower toupper asctime
clock ctime difftime gmtime localtime mktime strftime time setjmp longjmp raise signal localeconv
setlocale feclearexcept fegetenv fegetexceptflag fegetround feholdexcept feraiseexcept fesetenv
fesetexceptflag fesetround fetestexcept feupdateenv imaxabs imaxdiv strtoimax strtoumax btowc
iswalnum iswalpha iswblank iswcntrl iswctype iswdigit iswgraph iswlower iswprint iswpunct iswspace
iswupper iswxdigit towctrans towlower towupper wctrans wctype fputwc fputws fwide fwprintf fwscanf
getwc getwchar mbrlen mbrtowc mbsinit mbsrtowcs putwc putwchar swprintf swscanf ungetwc vfwprintf
vfwscanf vswprintf vswscanf vwprintf vwscanf wcrtomb wcscat wcschr wcscmp wcscoll wcscpy wcscspn
wcsftime wcslen wcsncat wcsncmp wcsncpy wcspbrk wcsrchr wcsrtombs wcsspn wcsstr wcstod wcstof
wcstok wcstol wcstold wcstoll wcstoul wcstoull wcsxfrm wctob wmemchr wmemcmp wmemcpy wmemmove
wmemset wprintf wscanf fgetwc fgetws
"""
_OF_LIBRARY: Final = frozenset(_OTHERS.split()) | frozenset(
    f"{name}{suffix}" for name in _FUNCTIONS.split() for suffix in ("", "f", "l")
)


def checked_name(name: Any) -> str:
    """The name of a function of C.

    Raises:
        TypeError: it is no text.
        ValueError: C has another use for it, or it cannot be one.

    >>> checked_name("controller")
    'controller'
    """
    if not isinstance(name, str):
        raise WrongTypeError(f"name is the name of a function of C, so a str: got {describe(name)}")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        why = "it begins with an underscore, and C keeps such names for itself; "
        why = why if re.fullmatch(r"_[A-Za-z0-9_]*", name) else ""
        raise BadArgumentError(
            f"name={shown(name)} cannot be the name of a function of C: {why}a name is a letter "
            "of a to z, then letters, digits and underscores"
        )
    if len(name) > _LONGEST:
        raise BadArgumentError(
            f"name={shown(name)} has {len(name)} letters, and C tells names apart by the first "
            f"{_LONGEST} (C99, 5.2.4.1): give one of at most so many"
        )
    if name in _KEYWORDS.split():
        raise BadArgumentError(
            f"name={name!r} cannot be the name of a function of C: it is a word of the language; "
            f"call it {name}_, or something else"
        )
    if name in _OF_LIBRARY:
        raise BadArgumentError(
            f"name={name!r} cannot be the name of a function here: C's library has that name; "
            f"call it {name}_, or something else"
        )
    return name


class Group(NamedTuple):
    """Numbers that lie together in an argument.

    Attributes:
        place: where they are, as Python spells it.
        shape: of the numbers; None where they are nested in lists of several lengths.
    """

    place: str
    shape: tuple[int, ...] | None


def groups_of(key: Sequence[Any], arguments: int) -> list[Group]:
    """The groups of numbers in a call, in the order in which a call brings them.

    Args:
        key: of the call; see ``capture.arguments.read``.
        arguments: how many there are; what the key has before them are names of the last.
    """
    names: Sequence[str] = key[0] if len(key) > arguments else ()
    found: list[Group] = []
    for k, part in enumerate(key[len(key) - arguments :]):
        named = k - (arguments - len(names))
        place = names[named] if named >= 0 else f"argument {k}"
        found += _parts(part, place)
    return found


def _parts(key: Any, place: str) -> Iterator[Group]:
    if key in ("n", "i"):
        yield Group(place, ())
    elif not isinstance(key, tuple) or key[0] == "=":
        return
    elif key[0] in ("a", "row"):
        yield Group(place, tuple(key[1]))
    elif _is_pure(key):
        yield Group(place, _shape(key))
    else:
        for name, part in key[1:]:
            where = f".{name}" if _is_field(key[0], name) else f"[{name!r}]"
            yield from _parts(part, place + where)


def _is_field(kind: Any, name: Any) -> bool:
    record = hasattr(kind, "_fields") or hasattr(kind, "__dataclass_fields__")
    return record and isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)


def _is_pure(key: Any) -> bool:
    """Whether a key is that of lists and tuples of numbers, to any depth."""
    if len(key) > 1 and type(key[1]) is int:
        return True
    return all(
        part in ("n", "i") or (isinstance(part, tuple) and isinstance(part[0], type))
        for part in key[1:]
    )


def _shape(key: Any) -> tuple[int, ...] | None:
    """The shape of nested lists; None where their lengths differ."""
    if isinstance(key, str):
        return ()
    if type(key[1]) is int:
        return (key[1],)
    inner = {_shape(part) for part in key[1:]}
    first = inner.pop()
    return None if inner or first is None else (len(key) - 1, *first)


class Part(NamedTuple):
    """Numbers that lie together in a result: where, the first of them, and their shape."""

    place: str
    first: int
    shape: tuple[int, ...]


def parts_of_result(spec: Any, place: str = "") -> list[Part]:
    """The numbers and arrays of a result, in order; a list of numbers is one.

    Args:
        spec: a uniform description; see ``capture.arguments.uniform``.
    """
    kind = spec[0]
    if kind == "value":
        return [Part(place, spec[1], ())]
    if kind == "values":
        return [Part(place, spec[2], tuple(spec[1]))] if prod(spec[1]) else []
    if kind == "constant":
        return []
    parts = spec[-1]
    if len(parts) > 1 and all(part[0] == "value" for part in parts):
        names = [] if kind == "array" else spec[1].names
        if list(names) == list(range(len(parts))) or kind == "array":
            return [Part(place, parts[0][1], spec[1] if kind == "array" else (len(parts),))]
    names = range(len(parts)) if kind == "array" else spec[1].names
    found = (parts_of_result(x, f"{place}[{name!r}]") for name, x in zip(names, parts, strict=True))
    return [part for each in found for part in each]
