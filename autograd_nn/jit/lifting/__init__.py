"""From a trace to a plan, in passes.

``flatten`` finds which results become terms of others, ``pack`` what runs together, ``pieces``
gives cells to what was packed, ``reroll`` finds what repeats, ``address`` how operands lie in
memory, ``nests`` puts them into words, ``storage`` turns regions so that inner loops run along
memory, and ``adjoint`` writes the way back.  ``strips`` fuses nests over the same many rows, for a
backend that asks for it; ``axes`` and ``uses`` are what these passes know of nests.
"""
