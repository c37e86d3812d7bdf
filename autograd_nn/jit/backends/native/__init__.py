"""Machine code for the plan, made at run time by LLVM through the package ``llvmlite``.

``machine`` turns LLVM's text into functions, ``cache`` keeps their object code on disk; ``code``
writes the text, ``lane`` holds the numbers that write it when they are computed with, ``rules``
says how each row of the table is computed with them, ``elementary`` has exp, log, sin and their
kin as polynomials.  Slopes come from ``ops`` alone, by ``row.partials`` on such numbers.

Nothing here is imported before a plan is compiled, so the package works without llvmlite.
"""
