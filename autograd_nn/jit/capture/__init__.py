"""From a function to a trace: what it computes, and for which numbers that holds.

* ``arguments``, ``call``: the numbers of a call, and the Values that take their place;
* ``recorder``: one run of the function on them, with every way out of the graph noted
  (``extremes``: Python's own ``max`` and ``min`` are operations meanwhile);
* ``trace``: the record as a plain list of equations with guards;
* ``surroundings``: what the function reads besides its arguments;
* ``paths``: the recorded paths of one structure of arguments: which holds, when to record,
  when to compile, when to give up.
"""
