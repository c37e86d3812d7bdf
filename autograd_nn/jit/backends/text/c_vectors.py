"""The part of a file in C that every program has: bits of doubles, and a few doubles at once.

GNU's vectors are used where the compiler has them, and single numbers elsewhere.
"""

from __future__ import annotations

from typing import Final

__all__ = ["BITS", "FUSED", "LANES", "SETTINGS", "shared", "vector_functions"]

#: What compilers are told, before everything.  Comparisons and divisions may be done for a number
#: whose result is not used, and no function sets errno.
SETTINGS: Final = """\
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-trapping-math", "no-math-errno")
#endif
#if defined(FP_FAST_FMA) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define @@_FUSED /* multiplies and adds in one operation */
#endif
#if defined(__GNUC__)
#define @@_INLINE static inline __attribute__((always_inline))
#else
#define @@_INLINE static
#endif
"""

#: Whether products may be fused with the sums that they are added to.
FUSED: Final = {
    True: """\
#if defined(__clang__)
#pragma STDC FP_CONTRACT ON
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=fast")
#endif
""",
    False: """\
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif
""",
}

BITS: Final = """\
typedef unsigned long long @_bits;
"""

LANES: Final = """\
#if !defined(__GNUC__)
#define @@_LANES 1
typedef double @_lanes;
#else
#if defined(__AVX512F__)
#define @@_LANES 8
#elif defined(__AVX__)
#define @@_LANES 4
#else
#define @@_LANES 2
#endif
typedef double @_lanes __attribute__((vector_size(8 * @@_LANES), aligned(8), may_alias));
#endif
"""

_FUNCTIONS: Final = {
    "bits_of": """\
static @_bits @_bits_of(double number)
{
    union { double number; @_bits bits; } both;
    both.number = number;
    return both.bits;
}
""",
    "of_bits": """\
static double @_of_bits(@_bits bits)
{
    union { double number; @_bits bits; } both;
    both.bits = bits;
    return both.number;
}
""",
    "all": """\
@@_INLINE @_lanes @_all(double x)
{
#if @@_LANES == 1
    return x;
#else
    return x - (@_lanes){0.0};
#endif
}
""",
    "get": """\
@@_INLINE @_lanes @_get(const double *from)
{
    return *(const @_lanes *)(const void *)from;
}
""",
    "put": """\
@@_INLINE void @_put(double *to, @_lanes x)
{
    *(@_lanes *)(void *)to = x;
}
""",
    "apart": """\
@@_INLINE @_lanes @_apart(const double *from, int stride)
{
#if @@_LANES == 1
    (void)stride;
    return from[0];
#else
    @_lanes found = {0.0};
    for (int l = 0; l < @@_LANES; ++l)
        found[l] = from[l * stride];
    return found;
#endif
}
""",
    "part": """\
@@_INLINE void @_part(double *to, int stride, @_lanes x)
{
#if @@_LANES == 1
    (void)stride;
    to[0] = x;
#else
    for (int l = 0; l < @@_LANES; ++l)
        to[l * stride] = x[l];
#endif
}
""",
    "pick": """\
@@_INLINE @_lanes @_pick(const double *from, const int *table, int stride)
{
#if @@_LANES == 1
    (void)stride;
    return from[table[0]];
#else
    @_lanes found = {0.0};
    for (int l = 0; l < @@_LANES; ++l)
        found[l] = from[table[l] + l * stride];
    return found;
#endif
}
""",
    "total": """\
@@_INLINE double @_total(@_lanes x)
{
#if @@_LANES == 1
    return x;
#else
    double found = x[0];
    for (int l = 1; l < @@_LANES; ++l)
        found += x[l];
    return found;
#endif
}
""",
}


def shared(text: str, prefix: str) -> str:
    """A text of this module with the names of a file."""
    return text.replace("@@", prefix.upper()).replace("@", prefix)


def vector_functions(prefix: str) -> dict[str, str]:
    """The functions by name."""
    return {f"{prefix}_{name}": shared(text, prefix) for name, text in _FUNCTIONS.items()}
